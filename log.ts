import { type DestinationStream, type Logger, pino } from 'pino'

/** Whatever is logged with it, at the top or one and two levels down: a secret has no place in a log. */
const secretFields = ['password', 'key', 'token', 'code', 'secret', 'cookie', 'authorization', 'auth', 'headers']
const paths = secretFields.flatMap((name) => [name, `*.${name}`, `*.*.${name}`])

/** The JSON lines of one role. `to`: standard output when absent. */
export function createLog({ level, role }: { level: string; role: string }, to?: DestinationStream): Logger {
  return pino({ level, base: { role }, redact: { paths, censor } }, to)
}

function censor(value: unknown, path: string[]): unknown {
  return path.at(-1) === 'code' && tellsFault(value) ? value : '[Redacted]'
}

/**
 * What is called a code and is no secret: how a process ended, and the names that Node, OpenSSL and SQLite give their
 * errors (`ECONNRESET`, `ERR_SQLITE_ERROR`, `CERT_HAS_EXPIRED`). One-time codes are text of digits or of small letters.
 */
function tellsFault(value: unknown): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0 && value <= 255
  if (typeof value === 'string') return /^(E[A-Z]{2,14}\d?|[A-Z][A-Z\d]*(_[A-Z\d]+){1,7})$/.test(value)
  return value === null
}

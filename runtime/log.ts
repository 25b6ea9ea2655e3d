import { type DestinationStream, type Logger, pino } from 'pino'
import { withoutSecrets } from '../contract/secrets.ts'

/** Whatever is logged with it, at the top or one and two levels down: a secret has no place in a log. */
const secretFields = ['password', 'key', 'token', 'code', 'secret', 'cookie', 'authorization', 'auth', 'headers']
const paths = secretFields.flatMap((name) => [name, `*.${name}`, `*.*.${name}`])

/** The JSON lines of one role. `to`: standard output when absent. */
export function createLog({ level, role }: { level: string; role: string }, to?: DestinationStream): Logger {
  return pino({ level, base: { role }, redact: { paths, censor }, serializers: { err: errorFor } }, to)
}

/** How deep an error's own properties are looked into: they may lead in a circle. */
const deepest = 4

/** An error as pino shows it: a library may quote an address with the login in it. */
function errorFor(error: Error): unknown {
  return withoutSecretsIn(pino.stdSerializers.err(error), deepest)
}

function withoutSecretsIn(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return withoutSecrets(value)
  if (typeof value !== 'object' || value === null || depth === 0 || ArrayBuffer.isView(value)) return value
  if (Array.isArray(value)) return value.map((item) => withoutSecretsIn(item, depth - 1))
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutSecretsIn(item, depth - 1)]))
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

import { type StoreFault, StoreUnavailableError } from '../../../contract/ports/telemetry.ts'
import { withoutSecrets } from '../../../contract/secrets.ts'

/** A refusal for want of a login or a right, and what was asked for. */
interface Refused {
  status: number
  /** The server's own words. */
  words: string
  /** `prepare`: to make a database, a bucket or a mapping. */
  asked: 'read' | 'write' | 'prepare'
  /** Of 1.x; absent: none was named, or it is 2.x. */
  user?: string | undefined
  /** Database or bucket. */
  database: string
  is2: boolean
}

const rights: Record<Refused['asked'], StoreFault> = {
  read: 'read-right',
  write: 'write-right',
  prepare: 'create-right',
}

/**
 * A refusal that only a person can mend, as one sentence that says what to do; `undefined` for every other status. 401:
 * nobody knows the login. 403: it is known and may not; 1.x says so also while it asks for logins and has no admin
 * (tried with 1.6.7), and 2.x says 401 also of a right that a known token lacks, by its name ("write:orgs/…/buckets is
 * unauthorized"; `authorizer` in its source).
 */
export function rightsFault(refused: Refused): StoreUnavailableError | undefined {
  const { status, words, asked } = refused
  if (status !== 401 && status !== 403) return undefined
  const isKnown =
    /^\w+:\S+ is unauthorized$/.test(words) || (status === 403 && !words.includes('create admin user first'))
  const fault = isKnown ? rights[asked] : 'login'
  const said = words === '' ? `InfluxDB answered ${status}` : `InfluxDB answered ${status}: ${words}`
  return new StoreUnavailableError(withoutSecrets(`${adviceOn(fault, refused)} (${said})`), { fault })
}

function adviceOn(fault: StoreFault, { user, database, is2 }: Refused): string {
  if (fault === 'login') return loginAdvice(user, is2)
  const name = JSON.stringify(database)
  if (is2) {
    const what = { 'read-right': 'read', 'write-right': 'write to', 'create-right': 'make' }[fault as string] ?? 'use'
    return `The token may not ${what} bucket ${name}: give BCC_INFLUX_TOKEN one that may, or make the bucket`
  }
  const who = user === undefined ? 'Nobody without a login' : `User ${JSON.stringify(user)}`
  const grantee = user === undefined ? 'the user in BCC_INFLUX_USER' : JSON.stringify(user)
  if (fault === 'create-right')
    return `${who} sees no database ${name} and may not make it: CREATE DATABASE ${name}, then GRANT ALL ON ${name} TO ${grantee}`
  return `${who} may not ${fault === 'write-right' ? 'write to' : 'read'} database ${name}: GRANT ALL ON ${name} TO ${grantee}`
}

function loginAdvice(user: string | undefined, is2: boolean): string {
  if (is2) return 'InfluxDB does not know the token: set BCC_INFLUX_TOKEN to one that it does'
  const set = 'set BCC_INFLUX_USER and BCC_INFLUX_PASSWORD'
  if (user === undefined) return `InfluxDB asks for a login: ${set}`
  return `InfluxDB refuses user ${JSON.stringify(user)}: ${set} to a login that it knows`
}

/** The database's own words in the body of an answer: `error` in 1.x and 3, `message` in 2.x; `undefined`: there are none. */
export function wordsOfBody(body: string): string | undefined {
  try {
    const answer: unknown = JSON.parse(body)
    if (typeof answer !== 'object' || answer === null) return undefined
    const words = Object.entries(answer).find(
      ([key, text]) => /^(error|message)$/.test(key) && typeof text === 'string',
    )
    return words && String(words[1]).slice(0, maxDetailChars)
  } catch {
    return undefined
  }
}

const maxDetailChars = 500

/** Runs a request that may never settle; every failure becomes a StoreUnavailableError. */
export async function withDeadline<T>(limitMs: number, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    reject(new StoreUnavailableError(`InfluxDB did not answer within ${limitMs} ms`))
    controller.abort()
  }, limitMs)
  try {
    return await Promise.race([run(controller.signal), late])
  } catch (error) {
    if (error instanceof StoreUnavailableError) throw error
    throw new StoreUnavailableError(withoutSecrets(`InfluxDB is unavailable: ${wordsOfError(error)}`), { cause: error })
  } finally {
    clearTimeout(timer)
  }
}

/** Node's network errors keep the telling part in `cause` (fetch) or in `code` (several addresses tried). */
function wordsOfError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { message, cause } = error
  if (cause instanceof Error) return wordsOfError(cause)
  return message || ('code' in error ? String(error.code) : error.name)
}

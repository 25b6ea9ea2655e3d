import { StoreUnavailableError, type TelemetryReader } from '../../contract/ports/telemetry.ts'

/** After a failure the configured engine is left alone for this long, so that not every page waits for its timeout. */
const restMs = 5000
/** Where the embedded engine has the answer already, the configured one is waited for no longer than this, ms. */
const patienceMs = 1500
/** Where the configured one alone may have the answer; each of its requests has a shorter limit of its own. */
const longPatienceMs = 10_000

export type Read<T> = (reader: TelemetryReader) => Promise<T>

/** Asks an engine that may be away or stand still, and says `undefined` in the place of an answer that does not come. */
export interface PatientReader {
  /** What it alone may have. */
  ask<T>(read: Read<T>): Promise<T | undefined>
  /** What somebody else has too. */
  askIfQuick<T>(read: Read<T>): Promise<T | undefined>
}

export function createPatientReader(configured: TelemetryReader | undefined, now: () => number): PatientReader {
  let restUntilMs = Number.NEGATIVE_INFINITY
  /** Until then nobody waits for it who can do without. */
  let slowUntilMs = Number.NEGATIVE_INFINITY

  /** `undefined`: it is away, or did not answer in time. */
  async function ask<T>(read: Read<T>, waitMs = longPatienceMs): Promise<T | undefined> {
    if (configured === undefined || now() < restUntilMs) return undefined
    const answer = read(configured).catch((error: unknown) => {
      if (!(error instanceof StoreUnavailableError)) throw error
      restUntilMs = now() + restMs
      return undefined
    })
    return within(answer, waitMs)
  }

  /** Of what the embedded engine has too: a server that stands still costs one question its patience, not each. */
  async function askIfQuick<T>(read: Read<T>): Promise<T | undefined> {
    if (now() < slowUntilMs) return undefined
    const startedMs = performance.now()
    const answer = await ask(read, patienceMs)
    if (answer === undefined && performance.now() - startedMs >= patienceMs) slowUntilMs = now() + restMs
    return answer
  }

  return { ask: (read) => ask(read), askIfQuick }
}

/** The answer, or `undefined` where it takes longer. */
async function within<T>(answer: Promise<T>, ms: number): Promise<T | undefined> {
  const { promise: tooLate, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => resolve(undefined), ms)
  try {
    return await Promise.race([answer, tooLate])
  } finally {
    clearTimeout(timer)
    // Whoever comes too late is not listened to any more.
    answer.catch(() => undefined)
  }
}

import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import {
  type PlaceFound,
  type StoredHistory,
  type StoredReading,
  type StoreFault,
  type StoreRefusal,
  StoreUnavailableError,
  type TelemetryStore,
} from '../contract/ports/telemetry.ts'
import { withoutSecrets } from '../contract/secrets.ts'

/** The queue of readings for the configured store; every call is a transaction of its own. */
export interface Outbox {
  next(): { upTo: number; readings: StoredReading[]; history: StoredHistory } | undefined
  /** `unwritten`: states and events that were refused. */
  settle(upTo: number, readings: readonly StoredReading[], refused: readonly StoreRefusal[], unwritten: number): void
}

/** The book of where readings go; every call is a transaction of its own. */
export interface PlaceBook {
  /** By which the place is known again; `undefined`: it has none yet. */
  mark(): string | undefined
  /** Notes what was found; returns the mark that is to be left there. */
  confirm(found: PlaceFound): string | undefined
}

export interface SenderStatus {
  up: boolean
  detail: string | null
  /** What a person has to mend; also of a store that is up and takes readings, but does not do all else. */
  fault?: StoreFault
}

export interface SenderParts {
  store: TelemetryStore
  outbox: Outbox
  places: PlaceBook
  log: Logger
}

export interface Sender {
  /** There is something new to send. */
  wake(): void
  status(): SenderStatus
  close(): Promise<void>
}

const firstRetryMs = 100
const maxRetryMs = 5000
/** The longest that a store is believed which says when to come back (`Retry-After`): a wrong one must not hold readings back for days. */
const maxRetryAfterMs = 300_000
/** Refused states and events that are told in one line of the log. */
const maxToldRefusals = 5
/** How long the end of the process waits for a store that does not answer. What is under way then is sent again. */
const lastAnswerMs = 2000
/**
 * Rest after each batch, as a share of the time that it took: what waited for an hour may wait a little longer, what
 * comes in now is stored and shown by the same thread and on the same cores.
 */
const restShare = 2
/** How often the store is asked how it is, and whether it is still the same. */
const confirmEveryMs = 5000
/** How often its mark is written again: less than the shortest that InfluxDB keeps anything, an hour. */
const markEveryMs = 1_200_000

/** One sleep at a time, which `wake` ends. */
function createSleep() {
  let end: () => void = () => undefined
  return {
    wake: () => end(),
    sleep: (ms: number) =>
      new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms)
        end = () => {
          clearTimeout(timer)
          resolve()
        }
      }),
  }
}

/**
 * Hands waiting readings to the configured store, one batch at a time, forever: a store that is away costs waiting,
 * never a reading. What it refuses for good is named one by one and goes to quarantine.
 */
export function startSender({ store, outbox, places, log }: SenderParts): Sender {
  let status: SenderStatus = { up: false, detail: 'not asked yet' }
  let isKnown = false
  /** When it was last found to be the same, and when its mark was written: monotonic. */
  let confirmedMs = Number.NEGATIVE_INFINITY
  let markedMs = Number.NEGATIVE_INFINITY
  const { sleep, wake } = createSleep()
  /** A pause that new data does not cut short. Monotonic: a clock that is set back must not hold readings back for as long. */
  const waitOut = async (ms: number) => {
    const until = performance.now() + ms
    while (!closing && performance.now() < until) await sleep(Math.max(0, until - performance.now()))
  }
  let closing = false
  let abandoned = false
  let retryMs = firstRetryMs

  function turn(next: SenderStatus): void {
    const detail = next.detail === null ? null : withoutSecrets(next.detail)
    const isNews = !isKnown || next.up !== status.up || next.fault !== status.fault
    status = { ...next, detail }
    isKnown = true
    if (isNews) log[next.fault === undefined ? 'info' : 'warn']({ engine: store.engine, ...status }, 'store')
  }

  /** Finds out whether what answers is what was written to before; before it is known nothing is sent. */
  async function confirm(): Promise<void> {
    const found = await store.confirm?.(places.mark())
    if (abandoned || found === undefined) return
    const missing = places.confirm(found)
    if (missing !== undefined) log.info({ place: withoutSecrets(found.place) }, 'a new place for readings')
    const mark = missing ?? (performance.now() - markedMs >= markEveryMs ? places.mark() : undefined)
    if (mark !== undefined) {
      await store.mark?.(mark)
      markedMs = performance.now()
    }
    confirmedMs = performance.now()
    turn({ up: true, detail: null, ...found.warning })
  }

  /** Returns how many were refused. */
  async function sendHistory(history: StoredHistory): Promise<number> {
    const { states, events, manual = [] } = history
    if (states.length + events.length + manual.length === 0) return 0
    const refused = (await store.writeHistory?.(history)) ?? []
    const some = refused.slice(0, maxToldRefusals)
    if (refused.length > 0)
      log.error({ count: refused.length, some }, 'states, events or readings by hand that the store refuses')
    return refused.length
  }

  async function sendNext(): Promise<boolean> {
    const startedMs = performance.now()
    const batch = outbox.next()
    if (batch === undefined) return false
    const refused = batch.readings.length === 0 ? [] : await store.write(batch.readings)
    const unwritten = await sendHistory(batch.history)
    if (abandoned) return false
    outbox.settle(batch.upTo, batch.readings, refused, unwritten)
    if (!status.up) turn({ up: true, detail: null })
    retryMs = firstRetryMs
    await waitOut((performance.now() - startedMs) * restShare)
    return true
  }

  /** How it is; `confirm` throws where it is not well. */
  async function probe(): Promise<void> {
    if (store.confirm !== undefined) return confirm()
    const { up, detail = 'does not answer' } = await store.health()
    turn({ up, detail: up ? null : detail })
    confirmedMs = performance.now()
  }

  const isDue = () => performance.now() - confirmedMs >= confirmEveryMs

  async function failed(error: unknown): Promise<void> {
    if (!(error instanceof StoreUnavailableError)) throw error
    turn({ up: false, detail: error.message, ...(error.fault !== undefined && { fault: error.fault }) })
    confirmedMs = Number.NEGATIVE_INFINITY
    // Jitter, so that several senders do not come back in step.
    await waitOut(Math.max(retryMs * (0.5 + Math.random() / 2), Math.min(error.retryAfterMs ?? 0, maxRetryAfterMs)))
    retryMs = Math.min(maxRetryMs, retryMs * 2)
  }

  async function run(): Promise<void> {
    while (!closing) {
      try {
        if (isDue()) await probe()
        if (!closing && !(await sendNext()) && !closing) await sleep(confirmEveryMs)
      } catch (error) {
        await failed(error)
      }
    }
  }

  const running = run()
  return {
    wake,
    status: () => status,
    async close() {
      closing = true
      wake()
      const timer = new AbortController()
      const tooLate = pause(lastAnswerMs, undefined, { signal: timer.signal }).then(
        () => {
          abandoned = true
        },
        () => undefined,
      )
      await Promise.race([running, tooLate])
      timer.abort()
      await store.close()
    },
  }
}

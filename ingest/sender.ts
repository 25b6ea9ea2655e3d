import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import {
  type StoredHistory,
  type StoredReading,
  type StoreRefusal,
  StoreUnavailableError,
  type TelemetryStore,
} from '../contract/ports/telemetry.ts'
import { withoutSecrets } from '../contract/secrets.ts'

/** The queue of readings for the configured store; every call is a transaction of its own. */
export interface Outbox {
  next(): { upTo: number; readings: StoredReading[]; history: StoredHistory } | undefined
  settle(upTo: number, readings: readonly StoredReading[], refused: readonly StoreRefusal[]): void
}

export interface Sender {
  /** There is something new to send. */
  wake(): void
  status(): { up: boolean; detail: string | null }
  close(): Promise<void>
}

const firstRetryMs = 100
const maxRetryMs = 5000
/** How long the end of the process waits for a store that does not answer. What is under way then is sent again. */
const lastAnswerMs = 2000
/**
 * Rest after each batch, as a share of the time that it took: what waited for an hour may wait a little longer, what
 * comes in now is stored and shown by the same thread and on the same cores.
 */
const restShare = 2
/** How often the store is asked how it is while there is nothing to send. */
const idleMs = 5000

/**
 * Hands waiting readings to the configured store, one batch at a time, forever: a store that is away costs waiting,
 * never a reading. What it refuses for good is named one by one and goes to quarantine.
 */
export function startSender({ store, outbox, log }: { store: TelemetryStore; outbox: Outbox; log: Logger }): Sender {
  let up = false
  let detail: string | null = 'not asked yet'
  let closing = false
  let abandoned = false
  let wake: () => void = () => undefined
  let retryMs = firstRetryMs

  function sleep(ms: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  function turn(isUp: boolean, why: string | null): void {
    detail = why === null ? null : withoutSecrets(why)
    if (up !== isUp) log.info({ engine: store.engine, up: isUp, detail }, 'store')
    up = isUp
  }

  async function sendHistory(history: StoredHistory): Promise<void> {
    const { states, events, manual = [] } = history
    if (states.length + events.length + manual.length === 0) return
    const refused = await store.writeHistory?.(history)
    if (refused !== undefined && refused.length > 0)
      log.error({ refused }, 'states, events or readings by hand that the store refuses')
  }

  async function sendNext(): Promise<boolean> {
    const startedMs = performance.now()
    const batch = outbox.next()
    if (batch === undefined) return false
    const refused = batch.readings.length === 0 ? [] : await store.write(batch.readings)
    await sendHistory(batch.history)
    if (abandoned) return false
    outbox.settle(batch.upTo, batch.readings, refused)
    turn(true, null)
    retryMs = firstRetryMs
    await waitOut((performance.now() - startedMs) * restShare)
    return true
  }

  async function probe(): Promise<void> {
    const health = await store.health()
    turn(health.up, health.up ? null : (health.detail ?? 'does not answer'))
  }

  async function idle(): Promise<void> {
    await sleep(idleMs)
    if (!closing && outbox.next() === undefined) await probe()
  }

  async function failed(error: unknown): Promise<void> {
    if (!(error instanceof StoreUnavailableError)) throw error
    turn(false, error.message)
    // Jitter, so that several senders do not come back in step.
    await waitOut(error.retryAfterMs ?? retryMs * (0.5 + Math.random() / 2))
    retryMs = Math.min(maxRetryMs, retryMs * 2)
  }

  async function run(): Promise<void> {
    await probe()
    while (!closing) {
      try {
        if (!(await sendNext()) && !closing) await idle()
      } catch (error) {
        await failed(error)
      }
    }
  }

  /** A pause that new data does not cut short. */
  async function waitOut(ms: number): Promise<void> {
    // Monotonic: a clock that is set back must not hold readings back for as long.
    const until = performance.now() + ms
    while (!closing && performance.now() < until) await sleep(until - performance.now())
  }

  const running = run()
  return {
    wake: () => wake(),
    status: () => ({ up, detail }),
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

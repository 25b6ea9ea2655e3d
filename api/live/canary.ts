import type { Logger } from 'pino'
import type { FeedLine } from '../../contract/feed.ts'
import type { BrokerControl } from '../../contract/ports/control.ts'

/**
 * The proof that data can flow, whether or not any device has something to say: each second an entry leaves for the
 * broker, and comes back from ingest once it was on disk and what stood before it was stored.
 */
export interface Canary {
  applyFeed(line: FeedLine): void
  /** When the newest that came back had left, ms since 1970; null: none has. */
  newestAtMs(): number | null
  stop(): void
}

const everyMs = 1000
/** In a row, until it is told: the first one at a start is before the broker is there. */
const toldFailures = 2

export function startCanary(parts: { broker: Pick<BrokerControl, 'canary'>; now: () => number; log: Logger }): Canary {
  const { broker, now, log } = parts
  let newest: number | null = null
  let underWay = false
  let failures = 0

  async function send(): Promise<void> {
    if (underWay) return
    underWay = true
    try {
      await broker.canary()
      failures = 0
    } catch (error) {
      // The wall says so by its age; the log once, with why.
      failures += 1
      if (failures === toldFailures) log.warn({ err: error }, 'the canary did not get through the broker')
    } finally {
      underWay = false
    }
  }

  const timer = setInterval(() => void send(), everyMs)
  void send()
  return {
    applyFeed(line) {
      // A clock that was set back would leave it in the future, where it never ages.
      if (line.type === 'canary') newest = Math.min(line.atMs, now())
    },
    newestAtMs: () => newest,
    stop: () => clearInterval(timer),
  }
}

import type { ServiceTotals } from '../../contract/ports/control.ts'
import type { Subscriber } from './subscriber.ts'

/** What all connections of each token heard since the broker started. */
export function createServiceTotals(now: () => number) {
  /** How many connections there are, and what those heard that have ended. */
  const past = new Map<string, ServiceTotals>()

  function of(name: string): ServiceTotals {
    const known = past.get(name)
    if (known !== undefined) return known
    if (past.size >= maxNames) letGo()
    const totals = { name, connections: 0, delivered: 0, dropped: 0, seenAtMs: now() }
    past.set(name, totals)
    return totals
  }

  /** Names of tokens that are no more: of those that are not connected the one that was seen longest ago goes. */
  function letGo(): void {
    const gone = [...past.values()].filter(({ connections }) => connections === 0)
    const [oldest] = gone.sort((one, other) => one.seenAtMs - other.seenAtMs)
    if (oldest !== undefined) past.delete(oldest.name)
  }

  return {
    began({ credential }: Subscriber): void {
      const totals = of(credential.service)
      totals.connections += 1
      totals.seenAtMs = now()
    },
    ended({ credential, delivered, dropped }: Subscriber): void {
      const totals = of(credential.service)
      totals.connections -= 1
      totals.delivered += delivered
      totals.dropped += dropped
      totals.seenAtMs = now()
    },
    /** With those that are connected. */
    list(connected: Iterable<Subscriber>): ServiceTotals[] {
      const all = new Map([...past].map(([name, totals]) => [name, { ...totals }]))
      for (const { credential, delivered, dropped } of connected) {
        const totals = all.get(credential.service)
        if (totals === undefined) continue
        totals.delivered += delivered
        totals.dropped += dropped
        totals.seenAtMs = now()
      }
      return [...all.values()]
    },
  }
}

/** As many as there may be tokens. */
const maxNames = 1000

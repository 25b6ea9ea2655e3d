import type { ServiceTotals } from '../../contract/ports/control.ts'
import type { Subscriber } from './subscriber.ts'

/** What all connections of each token heard since the broker started. */
export function createServiceTotals(now: () => number) {
  /** Of connections that have ended. */
  const past = new Map<string, ServiceTotals>()

  function of(name: string): ServiceTotals {
    const known = past.get(name)
    if (known !== undefined) return known
    const totals = { name, connections: 0, delivered: 0, dropped: 0, seenAtMs: 0 }
    past.set(name, totals)
    if (past.size > maxNames) letGo()
    return totals
  }

  /** Names of tokens that are no more: as many as may be, and whoever was seen longest ago goes. */
  function letGo(): void {
    const [oldest] = [...past.values()].sort((one, other) => one.seenAtMs - other.seenAtMs)
    if (oldest !== undefined) past.delete(oldest.name)
  }

  return {
    began({ credential }: Subscriber): void {
      of(credential.service).seenAtMs = now()
    },
    ended({ credential, delivered, dropped }: Subscriber): void {
      const totals = of(credential.service)
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
        totals.connections += 1
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

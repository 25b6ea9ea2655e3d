import type { LiveDevice } from '../../contract/feed.ts'

/** Devices that were heard before the registry's word of them was, which comes within 300 ms; past `most` the oldest go. */
export interface EarlyHeard {
  put(live: LiveDevice): void
  /** What was heard of it; it is forgotten here. */
  take(id: string): LiveDevice | undefined
  has(id: string): boolean
  all(): Iterable<LiveDevice>
}

export function createEarlyHeard(most = 1000): EarlyHeard {
  const oldestFirst = new Map<string, LiveDevice>()
  return {
    put(live) {
      oldestFirst.delete(live.id)
      oldestFirst.set(live.id, live)
      for (const oldest of oldestFirst.keys()) {
        if (oldestFirst.size <= most) return
        oldestFirst.delete(oldest)
      }
    },
    take(id) {
      const live = oldestFirst.get(id)
      oldestFirst.delete(id)
      return live
    },
    has: (id) => oldestFirst.has(id),
    all: () => oldestFirst.values(),
  }
}

/** Counts by key within a bound: a flood of new keys pushes out other new keys, never one that has counted much. */
export interface FailureTally {
  /** 0 when nothing was counted lately. */
  countOf(key: string): number
  /** When it was last counted, ms; 0 for never. */
  lastMsOf(key: string): number
  /** Counts one more and gives the new count. */
  add(key: string): number
  forget(key: string): void
  size(): number
}

export interface FailureTallyParts {
  /** Keys that are remembered; past it the one with the lowest count goes, of those the one that was quiet longest. */
  most: number
  /** A key is forgotten so long after it was counted last, ms; with `fromFirst` after it was counted first. */
  forgetAfterMs: number
  fromFirst?: boolean
  now: () => number
}

interface Entry {
  count: number
  firstMs: number
  lastMs: number
}

/** Above it counts weigh the same. */
const heaviest = 8

export function createFailureTally({ most, forgetAfterMs, fromFirst = false, now }: FailureTallyParts): FailureTally {
  const entries = new Map<string, Entry>()
  /** Keys by count, each in the order of their last time. */
  const byWeight = Array.from({ length: heaviest + 1 }, () => new Set<string>())
  const weightOf = ({ count }: Entry) => Math.min(count, heaviest)
  const isOver = ({ firstMs, lastMs }: Entry) => now() - (fromFirst ? firstMs : lastMs) >= forgetAfterMs

  function live(key: string): Entry | undefined {
    const entry = entries.get(key)
    return entry === undefined || isOver(entry) ? undefined : entry
  }

  function forget(key: string): void {
    const entry = entries.get(key)
    if (entry === undefined) return
    byWeight[weightOf(entry)]?.delete(key)
    entries.delete(key)
  }

  /** The quietest of each weight, lightest first. */
  function* quietest(newest: string): Generator<string> {
    for (const keys of byWeight) {
      for (const key of keys) {
        if (key === newest) continue
        yield key
        break
      }
    }
  }

  function makeRoom(newest: string): void {
    const candidates = [...quietest(newest)]
    const gone = candidates.find((key) => live(key) === undefined) ?? candidates[0]
    if (gone !== undefined) forget(gone)
  }

  return {
    countOf: (key) => live(key)?.count ?? 0,
    lastMsOf: (key) => live(key)?.lastMs ?? 0,
    add(key) {
      const nowMs = now()
      const before = live(key)
      const entry = { count: (before?.count ?? 0) + 1, firstMs: before?.firstMs ?? nowMs, lastMs: nowMs }
      forget(key)
      entries.set(key, entry)
      byWeight[weightOf(entry)]?.add(key)
      if (entries.size > most) makeRoom(key)
      return entry.count
    },
    forget,
    size: () => entries.size,
  }
}

/** Keys by the moment at which each is due, earliest first: a binary heap. A key may be in it several times. */
export interface DueQueue<Key> {
  add(key: Key, ms: number): void
  /** Takes out the earliest that is due at this moment or before. */
  takeDue(untilMs: number): { key: Key; ms: number } | undefined
  clear(): void
}

interface Due<Key> {
  key: Key
  ms: number
}

export function createDueQueue<Key>(): DueQueue<Key> {
  const heap: Due<Key>[] = []

  const msAt = (index: number): number => heap[index]?.ms ?? Number.POSITIVE_INFINITY

  function swap(one: number, other: number): void {
    const [a, b] = [heap[one], heap[other]]
    if (a === undefined || b === undefined) return
    heap[one] = b
    heap[other] = a
  }

  function rise(from: number): void {
    for (let index = from; index > 0; ) {
      const parent = (index - 1) >> 1
      if (msAt(parent) <= msAt(index)) return
      swap(parent, index)
      index = parent
    }
  }

  function sink(): void {
    for (let index = 0; ; ) {
      const left = 2 * index + 1
      const least = msAt(left + 1) < msAt(left) ? left + 1 : left
      if (msAt(least) >= msAt(index)) return
      swap(least, index)
      index = least
    }
  }

  return {
    add(key, ms) {
      heap.push({ key, ms })
      rise(heap.length - 1)
    },
    takeDue(untilMs) {
      const first = heap[0]
      if (first === undefined || first.ms > untilMs) return undefined
      const last = heap.pop()
      if (heap.length > 0 && last !== undefined) {
        heap[0] = last
        sink()
      }
      return first
    },
    clear() {
      heap.length = 0
    },
  }
}

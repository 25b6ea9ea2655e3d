/** A set of small whole numbers, one bit each, from which they are taken in turn: 50,000 take 6 KB. */
export interface SlotSet {
  readonly size: number
  add(slot: number): void
  has(slot: number): boolean
  delete(slot: number): void
  /** The next one behind that taken before, and it is in the set no more; -1: there is none. */
  take(): number
}

const bits = 32

export function createSlotSet(): SlotSet {
  let words = new Uint32Array(0)
  let size = 0
  let cursor = 0

  function wordOf(slot: number): number {
    return words[slot >>> 5] ?? 0
  }

  function remove(slot: number): void {
    words[slot >>> 5] = wordOf(slot) & ~(1 << (slot & 31))
    size -= 1
  }

  const set: SlotSet = {
    get size() {
      return size
    },
    add(slot) {
      if (set.has(slot)) return
      if (slot >>> 5 >= words.length) {
        const grown = new Uint32Array(Math.max(8, words.length * 2, (slot >>> 5) + 1))
        grown.set(words)
        words = grown
      }
      words[slot >>> 5] = wordOf(slot) | (1 << (slot & 31))
      size += 1
    },
    has: (slot) => (wordOf(slot) & (1 << (slot & 31))) !== 0,
    delete(slot) {
      if (set.has(slot)) remove(slot)
    },
    take() {
      if (size === 0) return -1
      let index = cursor >>> 5
      let word = wordOf(cursor) & (-1 << (cursor & 31))
      while (word === 0) {
        index = index + 1 < words.length ? index + 1 : 0
        word = words[index] ?? 0
      }
      const slot = index * bits + (31 - Math.clz32(word & -word))
      remove(slot)
      cursor = slot + 1
      return slot
    },
  }
  return set
}

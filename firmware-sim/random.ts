export type Random = () => number

/**
 * A stream of numbers in [0, 1) that is the same for the same seed and name (mulberry32 over an FNV-1a hash). Each
 * device has streams of its own, so that one more device or a slow network changes nobody else's day.
 */
export function createRandom(seed: number, ...names: string[]): Random {
  let state = hash(`${seed}/${names.join('/')}`)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

function hash(text: string): number {
  let state = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193)
  }
  return state
}

/** Some of the items, each at most once, in a random order. */
export function sample<Item>(items: readonly Item[], count: number, random: Random): Item[] {
  return items
    .map((item) => ({ item, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, count)
    .map(({ item }) => item)
}

/** Resolves in a turn of the event loop that nobody else who waits here has: his work and mine never add up. */
export type OwnTurn = () => Promise<void>

/** One for all whose work may come together: of many that go on at once, each has its part, one after the other. */
export function createOwnTurn(): OwnTurn {
  let last: Promise<void> = Promise.resolve()
  return () => {
    last = last.then(() => new Promise<void>((resolve) => setImmediate(resolve)))
    return last
  }
}

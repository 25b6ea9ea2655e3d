/** NTP slews below this, and a look may come late. */
const smallestMoveMs = 2000

/**
 * Tells by how many ms our clock was set since it was asked last; 0 for what is only drift. Time itself is measured by
 * a clock that nobody sets.
 */
export function createClockWatch(now: () => number, steadyMs = () => performance.now()): () => number {
  let differenceMs = now() - steadyMs()
  return () => {
    const movedMs = Math.round(now() - steadyMs() - differenceMs)
    differenceMs += movedMs
    return Math.abs(movedMs) < smallestMoveMs ? 0 : movedMs
  }
}

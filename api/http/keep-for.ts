/**
 * Makes something for all who ask until it is made, and for so many ms after that. A failure is told to those who wait, and
 * not kept.
 */
export function keepFor<T>(ms: number, now: () => number, make: () => Promise<T>): () => Promise<T> {
  let making: Promise<T> | undefined
  let kept: { made: T; atMs: number } | undefined

  async function makeAnew(): Promise<T> {
    try {
      const made = await make()
      kept = { made, atMs: now() }
      return made
    } finally {
      making = undefined
    }
  }

  return async () => {
    // A clock that was set back keeps nothing longer.
    if (kept !== undefined && Math.abs(now() - kept.atMs) < ms) return kept.made
    making ??= makeAnew()
    return making
  }
}

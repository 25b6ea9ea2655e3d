/**
 * Makes something for all who ask, one after the other: who asks while one is being made shares the next with all others
 * who do, so that nobody gets what was begun before he asked, and two of it are in memory at most.
 */
export function oneAtATime<T>(make: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> = Promise.resolve()
  let next: Promise<T> | undefined

  function begin(): Promise<T> {
    next = undefined
    const made = make()
    running = made.catch(() => undefined)
    return made
  }

  return () => {
    next ??= running.then(begin)
    return next
  }
}

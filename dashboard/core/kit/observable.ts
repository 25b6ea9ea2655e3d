/** A value that changes, for any number of listeners. */
export interface Observable<T> {
  get(): T
  subscribe(listener: () => void): () => void
}

export interface Settable<T> extends Observable<T> {
  set(next: T): void
}

export function createObservable<T>(first: T): Settable<T> {
  const listeners = new Set<() => void>()
  let current = first
  return {
    get: () => current,
    set(next) {
      if (Object.is(current, next)) return
      current = next
      for (const listener of listeners) listener()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

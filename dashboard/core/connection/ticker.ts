import type { ServerClock } from './server-clock.ts'

export interface Ticker {
  /** Calls back once a second, just after the server's second changes. Returns a way to stop. */
  subscribe(listener: () => void): () => void
  stop(): void
}

/** Just past the second, so that a clock never shows the one before. */
const afterSecondMs = 15

/** The one 1 Hz clock of the page: all ages, states and faces move with it. */
export function startTicker({ clock }: { clock: ServerClock }): Ticker {
  const listeners = new Set<() => void>()
  let timer: ReturnType<typeof setTimeout>

  function arm(): void {
    timer = setTimeout(tick, 1000 - (clock.nowMs() % 1000) + afterSecondMs)
  }
  function tick(): void {
    arm()
    for (const listener of listeners) listener()
  }
  arm()
  return {
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    stop: () => clearTimeout(timer),
  }
}

/** The server's time as this page knows it. Both sides in ms since 1970. */
export interface ServerClock {
  /** The server's clock now. The browser's own until the server was heard. */
  nowMs(): number
  /** This moment on a clock that never jumps, ms. */
  monotonicMs(): number
  /** Notes a moment that the server named in a message that arrives just now. */
  observe(atMs: number): void
  /** Where a moment of the server lies on the monotonic clock. */
  toMonotonic(atMs: number): number
  heard(): boolean
}

/** Beats that agree with one another to this much come from a server whose clock was set. */
const agreementMs = 300
const beatsToBelieve = 5
const windowBeats = 60

/**
 * Estimates the server's clock from the `at` of its beats. Every message is late by its way here, so the largest
 * `at - local` of the last minute is the best estimate. A message that was kept in a buffer cannot lower it; only a
 * run of beats that agree with one another, one a second, can: then the server's clock was set back.
 */
export function createServerClock({
  monotonicMs,
  wallMs,
}: {
  monotonicMs: () => number
  wallMs: () => number
}): ServerClock {
  let offsets: { offset: number; local: number }[] = []
  let best: number | undefined
  const assumed = wallMs() - monotonicMs()

  function setBack(): boolean {
    const recent = offsets.slice(-beatsToBelieve)
    const first = recent[0]
    const last = recent.at(-1)
    if (recent.length < beatsToBelieve || first === undefined || last === undefined) return false
    if (last.local - first.local < (beatsToBelieve - 1) * 500) return false
    return recent.every((one) => Math.abs(one.offset - last.offset) < agreementMs)
  }

  function observe(atMs: number): void {
    if (!Number.isFinite(atMs)) return
    const local = monotonicMs()
    offsets.push({ offset: atMs - local, local })
    if (offsets.length > windowBeats) offsets.shift()
    if (setBack()) offsets = offsets.slice(-beatsToBelieve)
    best = Math.max(...offsets.map((one) => one.offset))
  }

  return {
    nowMs: () => monotonicMs() + (best ?? assumed),
    monotonicMs,
    observe,
    toMonotonic: (atMs) => atMs - (best ?? assumed),
    heard: () => best !== undefined,
  }
}

/** Loads the page anew. Whoever asks first is heard: after that this page is on its way out. */
export interface Reload {
  /**
   * In this display's turn after so many ms, and then only if the server would answer: a browser that gets no page stays
   * without one.
   */
  after(ms: number): void
}

/** This display's place among all displays. */
export interface DisplayTurn {
  index: number
  count: number
}

/** A page needs about this long to show data again, ms: until then all others go on as they are. */
const turnMs = 10_000

/**
 * How long until the next turn of a display begins, ms: the server's time goes round all displays, so that they never meet,
 * not even after they have waited together for the server's return.
 */
export function untilTurnMs({ index, count }: DisplayTurn, nowMs: number): number {
  const roundMs = Math.max(1, count) * turnMs
  return roundMs - ((((nowMs - index * turnMs) % roundMs) + roundMs) % roundMs)
}

export function createReload(parts: {
  turn: () => DisplayTurn
  /** The server's clock. */
  nowMs: () => number
  /** Whether the server would answer the page. */
  serves: () => Promise<boolean>
  reload: () => void
}): Reload {
  let waiting = false

  function waitForTurn(): void {
    setTimeout(() => void reloadIfServed(), untilTurnMs(parts.turn(), parts.nowMs()))
  }

  async function reloadIfServed(): Promise<void> {
    if (await parts.serves()) parts.reload()
    else waitForTurn()
  }

  return {
    after(ms) {
      if (waiting) return
      waiting = true
      setTimeout(() => {
        // Nobody else goes dark while a display does that is alone.
        if (parts.turn().count <= 1) void reloadIfServed()
        else waitForTurn()
      }, ms)
    },
  }
}

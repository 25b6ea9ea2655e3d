/** A page that runs an older build than the server serves is loaded anew, one screen after the other. */
export interface NewBuild {
  /** The build in the server's beat. */
  heard(build: string): void
}

/** This screen's place among all screens of the wall. */
export interface ScreenTurn {
  index: number
  count: number
}

/** A page needs about this long to show data again, ms: until then all others go on with the old build. */
const turnMs = 10_000

/**
 * How long until the next turn of a screen begins, ms: the server's time goes round all screens, so that they never meet,
 * not even after they have waited together for the server's return.
 */
export function untilTurnMs({ index, count }: ScreenTurn, nowMs: number): number {
  const roundMs = Math.max(1, count) * turnMs
  return roundMs - ((((nowMs - index * turnMs) % roundMs) + roundMs) % roundMs)
}

export function createNewBuild(parts: {
  /** `undefined` for a person's browser, which is never loaded under their hands. */
  turn: () => ScreenTurn | undefined
  /** The server's clock. */
  nowMs: () => number
  /** Whether the server would answer the page. */
  serves: () => Promise<boolean>
  reload: () => void
  /** There is a newer build. */
  told: () => void
}): NewBuild {
  let own: string | undefined
  let waiting = false

  function waitForTurn(): void {
    const turn = parts.turn()
    // Asked again with the next beat: a browser may become a screen of the wall.
    waiting = turn !== undefined
    if (turn !== undefined) setTimeout(() => void reloadIfServed(), untilTurnMs(turn, parts.nowMs()))
  }

  async function reloadIfServed(): Promise<void> {
    if (await parts.serves()) parts.reload()
    else waitForTurn()
  }

  return {
    heard(build) {
      own ??= build
      if (build === own || waiting) return
      parts.told()
      waitForTurn()
    },
  }
}

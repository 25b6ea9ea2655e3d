import type { RateLimit } from './rate-limit.ts'

/** How fast a connection is read. */
export interface ReadingPace {
  limitRate(rateLimit: RateLimit): void
  spend(bytes: number): void
  /** It sent too fast: it is called again when it may go on. */
  mustWait(): boolean
  stop(): void
}

export interface ReadingPaceParts {
  /** It begins to wait. */
  slowed(): void
  /** It waits on. */
  waiting(): void
  /** It may go on. */
  goOn(): void
}

/** While a connection waits, its keepalive must not run out: it may have sent what we do not read. */
const longestWaitMs = 250

export function createReadingPace({ slowed, waiting, goOn }: ReadingPaceParts): ReadingPace {
  let rateLimit: RateLimit | undefined
  let wait: NodeJS.Timeout | undefined

  function waitFor(ms: number): void {
    wait = setTimeout(
      () => {
        waiting()
        const left = rateLimit?.waitMs() ?? 0
        if (left > 0) return waitFor(left)
        wait = undefined
        goOn()
      },
      Math.min(ms, longestWaitMs),
    )
  }

  return {
    limitRate(given) {
      rateLimit = given
    },
    spend(bytes) {
      rateLimit?.spend(bytes)
    },
    mustWait() {
      if (wait !== undefined) return true
      const ms = rateLimit?.waitMs() ?? 0
      if (ms <= 0) return false
      slowed()
      waitFor(ms)
      return true
    },
    stop: () => clearTimeout(wait),
  }
}

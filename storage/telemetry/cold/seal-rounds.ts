const betweenStepsMs = 25
/** The start belongs to the readings. */
const firstMs = 3000
const idleMs = 30_000

export interface SealRounds {
  /** Takes step after step until it is stopped. */
  run(): Promise<void>
  stop(): void
}

export interface SealRoundsParts {
  /** True when there may be more to do. */
  step: () => Promise<boolean>
  /** There is nothing more to do for the time being. */
  rest: () => Promise<void>
  /** A step threw; it is tried again later. What is thrown here ends the rounds. */
  failed: (error: unknown) => void
}

/** One small step after the other, with a pause behind each, and a longer one when nothing is due. */
export function createRounds({ step, rest, failed }: SealRoundsParts): SealRounds {
  let stopped = false
  let wake: () => void = () => undefined

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async function tryStep(): Promise<boolean> {
    try {
      return await step()
    } catch (error) {
      if (!stopped) failed(error)
      return false
    }
  }

  return {
    async run() {
      await pause(firstMs)
      while (!stopped) {
        const more = await tryStep()
        if (!more) await rest()
        if (!stopped) await pause(more ? betweenStepsMs : idleMs)
      }
    },
    stop() {
      stopped = true
      wake()
    },
  }
}

import { minuteMs } from '../../contract/time.ts'

/** Keeps strangers from filling the log: so many lines a minute, and one line that tells how many more there were. */
export interface LineLimit {
  /** True: write it. */
  take(): boolean
}

export function createLineLimit({ most, told }: { most: number; told: (count: number) => void }): LineLimit {
  let written = 0
  let more = 0
  let counting = false

  function end(): void {
    counting = false
    if (more > 0) told(more)
    written = 0
    more = 0
  }

  return {
    take() {
      if (!counting) setTimeout(end, minuteMs).unref()
      counting = true
      if (written < most) {
        written += 1
        return true
      }
      more += 1
      return false
    },
  }
}

/** A role says that its event loop turns; without this for long it is taken for hung. */
export const beatEveryMs = 1000

/** Names no port: the first message of a role does. */
export const beat = { type: 'beat' } as const

const checkEveryMs = 500
/** Longest silence of a role that was well. With a check and the start it is back within 15 s. */
const firstPatienceMs = 10_000
/**
 * Shorter for one that works all the time: it waits for no disk. Processor time of its process, for which no good reason
 * is known that is half as long.
 */
const firstBusyMs = 5000
/** A restart reads files before the first beat. */
const startPatienceMs = 60_000
const maxPatienceMs = 600_000
/** Later than this, the watch itself stood still: the machine, not the role, was too busy. */
const lateMs = 2000

export interface HeartbeatWatch {
  /** A process was started: it has a minute until its first beat. */
  started(): void
  heard(): void
  /** There is no process to watch. */
  ended(): void
  close(): void
}

/**
 * Watches for a role that no longer does anything. Time is monotonic: a clock that jumps ends nobody. Each time that it
 * found one hung it is twice as patient, since work that really takes that long would otherwise never be finished.
 */
export function watchForSilence(
  onSilence: (silentMs: number) => void,
  /** Processor time that the process has used so far, ms; absent where only the clock is to count. */
  processorMs: () => number | undefined = () => undefined,
): HeartbeatWatch {
  let deadlineMs: number | undefined
  let busyMs = firstBusyMs
  let processorAtBeat: number | undefined
  let heardMs = 0
  let patienceMs = firstPatienceMs
  let checkedMs = performance.now()

  function check(): void {
    const now = performance.now()
    const lag = now - checkedMs - checkEveryMs
    checkedMs = now
    if (deadlineMs === undefined) return
    if (lag > lateMs) deadlineMs = Math.max(deadlineMs, now + patienceMs)
    if (now < deadlineMs && !isBusy()) return
    deadlineMs = undefined
    patienceMs = Math.min(maxPatienceMs, patienceMs * 2)
    busyMs = Math.min(maxPatienceMs, busyMs * 2)
    onSilence(Math.round(now - heardMs))
  }

  function isBusy(): boolean {
    const used = processorMs()
    return used !== undefined && processorAtBeat !== undefined && used - processorAtBeat >= busyMs
  }

  const timer = setInterval(check, checkEveryMs)
  timer.unref()
  return {
    started() {
      heardMs = performance.now()
      deadlineMs = heardMs + startPatienceMs
      processorAtBeat = undefined
    },
    heard() {
      heardMs = performance.now()
      deadlineMs = heardMs + patienceMs
      processorAtBeat = processorMs()
    },
    ended() {
      deadlineMs = undefined
    },
    close: () => clearInterval(timer),
  }
}

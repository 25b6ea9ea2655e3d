import type { HookGuard } from '../auth/hook-guard.ts'

/** Small pieces of work, one after the other, a few ms of them in a turn of the event loop. */
export interface WorkQueue {
  add(work: () => void): void
}

/** Of the event loop at once, ms; a chunk of small messages takes about as long. */
const sliceMs = 4

/** Hundreds of subscribers that become ready in the same moment must not keep devices waiting for the last of them. */
export function createWorkQueue(guard: HookGuard): WorkQueue {
  let queue: (() => void)[] = []
  let isDue = false

  function run(): void {
    const untilMs = performance.now() + sliceMs
    const works = queue
    queue = []
    let done = 0
    for (const work of works) {
      guard.safely(undefined, work)
      done += 1
      if (performance.now() >= untilMs) break
    }
    queue = [...works.slice(done), ...queue]
    isDue = queue.length > 0
    if (isDue) setImmediate(run)
  }

  return {
    add(work) {
      queue.push(work)
      if (isDue) return
      isDue = true
      setImmediate(run)
    },
  }
}

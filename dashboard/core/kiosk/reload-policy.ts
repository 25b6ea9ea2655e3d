import { hourMs, minuteMs } from '../../../contract/time.ts'
import type { ShownFault } from '../city/fault-words.ts'
import { createObservable, type Observable } from '../kit/observable.ts'
import type { TextKey } from '../text/translate.ts'
import type { Reload } from './reload.ts'

/** Starts a page afresh that shows for weeks and has gone bad, before anybody must walk to it. */
export interface ReloadPolicy {
  /** It was started afresh too often to go on with that; `null` while it is well. */
  fault: Observable<ShownFault | null>
  /** JavaScript's memory now, MB; `null` where the browser does not tell. To be called now and then. */
  measured(heapMb: number | null): void
  /** The page's own thread did nothing else for so long, ms. */
  stoodStill(ms: number): void
  /** An error that nobody caught. */
  failed(): void
}

const maxHeapMb = 600
const maxStillMs = 5000
const maxErrors = 3
const errorsWithinMs = 10 * minuteMs
const maxReloads = 3
const reloadsWithinMs = hourMs
const memoryKey = 'bcc-reloads'

type Cause = 'memory' | 'still' | 'errors'
const faultOf: Record<Cause, TextKey> = {
  memory: 'own.page.memory',
  still: 'own.page.still',
  errors: 'own.page.errors',
}

export function createReloadPolicy(parts: {
  nowMs: () => number
  /** Nobody sits in front of it; a person's page is left as it is. */
  unattended: () => boolean
  /** Of this tab: reloads must be remembered over themselves. */
  memory: Pick<Storage, 'getItem' | 'setItem'>
  reload: Reload
}): ReloadPolicy {
  const fault = createObservable<ShownFault | null>(null)
  let errorsAtMs: number[] = []
  let cause: Cause | undefined
  let leaving = false

  /** When it was started afresh in the last hour, ms. */
  function reloads(): number[] {
    const noted = (parts.memory.getItem(memoryKey) ?? '').split(',').map(Number)
    return noted.filter((atMs) => atMs > 0 && Math.abs(parts.nowMs() - atMs) < reloadsWithinMs)
  }

  function decide(): void {
    if (cause === undefined || leaving || !parts.unattended()) return
    const before = reloads()
    if (before.length >= maxReloads) {
      fault.set(fault.get() ?? { key: faultOf[cause], params: { n: before.length } })
      return
    }
    leaving = true
    parts.memory.setItem(memoryKey, [...before, parts.nowMs()].join(','))
    parts.reload.after(0)
  }

  return {
    fault,
    measured(heapMb) {
      if (heapMb !== null && heapMb > maxHeapMb) cause ??= 'memory'
      decide()
    },
    stoodStill(ms) {
      if (ms > maxStillMs) cause ??= 'still'
      decide()
    },
    failed() {
      const nowMs = parts.nowMs()
      errorsAtMs = [...errorsAtMs.filter((atMs) => nowMs - atMs < errorsWithinMs), nowMs].slice(-maxErrors)
      if (errorsAtMs.length >= maxErrors) cause ??= 'errors'
      decide()
    },
  }
}

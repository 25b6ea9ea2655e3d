import type { Display } from '../../../contract/http/displays.ts'
import type { CityTime } from '../../../domain/city-time.ts'
import type { ShownFault } from '../city/fault-words.ts'
import type { ServerClock } from '../connection/server-clock.ts'
import type { SessionState } from '../connection/session.ts'
import { createObservable, type Observable } from '../kit/observable.ts'
import { type Side, sideAt } from './burn-in.ts'
import { heapMb } from './heap.ts'
import { createNewBuild } from './new-build.ts'
import { isReloadDue } from './planned-reload.ts'
import { createReload } from './reload.ts'
import { createReloadPolicy, type ReloadPolicy } from './reload-policy.ts'

/** Keeps a page in order that shows for weeks with nobody in front of it. */
export interface PageWatchdog {
  /** A display, or a page whose address asks to be cared for like one (`?care`, `?orbit`). */
  isCaredFor(): boolean
  /** Of this display among all displays, from 0. */
  place(): number
  /** On which side the top line begins today. */
  side(): Side
  /** The server serves a newer build than this page. */
  newer: Observable<boolean>
  /** Starting afresh does not help this page any more. */
  fault: Observable<ShownFault | null>
  /** The build in the server's beat. */
  heardBuild(build: string): void
  /** Looks at the time and at the page; to be called once a second. */
  follow(): void
}

function watchPage(guard: ReloadPolicy): void {
  if (PerformanceObserver.supportedEntryTypes.includes('longtask')) {
    const observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) guard.stoodStill(duration)
    })
    observer.observe({ type: 'longtask' })
  }
  addEventListener('error', ({ error }) => {
    // An observer of sizes that goes on in the next frame is told as an event too, without an error in it.
    if (error !== null && error !== undefined) guard.failed()
  })
  addEventListener('unhandledrejection', guard.failed)
}

const servesWithinMs = 2000
const serves = () =>
  fetch('/healthz', { signal: AbortSignal.timeout(servesWithinMs) }).then(
    ({ ok }) => ok,
    () => false,
  )

export function startPageWatchdog(parts: {
  clock: ServerClock
  session: Observable<SessionState>
  cityTime: Observable<CityTime>
  displays: Observable<readonly Display[] | null>
}): PageWatchdog {
  const { clock, session, displays, cityTime } = parts
  const newer = createObservable(false)

  /** Its name as a display; `null` for a person's browser. */
  const paired = (): string | null => {
    const state = session.get()
    return state.phase === 'in' ? state.session.display : null
  }
  const asked = (name: string) => new URLSearchParams(globalThis.location.search).has(name)
  const all = () => displays.get() ?? []
  const place = () =>
    Math.max(
      0,
      all().findIndex(({ name }) => name === paired()),
    )
  const isCaredFor = () => paired() !== null || asked('care') || asked('orbit')
  const side = () => (isCaredFor() ? sideAt(clock.nowMs(), cityTime.get()) : 'left')
  const isUnattended = () => paired() !== null || asked('rot')

  const reload = createReload({
    turn: () => ({ index: place(), count: all().length }),
    nowMs: clock.nowMs,
    serves,
    reload: () => globalThis.location.reload(),
  })
  const newBuild = createNewBuild({
    isDisplay: () => paired() !== null,
    reload,
    told: () => newer.set(true),
  })
  const guard = createReloadPolicy({
    nowMs: clock.nowMs,
    unattended: isUnattended,
    memory: globalThis.sessionStorage,
    reload,
  })
  watchPage(guard)
  const writeSide = () => {
    document.documentElement.dataset.side = side()
  }
  cityTime.subscribe(writeSide)

  return {
    isCaredFor,
    place,
    side,
    newer,
    fault: guard.fault,
    heardBuild: newBuild.heard,
    follow() {
      const nowMs = clock.nowMs()
      writeSide()
      guard.measured(heapMb())
      // The page's monotonic clock begins with the page.
      const page = { place: place(), ageMs: clock.monotonicMs() }
      if (isUnattended() && isReloadDue(nowMs, page, cityTime.get())) reload.after(0)
    },
  }
}

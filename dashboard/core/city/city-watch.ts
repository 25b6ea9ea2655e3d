import type { Attention } from '../../../domain/alarms/attention.ts'
import { canaryLostMs, type DataStopped, dataStopped, type Flow } from '../../../domain/system/data-flow.ts'
import type { HttpClient } from '../connection/http-client.ts'
import type { LinkView } from '../connection/link.ts'
import type { ServerClock } from '../connection/server-clock.ts'
import type { DeviceStore } from '../connection/store.ts'
import { createObservable, type Observable } from '../kit/observable.ts'
import type { SeenWater } from '../rivers/seen-waters.ts'
import { createWaters } from '../rivers/waters.ts'
import { type CityView, createCityView, emptyCity, type SeenDevice } from './city.ts'
import { createAttention } from './follow-attention.ts'
import type { LoadedSite } from './site.ts'

const minBetweenViewsMs = 350
/** Past a limit, so that it is found passed. */
const justAfterMs = 20

/** The city as it is seen, and what follows from it for every view. */
export interface CityWatch {
  /** Changes at most twice a second, and at least once. */
  city: Observable<CityView>
  /** The posts of the rivers: what each means now, and how its water moves. */
  waters: Observable<readonly SeenWater[]>
  /** What somebody should look at, the highest priority first; while the server is away, what it was before. */
  attention: Observable<readonly Attention<SeenDevice>[]>
  stopped: Observable<DataStopped>
  /** Works everything out at this moment. */
  refresh(): void
  /** An entry that the server sent through the whole system had left then. */
  applyCanary(atMs: number): void
  /** The page could not listen for a while. */
  missed(): void
}

export interface CityWatchParts {
  clock: ServerClock
  store: DeviceStore
  rest: HttpClient
  link: Observable<LinkView>
  flow: Observable<Flow | null>
  site: Observable<LoadedSite>
}

/** For how long the server has been away, ms; `null` while it is there. */
function lostFor(link: LinkView, nowMs: number): number | null {
  if (link.phase === 'up' || link.provenAtMs === null) return null
  return Math.max(0, nowMs - link.provenAtMs)
}

/** Watches the city for as long as the page lives. */
export function startCityWatch({ clock, store, rest, link, flow, site }: CityWatchParts): CityWatch {
  const seen = createCityView({ store })
  const rivers = createWaters({ store, rest })
  const watched = createAttention()
  const city = createObservable<CityView>(emptyCity(clock.nowMs()))
  const waters = createObservable<readonly SeenWater[]>([])
  const attention = createObservable<readonly Attention<SeenDevice>[]>([])
  const stopped = createObservable<DataStopped>(null)
  let viewedAt = Number.NEGATIVE_INFINITY
  let lookAgain: ReturnType<typeof setTimeout> | undefined
  let canaryAtMs: number | null = null
  let canaryEnd: ReturnType<typeof setTimeout> | undefined

  function refresh(): void {
    clearTimeout(lookAgain)
    lookAgain = undefined
    viewedAt = clock.monotonicMs()
    const nowMs = clock.nowMs()
    // An empty list means "nothing registered" only after a snapshot, which is what ends `connecting`.
    if (link.get().phase === 'connecting') {
      city.set(emptyCity(nowMs))
      see()
      return
    }
    const canaryAgeMs = canaryAtMs === null ? null : Math.max(0, nowMs - canaryAtMs)
    city.set({ ...seen.at(nowMs, lostFor(link.get(), nowMs)), canaryAgeMs })
    see()
    stopped.set(link.get().phase === 'up' ? dataStopped(city.get(), flow.get()?.pipeline ?? null) : null)
  }

  function see(): void {
    waters.set(rivers.at(city.get(), site.get().posts))
    attention.set(watched.follow(city.get(), waters.get()))
  }

  /** What came too soon after the last look is looked at as soon as that is over, not with what comes next. */
  function refreshSoon(): void {
    if (lookAgain !== undefined) return
    const restMs = viewedAt + minBetweenViewsMs - clock.monotonicMs()
    if (restMs <= 0) refresh()
    else lookAgain = setTimeout(refresh, restMs)
  }

  store.subscribe(refreshSoon)
  site.subscribe(see)
  return {
    city,
    waters,
    attention,
    stopped,
    refresh,
    applyCanary(atMs) {
      if (atMs === canaryAtMs) return
      canaryAtMs = atMs
      // The tick of the second would find it missing up to a second later.
      clearTimeout(canaryEnd)
      canaryEnd = setTimeout(refresh, atMs + canaryLostMs + justAfterMs - clock.nowMs())
    },
    missed: rivers.missed,
  }
}

import type { Display } from '../../contract/http/displays.ts'
import type { Pipeline } from '../../contract/http/pipeline.ts'
import type { Wall } from '../../contract/http/walls.ts'
import type { Attention } from '../../domain/alarms/attention.ts'
import {
  canaryLostMs,
  type DataStopped,
  dataStopped,
  type Flow,
  readingsPerSecond,
} from '../../domain/system/data-flow.ts'
import { type CityView, createCityView, emptyCity, type SeenDevice } from './city/city.ts'
import { createAttention } from './city/follow-attention.ts'
import { profileLook } from './city/profile-look.ts'
import { emptySite, type LoadedSite, loadSite } from './city/site.ts'
import { type Connection, openConnection } from './connection/connection.ts'
import { createHttpClient, type HttpClient } from './connection/http-client.ts'
import { createLink, type LinkView } from './connection/link.ts'
import { createServerClock, type ServerClock } from './connection/server-clock.ts'
import { createSession, type SessionKeeper } from './connection/session.ts'
import { createDeviceStore } from './connection/store.ts'
import { startTicker, type Ticker } from './connection/ticker.ts'
import { type FrameLoop, startFrameLoop } from './kiosk/frame-loop.ts'
import { createSound, type Sound } from './kiosk/sound.ts'
import { type PageWatchdog, startPageWatchdog } from './kiosk/watchdog.ts'
import WatchdogWorker from './kiosk/watchdog.worker.ts?worker'
import { createObservable, type Observable } from './kit/observable.ts'
import { createTracks, type Tracks } from './movement/tracks.ts'
import type { SeenWater } from './rivers/seen-waters.ts'
import { createWaters } from './rivers/waters.ts'
import { createPreferences, type Preferences } from './text/preferences.ts'
import { createToldSite, type ToldSite } from './text/site-info.ts'
import { createOwnDisplay, type OwnDisplay } from './wall/own-display.ts'

/** Everything that lives outside React, for as long as the page does. */
export interface Core {
  clock: ServerClock
  ticker: Ticker
  frames: FrameLoop
  rest: HttpClient
  session: SessionKeeper
  preferences: Preferences
  sound: Sound
  link: Observable<LinkView>
  /** Changes at most twice a second, and at least once. */
  city: Observable<CityView>
  /** The posts of the rivers: what each means now, and how its water moves. */
  waters: Observable<readonly SeenWater[]>
  /** What somebody should look at, the highest priority first; while the server is away, what it was before. */
  attention: Observable<readonly Attention<SeenDevice>[]>
  /** `null`: nobody knows, before the server told and while it is away. */
  flow: Observable<Flow | null>
  stopped: Observable<DataStopped>
  site: Observable<LoadedSite>
  siteInfo: ToldSite
  /** The screens of the wall, as they were told last; `null` until then. */
  displays: Observable<readonly Display[] | null>
  /** The walls that are described; `null` until the server has told. */
  walls: Observable<readonly Wall[] | null>
  /** This browser as one of them. */
  ownDisplay: OwnDisplay
  upkeep: PageWatchdog
  /** Panels that failed and were started again since the page was loaded. */
  restarts: Observable<number>
  panelFailed(): void
  tracks: Tracks
  /** Opens the live stream; once somebody is logged in. */
  connect(): void
  disconnect(): void
}

const minBetweenViewsMs = 350
/** Past a limit, so that it is found passed. */
const justAfterMs = 20
/** Window of the rate, ms. */
const rateOverMs = 10_000
/** For how long the server has been away, ms; `null` while it is there. */
function lostFor(link: LinkView, nowMs: number): number | null {
  if (link.phase === 'up' || link.provenAtMs === null) return null
  return Math.max(0, nowMs - link.provenAtMs)
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

export function startCore(): Core {
  const clock = createServerClock({ monotonicMs: () => performance.now(), wallMs: () => Date.now() })
  const ticker = startTicker({ clock })
  const store = createDeviceStore()
  const seen = createCityView({ store })
  const city = createObservable<CityView>(emptyCity(clock.nowMs()))
  const flow = createObservable<Flow | null>(null)
  const stopped = createObservable<DataStopped>(null)
  const site = createObservable<LoadedSite>(emptySite())
  const displays = createObservable<readonly Display[] | null>(null)
  const waters = createObservable<readonly SeenWater[]>([])
  const attention = createObservable<readonly Attention<SeenDevice>[]>([])
  const watched = createAttention()
  const walls = createObservable<readonly Wall[] | null>(null)
  const frames = startFrameLoop()
  const restarts = createObservable(0)
  let build = ''
  let stopServing: (() => void) | undefined
  let loading: AbortController | undefined
  const search = new URLSearchParams(globalThis.location.search)
  const siteInfo = createToldSite({ fetching: (path) => fetch(path) })
  const { time: cityTime, names } = siteInfo
  const preferences = createPreferences({ search, memory: globalThis.localStorage, cityTime, names })
  const sound = createSound({ clock, openCard: () => new AudioContext(), page: globalThis })
  let connection: Connection | undefined
  let viewedAt = Number.NEGATIVE_INFINITY
  let lookAgain: ReturnType<typeof setTimeout> | undefined
  let canaryAtMs: number | null = null
  let canaryEnd: ReturnType<typeof setTimeout> | undefined
  let rates: { atMs: number; received: number }[] = []

  const linkView = createObservable<LinkView>({
    phase: 'connecting',
    provenAtMs: null,
    restoredAtMs: null,
    startedAtMs: clock.nowMs(),
  })
  const link = createLink({
    clock,
    resync: () => connection?.resync(),
    onChange(view) {
      document.documentElement.dataset.link = view.phase
      linkView.set({ ...view })
      if (view.phase === 'lost') wentDown()
      if (view.phase === 'up') cameUp(view)
      look()
    },
  })
  function wentDown(): void {
    sound.play('link-lost')
    // What was counted before is not the present.
    flow.set(null)
    connection?.renew()
  }

  function cameUp({ restoredAtMs }: LinkView): void {
    // It may have been started again with another one.
    if (restoredAtMs !== null) siteInfo.ask()
    rivers.missed()
    if (session.get().phase === 'unreachable') void session.refresh()
  }

  const rest: HttpClient = createHttpClient({
    onUnauthorized: () => session.ended(),
    language: () => preferences.translator.get().language,
  })
  const rivers = createWaters({ store, rest })
  const session = createSession({ rest: () => rest })
  const ownDisplay = createOwnDisplay({
    rest,
    frames,
    memory: globalThis.localStorage,
    build: () => build,
    restarts: restarts.get,
  })
  const upkeep = startPageWatchdog({ clock, session, displays, cityTime })
  const watchdog = new WatchdogWorker()
  watchdog.onmessage = () => link.check()

  function look(): void {
    clearTimeout(lookAgain)
    lookAgain = undefined
    viewedAt = clock.monotonicMs()
    const nowMs = clock.nowMs()
    // An empty list means "nothing registered" only after a snapshot, which is what ends `connecting`.
    if (linkView.get().phase === 'connecting') {
      city.set(emptyCity(nowMs))
      see()
      return
    }
    const canaryAgeMs = canaryAtMs === null ? null : Math.max(0, nowMs - canaryAtMs)
    city.set({ ...seen.at(nowMs, lostFor(linkView.get(), nowMs)), canaryAgeMs })
    see()
    stopped.set(linkView.get().phase === 'up' ? dataStopped(city.get(), flow.get()?.pipeline ?? null) : null)
  }

  /** What follows from the city for every screen. */
  function see(): void {
    waters.set(rivers.at(city.get(), site.get().posts))
    attention.set(watched.follow(city.get(), waters.get()))
  }

  function takePipeline(pipeline: Pipeline): void {
    const { received } = pipeline
    if (received === null) return flow.set({ pipeline, perSecond: null })
    const sample = { atMs: clock.monotonicMs(), received }
    rates = [...rates.filter((one) => sample.atMs - one.atMs <= rateOverMs), sample]
    const first = rates[0]
    const before = first === undefined || first === sample ? null : first
    flow.set({ pipeline, perSecond: readingsPerSecond(before, sample) })
  }

  /** What came too soon after the last look is looked at as soon as that is over, not with what comes next. */
  function lookSoon(): void {
    if (lookAgain !== undefined) return
    const restMs = viewedAt + minBetweenViewsMs - clock.monotonicMs()
    if (restMs <= 0) look()
    else lookAgain = setTimeout(look, restMs)
  }

  function takeCanary(atMs: number): void {
    if (atMs === canaryAtMs) return
    canaryAtMs = atMs
    // The tick of the second would find it missing up to a second later.
    clearTimeout(canaryEnd)
    canaryEnd = setTimeout(look, atMs + canaryLostMs + justAfterMs - clock.nowMs())
  }

  store.subscribe(lookSoon)
  site.subscribe(see)
  ticker.subscribe(() => {
    link.check()
    preferences.follow(clock.nowMs())
    sound.follow()
    upkeep.follow()
    look()
  })
  document.documentElement.dataset.link = 'connecting'
  siteInfo.ask()

  return {
    clock,
    ticker,
    rest,
    session,
    preferences,
    sound,
    link: linkView,
    city,
    waters,
    attention,
    flow,
    stopped,
    site,
    siteInfo,
    displays,
    walls,
    ownDisplay,
    upkeep,
    restarts,
    frames,
    panelFailed: () => restarts.set(restarts.get() + 1),
    tracks: createTracks({ store, moves: ({ view }) => profileLook(view.kind, view.profile).moving }),
    connect() {
      if (connection !== undefined) return
      connection = openConnection({
        store,
        link,
        events: {
          pipeline: takePipeline,
          canary: takeCanary,
          displays: displays.set,
          walls: walls.set,
          build: (name) => {
            if (build === '') build = name
            upkeep.heardBuild(name)
          },
          refused: () => void session.refresh(),
          heard: () => watchdog.postMessage(null),
        },
      })
      const state = session.get()
      if (state.phase === 'in' && state.session.display !== null) stopServing = ownDisplay.serve(connection)
      loading = new AbortController()
      void loadSite({ read: rest.get, set: site.set, pause: sleep, signal: loading.signal })
    },
    disconnect() {
      loading?.abort()
      stopServing?.()
      stopServing = undefined
      connection?.close()
      connection = undefined
    },
  }
}

import type { Command } from '../../contract/http/commands.ts'
import type { Display } from '../../contract/http/displays.ts'
import type { Wall } from '../../contract/http/walls.ts'
import { type CityWatch, startCityWatch } from './city/city-watch.ts'
import { createPresentFlow, type PresentFlow } from './city/present-flow.ts'
import { profileLook } from './city/profile-look.ts'
import { emptySite, type LoadedSite, loadSite } from './city/site.ts'
import { type Connection, type ConnectionEvents, openConnection } from './connection/connection.ts'
import { createHttpClient, type HttpClient } from './connection/http-client.ts'
import { createLink, type LinkView } from './connection/link.ts'
import { createLiveStream } from './connection/live-stream.ts'
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
import { createPreferences, type Preferences } from './text/preferences.ts'
import { createToldSite, type ToldSite } from './text/site-info.ts'
import { createOwnDisplay, type OwnDisplay } from './wall/own-display.ts'

/** Everything that lives outside React, for as long as the page does. */
export interface Core extends Pick<CityWatch, 'city' | 'waters' | 'attention' | 'stopped'> {
  clock: ServerClock
  ticker: Ticker
  frames: FrameLoop
  rest: HttpClient
  session: SessionKeeper
  preferences: Preferences
  sound: Sound
  link: Observable<LinkView>
  flow: PresentFlow['flow']
  site: Observable<LoadedSite>
  siteInfo: ToldSite
  /** The displays, as they were told last; `null` until then. */
  displays: Observable<readonly Display[] | null>
  /** The walls that are described; `null` until the server has told. */
  walls: Observable<readonly Wall[] | null>
  /** Those that changed last; who wants all asks for them, and listens. */
  commands: Observable<readonly Command[]>
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

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Says how this page is, if it is a display, and loads the site, until what it returns is called. */
function serveAndLoad(
  connection: Connection,
  {
    session,
    ownDisplay,
    rest,
    setSite,
  }: Pick<Core, 'session' | 'ownDisplay' | 'rest'> & { setSite: (site: LoadedSite) => void },
): () => void {
  const state = session.get()
  const isDisplay = state.phase === 'in' && state.session.display !== null
  const stopServing = isDisplay ? ownDisplay.serve(connection) : undefined
  const loading = new AbortController()
  void loadSite({ read: rest.get, set: setSite, pause: sleep, signal: loading.signal })
  return () => {
    loading.abort()
    stopServing?.()
  }
}

/** What the server tells by itself, as it was told last. */
function createTold() {
  return {
    displays: createObservable<readonly Display[] | null>(null),
    walls: createObservable<readonly Wall[] | null>(null),
    commands: createObservable<readonly Command[]>([]),
  }
}

export function startCore(): Core {
  const clock = createServerClock({ monotonicMs: () => performance.now(), wallMs: () => Date.now() })
  const ticker = startTicker({ clock })
  const store = createDeviceStore()
  const { flow, ...counters } = createPresentFlow({ clock })
  const site = createObservable<LoadedSite>(emptySite())
  const told = createTold()
  const frames = startFrameLoop()
  const restarts = createObservable(0)
  let build = ''
  const search = new URLSearchParams(globalThis.location.search)
  const siteInfo = createToldSite({ fetching: (path) => fetch(path) })
  const { time: cityTime, names } = siteInfo
  const preferences = createPreferences({ search, memory: globalThis.localStorage, cityTime, names })
  const sound = createSound({ clock, openCard: () => new AudioContext(), page: globalThis })

  const linkView = createObservable<LinkView>({
    phase: 'connecting',
    provenAtMs: null,
    restoredAtMs: null,
    startedAtMs: clock.nowMs(),
  })
  const link = createLink({
    clock,
    resync: () => stream.connection()?.resync(),
    onChange(view) {
      document.documentElement.dataset.link = view.phase
      linkView.set({ ...view })
      if (view.phase === 'lost') wentDown()
      if (view.phase === 'up') cameUp(view)
      watch.refresh()
    },
  })

  function wentDown(): void {
    sound.play('link-lost')
    counters.lost()
    stream.connection()?.renew()
  }

  function cameUp({ restoredAtMs }: LinkView): void {
    // It may have been started again with another one.
    if (restoredAtMs !== null) siteInfo.ask()
    watch.missed()
    if (session.get().phase === 'unreachable') void session.refresh()
  }

  const rest: HttpClient = createHttpClient({
    onUnauthorized: () => session.ended(),
    language: () => preferences.translator.get().language,
  })
  const watch = startCityWatch({ clock, store, rest, link: linkView, flow, site })
  const session = createSession({ rest: () => rest })
  const ownDisplay = createOwnDisplay({
    rest,
    frames,
    memory: globalThis.localStorage,
    build: () => build,
    restarts: restarts.get,
  })
  const upkeep = startPageWatchdog({ clock, session, displays: told.displays, cityTime })
  const watchdog = new WatchdogWorker()
  watchdog.onmessage = () => link.check()

  const events: ConnectionEvents = {
    pipeline: counters.apply,
    canary: watch.applyCanary,
    displays: told.displays.set,
    walls: told.walls.set,
    commands: told.commands.set,
    build: (name) => {
      if (build === '') build = name
      upkeep.heardBuild(name)
    },
    refused: () => void session.refresh(),
    heard: () => watchdog.postMessage(null),
  }
  const stream = createLiveStream({
    open: () => openConnection({ store, link, events }),
    begin: (connection) => serveAndLoad(connection, { session, ownDisplay, rest, setSite: site.set }),
  })

  ticker.subscribe(() => {
    link.check()
    preferences.follow(clock.nowMs())
    sound.follow()
    upkeep.follow()
    watch.refresh()
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
    city: watch.city,
    waters: watch.waters,
    attention: watch.attention,
    stopped: watch.stopped,
    flow,
    site,
    siteInfo,
    ...told,
    ownDisplay,
    upkeep,
    restarts,
    frames,
    panelFailed: () => restarts.set(restarts.get() + 1),
    tracks: createTracks({ store, moves: ({ view }) => profileLook(view.kind, view.profile).moving }),
    connect: stream.connect,
    disconnect: stream.disconnect,
  }
}

import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import express, { type Express } from 'express'
import type { Logger } from 'pino'
import type { BrokerControl } from '../contract/ports/control.ts'
import type { LiveFeed } from '../contract/ports/feed.ts'
import type { IngestControl, PipelineReader } from '../contract/ports/pipeline.ts'
import type { StateReader } from '../contract/ports/states.ts'
import type { TelemetryReader } from '../contract/ports/telemetry.ts'
import type { TlsSource } from '../contract/ports/tls.ts'
import { profiles } from '../contract/profiles/index.ts'
import { dayMs } from '../contract/time.ts'
import { createCityTime } from '../domain/city-time.ts'
import { createOwnTurn } from '../storage/own-turn.ts'
import { createCoalescingAudit } from '../storage/registry/audit/coalesce.ts'
import { startAuditKeeper } from '../storage/registry/audit/keeper.ts'
import type { Registry } from '../storage/registry/registry.ts'
import { openCommandDesk } from './commands/desk.ts'
import { keepSignIns } from './devices/sign-in-keeper.ts'
import { createDisplayMonitor } from './displays/monitor.ts'
import { createPairings } from './displays/pairings.ts'
import { expressPath, mountRoutes } from './http/answer.ts'
import { type ApiMetrics, createApiMetrics } from './http/api-metrics.ts'
import { type HttpLimits, openDoor } from './http/door/door.ts'
import { createHostList } from './http/door/hosts.ts'
import { createTrustedProxies } from './http/door/proxies.ts'
import { mountHealth } from './http/health.ts'
import { createHttpServer, createInside } from './http/http-server.ts'
import { listenShared } from './http/listening.ts'
import { mountMethods } from './http/methods.ts'
import { describeRoutes } from './http/openapi.ts'
import { mountDashboard, mountDocs } from './http/pages.ts'
import { notFound, problemHandler } from './http/problem.ts'
import type { Route } from './http/route.ts'
import { sameSiteOnly, securityHeaders } from './http/security.ts'
import type { City } from './live/city.ts'
import { createClockWatch } from './live/clock-watch.ts'
import { startLivePicture } from './live/live-picture.ts'
import { createSlices } from './live/slices.ts'
import { attachWallSocket } from './live/wall-socket.ts'
import { type Callers, createCallers } from './people/callers.ts'
import { createCodeLimit } from './people/code-limit.ts'
import { mountLoginLinks } from './people/login-links.ts'
import { createLoginThrottle } from './people/login-throttle.ts'
import { keepServiceUse } from './people/service-use.ts'
import { createSignIn, type PersonSignIn } from './people/sign-in.ts'
import type { PipelineWatch } from './pipeline/pipeline-watch.ts'
import { apiRoutes } from './routes.ts'
import { createSiteInfo, type SiteNames } from './site/site-info.ts'

export interface ApiOptions {
  host: string
  /** 0 takes a free one. */
  port: number
  /** Given: HTTPS, and cookies only over it. */
  tls?: TlsSource | undefined
  registry: Registry
  feed: LiveFeed
  ingest: IngestControl
  broker: BrokerControl
  history: TelemetryReader
  /** How far back readings are kept, ms; a year when absent. */
  retentionMs?: number
  pipeline: PipelineReader
  states: StateReader
  /** Folder of the city's geography. */
  siteDir: string
  /** Where the anchors of the audit are appended. */
  anchorFile: string
  /** Built pages. */
  dashboardDir: string
  /** What everybody is told of this installation. */
  site: SiteNames & { timeZone: string }
  version: string
  /** How much one address may ask for. */
  limits?: HttpLimits
  /** Addresses (CIDR) of proxies whose `X-Forwarded-…` headers are believed. */
  trustedProxies?: readonly string[]
  /** Names that requests may ask for, beside addresses and the machine's own. */
  publicHosts?: readonly string[]
  /** Admins and supervisors sign in with a second factor only. */
  requireSecondFactor?: boolean
  /** Live connections of one person, token or display; 2,000 when absent. */
  maxConnectionsOfActor?: number
  log: Logger
  now?: () => number
}

export interface RunningApi {
  port: number
  close(): Promise<void>
}

const stateEveryMs = 1000
const defaultRetentionMs = 365 * dayMs
const defaultHttpLimits: HttpLimits = {
  connections: 8192,
  connectionsPerAddress: 512,
  requestsPerS: 500,
  requestBurst: 5000,
}

/** Starts the HTTP and Socket.IO door. Rejects when the port cannot be had or the registry cannot be read. */
export async function startApi(options: ApiOptions): Promise<RunningApi> {
  const { registry, log, now = Date.now } = options
  const inSlices = createSlices(createOwnTurn())
  const commandDesk = await openCommandDesk({ ...options, now })
  const live = await startLivePicture({ ...options, inSlices, commandDesk, now })
  const { city, pipeline, canary } = live
  const often = createCoalescingAudit({ audit: registry.audit, log, now })
  const keeper = await startAuditKeeper({
    audit: registry.audit,
    signer: registry.auditSigner,
    anchorFile: options.anchorFile,
    log,
    now,
    lostReadings: async () => (await pipeline.read()).rejected?.['journal-damaged'],
  })
  const states = startStateClock(city, now)
  const stopKeeping = keepSignIns({ broker: options.broker, devices: registry.devices, log })
  const stopServiceUse = keepServiceUse({ broker: options.broker, tokens: registry.tokenProof, log })

  const build = buildName(options)
  const cityTime = createCityTime(options.site.timeZone)
  const site = createSiteInfo({
    site: options.site,
    cityTime,
    version: options.version,
    build,
    mqtt: pipeline.mqtt,
    now,
  })
  const callers = createCallers({ ...registry, often })
  const throttle = createLoginThrottle({ now })
  const displayMonitor = createDisplayMonitor({
    now,
    onDouble: (name) => log.warn({ display: name }, 'two connections use the identity of one screen'),
  })
  const requireSecondFactor = options.requireSecondFactor ?? false
  const codes = createCodeLimit({ now })
  const signIn = createSignIn({ registry, throttle, codes, often, requireSecondFactor, log })
  const routes = apiRoutes({
    registry,
    city,
    profiles,
    site,
    history: options.history,
    broker: options.broker,
    retentionMs: options.retentionMs ?? defaultRetentionMs,
    siteDir: options.siteDir,
    cityTime,
    now,
    pipeline,
    reader: options.pipeline,
    ingest: options.ingest,
    states: options.states,
    signIn,
    lastAnchor: keeper.lastAnchor,
    often,
    followRegistry: live.following.catchUp,
    pairings: createPairings({ now }),
    displayMonitor,
    commandDesk,
    moveStream: (...given) => wall.move(...given),
  })
  const metrics = createApiMetrics({ city, pipeline, canary, clients: () => wall.count(), now })

  const app = createApp({ ...options, routes, metrics, pipeline, callers, signIn, now })
  const server = createHttpServer(options.tls)
  const inside = createInside(app, options.broker)
  const door = openDoor({
    server,
    inside,
    limits: options.limits ?? defaultHttpLimits,
    refused: metrics.refusedAtDoor,
    log,
    now,
    proxies: createTrustedProxies(options.trustedProxies ?? []),
    hosts: createHostList({ names: options.publicHosts ?? [], tls: options.tls }),
  })
  const { changeMark } = registry
  const onClientCut = metrics.clientCut
  const onHandshakeRefused = () => metrics.refusedAtDoor('handshakes')
  const wall = attachWallSocket({
    server: inside.server,
    city,
    inSlices,
    callers,
    changeMark,
    pipeline,
    canary,
    build,
    log,
    now,
    onClientCut,
    onHandshakeRefused,
    displayMonitor,
    commandDesk,
    displays: registry.displays.list,
    walls: registry.walls.list,
    maxConnectionsOfActor: options.maxConnectionsOfActor,
  })
  const port = await listenShared(server, options)
  log.info({ port, secure: options.tls !== undefined }, 'the api listens')

  return {
    port,
    async close() {
      clearInterval(states)
      canary.stop()
      stopKeeping()
      commandDesk.stop()
      stopServiceUse()
      live.unsubscribe()
      live.following.stop()
      const closed = [wall.close(), new Promise((resolve) => server.close(resolve))]
      door.close()
      await Promise.all(closed)
      await often.close()
      await keeper.close()
    },
  }
}

/** Works states out anew each second, and follows our clock when it is set. */
function startStateClock(city: Pick<City, 'clockMoved' | 'tick'>, now: () => number): NodeJS.Timeout {
  const clock = createClockWatch(now)
  return setInterval(() => {
    const movedMs = clock()
    if (movedMs !== 0) city.clockMoved(movedMs)
    void city.tick()
  }, stateEveryMs)
}

/** By path, as Express writes it. */
function knownMethods(routes: readonly Route[]): Map<string, string[]> {
  const known = new Map<string, string[]>(
    ['/healthz', '/readyz', '/metrics', '/api/v1/openapi.json', '/api/docs', '/api/docs.css'].map((path) => [
      path,
      ['GET'],
    ]),
  )
  known.set('/masuk/:code', ['GET', 'POST'])
  for (const route of routes) {
    const path = expressPath(route)
    known.set(path, [...(known.get(path) ?? []), route.method.toUpperCase()])
  }
  return known
}

interface AppParts extends Pick<ApiOptions, 'registry' | 'site' | 'version' | 'dashboardDir' | 'log'> {
  routes: readonly Route[]
  metrics: ApiMetrics
  pipeline: PipelineWatch
  callers: Callers
  signIn: PersonSignIn
  now: () => number
}

/** What answers requests: the routes, and what is mounted by hand beside them. */
function createApp(parts: AppParts): Express {
  const { registry, routes, metrics, pipeline, signIn, log, now } = parts
  const app = express()
  app.disable('x-powered-by')
  // Files have one of their own; hashing an answer that is different each time would be work for nothing.
  app.set('etag', () => undefined)
  app.set('query parser', 'simple')
  app.use(...securityHeaders(), sameSiteOnly)
  app.use('/api/v1', (_request, response, next) => {
    response.set('Cache-Control', 'no-store')
    next()
  })
  app.use(metrics.timing)
  mountHealth(app, { pipeline, registry, log, now })
  metrics.mount(app)
  mountDocs(app, describeRoutes(routes, { brand: parts.site.brand, version: parts.version }))
  mountRoutes(app, routes, parts.callers)
  mountLoginLinks(app, { registry, signIn })
  mountMethods(app, knownMethods(routes))
  mountDashboard(app, parts.dashboardDir)
  app.use(notFound, problemHandler(log))
  return app
}

/** Changes with the pages, so that a page notices that it runs an old one. */
function buildName({ dashboardDir, version }: ApiOptions): string {
  const index = join(dashboardDir, 'index.html')
  if (!existsSync(index)) return version
  return `${version}+${createHash('sha256').update(readFileSync(index)).digest('hex').slice(0, 8)}`
}

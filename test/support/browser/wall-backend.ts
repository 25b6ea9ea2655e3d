import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import express, { type Request } from 'express'
import { Server } from 'socket.io'
import type { Command } from '../../../contract/http/commands.ts'
import type { Display } from '../../../contract/http/displays.ts'
import type { QuarantineItem } from '../../../contract/http/pipeline.ts'
import { type Wall, wallSettingsSchema } from '../../../contract/http/walls.ts'
import {
  deltaEveryMs,
  displaysEveryMs,
  heartbeatEveryMs,
  pipelineEveryMs,
  type ServerToWall,
  type WallToServer,
  wallNamespace,
} from '../../../contract/live.ts'
import type { Role } from '../../../contract/roles.ts'
import type { Site } from '../../../contract/site/schema.ts'
import { createCityTime } from '../../../domain/city-time.ts'
import { createScriptedCity, type ScriptedCity } from '../city/scripted-city.ts'
import { addCommandRoutes } from '../city/scripted-commands.ts'
import { type CountedPipeline, firstPipeline, ownSessions, quarantined } from '../city/scripted-pipeline.ts'
import { addDeviceRoutes, problem } from '../city/scripted-registry.ts'

/** Answers what the wall asks, in the shapes of the contract, from a scripted city: Express and Socket.IO, no store. */
export interface WallBackend {
  url: string
  city: ScriptedCity
  pipeline: CountedPipeline
  quarantine: QuarantineItem[]
  /** Newest first; none at the beginning. */
  commands: Command[]
  /** Tells the pages that this command changed. */
  tellCommand(command: Command): void
  /** Walls that are described; told to each page as it comes, and when one is put over the API. */
  walls: Wall[]
  /** Sessions of this role from now on. */
  role: Role
  /** Of the city. */
  timeZone: string
  /** The build that its beat names. */
  build: string
  /** Everybody's session ends. */
  logOut(): void
  /** A live server that says nothing more, as one that hangs. */
  hang(on: boolean): void
  /** Stops readings, not the beat. */
  stopData(on: boolean): void
  close(): Promise<void>
}

export interface WallBackendOptions {
  port?: number
  siteDir: string
  /** The built dashboard; without it only the API answers. */
  distDir?: string
  city?: ScriptedCity
  walls?: Wall[]
  /** Signed in without a password. */
  signedIn?: boolean
  /** Screens of the wall; a browser with the cookie `layar=<name>` is one of them. */
  displays?: readonly string[]
  /** A delta is sent this often, ms; as the real server does when absent. */
  deltaMs?: number
  /** No delta is sent before all pages have applied the one before. */
  paced?: boolean
  /** The server's clock, ms. */
  nowMs?: () => number
}

/** The strict policy that the pages must live with. */
const contentSecurityPolicy = [
  "default-src 'self'; worker-src 'self' blob:; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'",
  "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types default",
].join('; ')
/** A browser gives a silent connection up after twice this; shorter than the api's, which is 5 s. */
const pingMs = 2000
export const backendPassword = 'rahasia-tes'
/** A page that has gone acknowledges nothing. */
const unreadAtMostMs = 10_000

function displayNamed(name: string): Display {
  const at = '2026-11-20T02:00:00.000Z'
  return { name, createdAt: at, seenAt: at, state: 'live', stateSince: at, connections: 1, report: null }
}

export async function startWallBackend(options: WallBackendOptions): Promise<WallBackend> {
  const app = express()
  const http = createServer(app)
  // The site's files have a schema and a test of their own.
  const siteFile = join(options.siteDir, 'site.json')
  const info = existsSync(siteFile)
    ? (JSON.parse(readFileSync(siteFile, 'utf8')) as Pick<Site['info'], 'name' | 'brand' | 'busService' | 'timeZone'>)
    : { name: 'Kota Uji', timeZone: 'Asia/Jakarta' }
  const names = { name: info.name, brand: info.brand ?? info.name, busService: info.busService ?? null }
  const io = new Server<WallToServer, ServerToWall>(http, {
    serveClient: false,
    pingInterval: pingMs,
    pingTimeout: pingMs,
    // A page whose clock is made to jump must not take that for silence of the server.
    ...(options.nowMs !== undefined && { pingTimeout: 86_400_000 }),
  })
  const wall = io.of(wallNamespace)
  // Asked anew each time: a test may set the clock of this process.
  const nowMs = options.nowMs ?? (() => Date.now())
  const isoNow = () => new Date(nowMs()).toISOString()
  const city = options.city ?? createScriptedCity({ siteDir: options.siteDir, nowMs: nowMs() })
  const state = {
    seq: 0,
    signedIn: options.signedIn ?? false,
    hung: false as boolean,
    dataStopped: false as boolean,
    canaryAt: isoNow(),
  }
  const session = (request: Request) => {
    const display = /\blayar=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1] ?? null
    const role = display === null ? backend.role : 'wall'
    return { username: 'uji', role, display, expiresAt: new Date(Date.now() + 3_600_000).toISOString() }
  }
  app.use((_request, response, next) => {
    response.setHeader('content-security-policy', contentSecurityPolicy)
    next()
  })
  app.use(express.json())
  app.get('/healthz', (_request, response) => void response.status(state.hung ? 503 : 200).end())
  app.get('/api/v1/session', (request, response) => {
    if (state.signedIn) response.json(session(request))
    else problem(response, 401, 'not-signed-in')
  })
  app.post('/api/v1/session', (request, response) => {
    if (request.body.password !== backendPassword) return void problem(response, 401, 'wrong-login')
    state.signedIn = true
    response.json(session(request))
  })
  app.delete('/api/v1/session', (_request, response) => {
    state.signedIn = false
    response.status(204).end()
  })
  app.get('/api/v1/site', (_request, response) => {
    const { timeZone } = backend
    const mqtt = { port: 1884, tlsPort: null }
    const timeZoneName = createCityTime(timeZone).zoneName(nowMs())
    response.json({ ...names, timeZone, timeZoneName, topicRoot: 'kota/v2', mqtt, version: '0.1.0', build: 'uji' })
  })
  app.use('/api/v1', (_request, response, next) => {
    if (state.signedIn) next()
    else problem(response, 401, 'not-signed-in')
  })
  app.use('/api/v1/site', express.static(options.siteDir))
  addDeviceRoutes(app, {
    city,
    nowMs,
    onRemoved: (id) => wall.emit('delta', { seq: ++state.seq, at: isoNow(), changes: [], removed: [id] }),
  })
  const commands: Command[] = []
  const tellCommand = (command: Command) => void wall.emit('commands', { at: isoNow(), commands: [command] })
  addCommandRoutes(app, { commands, nowMs, changed: tellCommand })
  app.get('/api/v1/pipeline', (_request, response) => void response.json(backend.pipeline))
  app.get('/api/v1/quarantine', (request, response) => {
    const { reason } = request.query
    const items = backend.quarantine.filter((item) => reason === undefined || item.reason === reason)
    response.json({ items, nextCursor: null })
  })
  app.post('/api/v1/quarantine/:id/retry', (request, response) => {
    const item = backend.quarantine.find(({ id }) => id === request.params.id)
    if (item === undefined) return void problem(response, 404, 'unknown-quarantine-row')
    item.retriedAt = new Date().toISOString()
    response.json({ outcome: 'rejected', reason: item.reason })
  })
  app.get('/api/v1/sessions', (_request, response) => void response.json({ items: ownSessions(nowMs()) }))
  app.get('/api/v1/walls', (_request, response) => void response.json({ items: backend.walls }))
  app.put('/api/v1/walls/:id', (request, response) => {
    const settings = wallSettingsSchema.safeParse(request.body)
    if (!settings.success) return void problem(response, 400, 'bad-request', settings.error.issues[0]?.message)
    const { id } = request.params
    const rev = (backend.walls.find((wall) => wall.id === id)?.rev ?? 0) + 1
    const wall = { id, rev, settings: settings.data }
    backend.walls = [...backend.walls.filter((one) => one.id !== id), wall]
    response.json(wall)
    io.of(wallNamespace).emit('walls', backend.walls)
  })
  app.delete('/api/v1/walls/:id', (request, response) => {
    backend.walls = backend.walls.filter(({ id }) => id !== request.params.id)
    response.status(204).end()
    io.of(wallNamespace).emit('walls', backend.walls)
  })
  const { distDir } = options
  if (distDir !== undefined) {
    app.use(express.static(distDir))
    app.get('/{*path}', (_request, response) => void response.sendFile('index.html', { root: distDir }))
  }

  const snapshot = () => ({ seq: state.seq, at: isoNow(), devices: [...city.devices.values()] })
  wall.use((_socket, next) => next(state.signedIn ? undefined : new Error('unauthorized')))
  wall.on('connection', (socket) => {
    socket.emit('walls', backend.walls)
    if (!state.hung) socket.emit('snapshot', snapshot())
    socket.on('resync', () => {
      if (!state.hung) socket.emit('snapshot', snapshot())
    })
  })

  let unread = false

  function sendDelta(): void {
    if (state.hung || state.dataStopped || unread) return
    const changes = city.advance(nowMs())
    if (changes.length === 0) return
    backend.pipeline.received += changes.length
    backend.pipeline.stored += changes.length
    const frame = { seq: ++state.seq, at: isoNow(), changes }
    if (options.paced !== true) return void wall.emit('delta', frame)
    unread = true
    wall.timeout(unreadAtMostMs).emit('delta', frame, () => {
      unread = false
    })
  }
  const timers = [
    setInterval(sendDelta, options.deltaMs ?? deltaEveryMs),
    setInterval(() => {
      const at = isoNow()
      if (!state.dataStopped) state.canaryAt = at
      if (!state.hung) wall.emit('heartbeat', { at, build: backend.build, canaryAt: state.canaryAt })
    }, heartbeatEveryMs),
    setInterval(() => {
      if (!state.hung) wall.emit('pipeline', backend.pipeline)
    }, pipelineEveryMs),
    setInterval(() => {
      if (!state.hung) wall.emit('displays', (options.displays ?? []).map(displayNamed))
    }, displaysEveryMs),
  ]

  await new Promise<void>((resolve) => http.listen(options.port ?? 0, '127.0.0.1', resolve))
  const backend: WallBackend = {
    // It listens on TCP, so its address is no string.
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    city,
    pipeline: firstPipeline(),
    quarantine: quarantined(12, Date.now()),
    commands,
    tellCommand,
    walls: options.walls ?? [],
    role: 'admin',
    timeZone: info.timeZone,
    build: 'uji',
    logOut() {
      state.signedIn = false
      wall.disconnectSockets(true)
    },
    hang(on) {
      state.hung = on
    },
    stopData(on) {
      state.dataStopped = on
    },
    async close() {
      for (const timer of timers) clearInterval(timer)
      await io.close()
      http.closeAllConnections()
    },
  }
  return backend
}

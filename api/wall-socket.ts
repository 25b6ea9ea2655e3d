import type { Server as HttpServer } from 'node:http'
import type { Logger } from 'pino'
import { type Namespace, Server, type Socket } from 'socket.io'
import {
  deltaEveryMs,
  heartbeatEveryMs,
  pipelineEveryMs,
  type ServerToWall,
  type WallToServer,
  wallNamespace,
} from '../contract/live.ts'
import type { City } from './city.ts'
import { isSameOrigin } from './http/security.ts'
import { sessionIdOf } from './http/session-cookie.ts'
import type { PipelineWatch } from './pipeline-watch.ts'
import type { Sessions } from './registry/sessions.ts'
import { viewers } from './routes/access.ts'
import { createWallFilter, watchSchema } from './wall/filter.ts'
import { acknowledged, createTick, type Tick } from './wall/frames.ts'
import { createScreen, type Screen } from './wall/screen.ts'

export interface WallSocketParts {
  server: HttpServer
  city: City
  sessions: Sessions
  pipeline: PipelineWatch
  build: string
  log: Logger
  now: () => number
  onScreenCut: () => void
}

export interface WallSocket {
  /** Screens that are connected. */
  count(): number
  /** Ends all connections and closes the HTTP server that it was attached to. */
  close(): Promise<void>
}

type NoEvents = Record<string, never>
interface SocketData {
  sessionId: string
}
type WallNamespace = Namespace<WallToServer, ServerToWall, NoEvents, SocketData>
type WallConnection = Socket<WallToServer, ServerToWall, NoEvents, SocketData>

const mostMessageBytes = 16 * 1024
/** A dead client is noticed after 5 s at the earliest, 10 s at the latest. */
const pingMs = 5000
const sessionCheckEveryMs = 5000

/** The live stream to the screens: Socket.IO namespace `/wall`. */
export function attachWallSocket(parts: WallSocketParts): WallSocket {
  const { server, city, log, now, build } = parts
  const io = new Server<WallToServer, ServerToWall, NoEvents, SocketData>({
    serveClient: false,
    destroyUpgrade: false,
    perMessageDeflate: false,
    maxHttpBufferSize: mostMessageBytes,
    pingInterval: pingMs,
    pingTimeout: pingMs,
    connectTimeout: pingMs,
    // Socket.IO's `cors` option does not keep another site's page from opening a WebSocket; this does.
    allowRequest: (request, answer) => answer(null, isSameOrigin(request)),
  })
  io.use((_socket, refuse) => refuse(new Error(`use ${wallNamespace}`)))
  const wall: WallNamespace = io.of(wallNamespace)
  const screens = new Map<string, Screen>()
  let latest = createTick(1, new Date(now()).toISOString(), { changes: [], removed: [] }, city)

  wall.use((socket, next) => {
    admit(socket, parts.sessions).then(() => next(), next)
  })
  wall.on('connection', (socket) => {
    const cut = (reason: string) => {
      log.warn({ address: socket.handshake.address, reason }, 'a screen was cut off')
      parts.onScreenCut()
      socket.conn.close(true)
    }
    screens.set(socket.id, serveScreen(socket, { city, latest: () => latest, now, cut }))
    socket.on('disconnect', () => screens.delete(socket.id))
  })
  io.attach(server)

  function tick(): void {
    const changes = city.takeChanges()
    const isNews = changes.changes.length + changes.removed.length > 0
    latest = createTick(isNews ? latest.seq + 1 : latest.seq, new Date(now()).toISOString(), changes, city)
    for (const screen of screens.values()) screen.tell(latest)
  }

  const timers = [
    setInterval(tick, deltaEveryMs),
    setInterval(() => wall.emit('heartbeat', { at: new Date(now()).toISOString(), build }), heartbeatEveryMs),
    setInterval(() => void tellPipeline(wall, parts), pipelineEveryMs),
    setInterval(() => void endOldSessions(wall, parts), sessionCheckEveryMs),
  ]

  return {
    count: () => screens.size,
    async close() {
      for (const timer of timers) clearInterval(timer)
      await io.close()
    },
  }
}

/** @throws Error that the client gets as `connect_error`. */
async function admit(socket: WallConnection, sessions: Sessions): Promise<void> {
  const id = sessionIdOf(socket.handshake.headers.cookie)
  const session = id === undefined ? undefined : await sessions.find(id, { touch: true })
  if (id === undefined || session === undefined) throw new Error('not-signed-in')
  if (!viewers.some((role) => role === session.role)) throw new Error('not-allowed')
  socket.data.sessionId = id
}

interface ScreenService {
  city: City
  latest: () => Tick
  now: () => number
  cut: (reason: string) => void
}

function serveScreen(socket: WallConnection, { city, latest, now, cut }: ScreenService): Screen {
  const screen = createScreen({
    latest,
    now,
    cut,
    write({ text, webSocketFrame }, flushed) {
      const options = { compress: false, wsPreEncodedFrame: webSocketFrame }
      socket.conn.write(text, options, flushed)
    },
  })
  const onMessage = (message: unknown) => {
    const frame = acknowledged(message)
    if (frame !== undefined) screen.acknowledged(frame)
  }
  socket.conn.on('message', onMessage)
  socket.on('disconnect', () => socket.conn.off('message', onMessage))
  socket.on('resync', () => screen.wantSnapshot())
  socket.on('watch', (request: unknown) => {
    const asked = watchSchema.safeParse(request)
    if (asked.success) screen.watch(createWallFilter(asked.data, city))
  })
  screen.wantSnapshot()
  return screen
}

async function tellPipeline(wall: WallNamespace, { pipeline, log }: WallSocketParts): Promise<void> {
  if (wall.sockets.size === 0) return
  try {
    wall.emit('pipeline', await pipeline.read())
  } catch (error) {
    log.error({ err: error }, 'the pipeline counters cannot be read')
  }
}

/** Cuts off who has signed out, was removed, or whose session has run out meanwhile. */
async function endOldSessions(wall: WallNamespace, { sessions, log }: WallSocketParts): Promise<void> {
  try {
    for (const socket of [...wall.sockets.values()]) {
      if ((await sessions.find(socket.data.sessionId, { touch: false })) === undefined) socket.disconnect(true)
    }
  } catch (error) {
    log.error({ err: error }, 'sessions cannot be checked')
  }
}

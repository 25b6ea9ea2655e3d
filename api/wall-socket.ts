import type { Server as HttpServer } from 'node:http'
import type { Logger } from 'pino'
import { type Namespace, Server, type Socket } from 'socket.io'
import { displayReportSchema } from '../contract/displays.ts'
import {
  deltaEveryMs,
  displaysEveryMs,
  heartbeatEveryMs,
  pipelineEveryMs,
  type ServerToWall,
  type WallToServer,
  wallNamespace,
} from '../contract/live.ts'
import type { Wall } from '../contract/walls.ts'
import type { Canary } from './canary.ts'
import type { City } from './city.ts'
import type { DisplayMonitor } from './displays/monitor.ts'
import type { Callers } from './http/callers.ts'
import { clientAddress, clientOf } from './http/client.ts'
import { isSameOrigin } from './http/security.ts'
import { forWall, type PipelineWatch } from './pipeline-watch.ts'
import type { DisplayRecord } from './registry/displays.ts'
import { type Admission, admit, createAdmissionCheck } from './wall/admission.ts'
import { createConnectionCount } from './wall/connection-count.ts'
import { mayUse, roomOf, roomsOf } from './wall/events.ts'
import { createWallFilter, watchSchema } from './wall/filter.ts'
import { acknowledged, createTick, type Tick } from './wall/frames.ts'
import { createHandshakeLimiter, type Handshaken } from './wall/handshake-limiter.ts'
import { createScreen, type Screen } from './wall/screen.ts'
import { createWallTeller } from './wall/tell-walls.ts'

export interface WallSocketParts {
  /** Whose requests and upgrades it listens to. */
  server: HttpServer
  city: City
  callers: Callers
  changeMark: () => Promise<string>
  pipeline: PipelineWatch
  canary: Pick<Canary, 'newestAtMs'>
  displayMonitor: DisplayMonitor
  displays: () => Promise<readonly DisplayRecord[]>
  walls: () => Promise<Wall[]>
  build: string
  log: Logger
  now: () => number
  onScreenCut: () => void
  onHandshakeRefused: () => void
  /** 2,000 when absent. */
  mostConnectionsOfActor: number | undefined
}

export interface WallSocket {
  /** Screens that are connected. */
  count(): number
  /** A screen renewed its identity: its own connection goes on by the new one, any other by the old one ends with that. */
  move(connection: string, from: string, to: string): void
  /** Ends all connections. */
  close(): Promise<void>
}

type NoEvents = Record<string, never>
interface SocketData {
  admission: Admission
}
type WallNamespace = Namespace<WallToServer, ServerToWall, NoEvents, SocketData>
type WallConnection = Socket<WallToServer, ServerToWall, NoEvents, SocketData>

const mostMessageBytes = 16 * 1024
/** A dead client is noticed after 5 s at the earliest, 10 s at the latest. */
const pingMs = 5000
/** Whoever may not be here any more is gone after twice this at the latest. */
const admissionCheckEveryMs = 2000

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
  const connections = createConnectionCount(parts.mostConnectionsOfActor)
  const handshakes = createHandshakeLimiter({ refused: parts.onHandshakeRefused })
  const walls = createWallTeller({ list: parts.walls, log })
  let latest = createTick(1, new Date(now()).toISOString(), { changes: [], removed: [] }, city)

  wall.use((socket, next) => {
    admit(socket, parts.callers)
      .then((admission) => {
        socket.data.admission = admission
        next()
      })
      .catch(next)
  })
  wall.on('connection', (socket) => {
    const cut = (reason: string) => {
      log.warn({ address: clientAddress(socket.request), reason }, 'a screen was cut off')
      parts.onScreenCut()
      socket.conn.close(true)
    }
    clientOf(socket.request).settle()
    handshakes.admitted(socket.conn)
    const { actor, role } = socket.data.admission.caller
    if (!connections.enter(actor)) {
      parts.onScreenCut()
      socket.disconnect(true)
      return
    }
    socket.on('disconnect', () => connections.leave(actor))
    void socket.join(roomOf(role))
    screens.set(socket.id, serveScreen(socket, { city, latest: () => latest, now, cut }))
    followDisplay(socket, parts.displayMonitor)
    void walls.welcome((list) => socket.emit('walls', list))
    socket.on('disconnect', () => screens.delete(socket.id))
  })
  io.attach(server)
  io.engine.on('connection', (one: Handshaken) => handshakes.began(one))

  function tick(): void {
    const changes = city.takeChanges()
    const isNews = changes.changes.length + changes.removed.length > 0
    latest = createTick(isNews ? latest.seq + 1 : latest.seq, new Date(now()).toISOString(), changes, city)
    for (const screen of screens.values()) screen.tell(latest)
  }

  function beat(): void {
    const newest = parts.canary.newestAtMs()
    const canaryAt = newest === null ? null : new Date(newest).toISOString()
    wall.to(roomsOf('heartbeat')).emit('heartbeat', { at: new Date(now()).toISOString(), build, canaryAt })
  }

  const checkAdmissions = createAdmissionCheck(parts)
  async function endOthers(): Promise<void> {
    const connections = [...wall.sockets.values()].map((socket) => ({
      admission: socket.data.admission,
      end: () => socket.disconnect(true),
    }))
    await checkAdmissions(connections).catch((error: unknown) => {
      log.error({ err: error }, 'sessions cannot be checked')
    })
  }

  const timers = [
    setInterval(tick, deltaEveryMs),
    setInterval(beat, heartbeatEveryMs),
    setInterval(() => void tellPipeline(wall, parts), pipelineEveryMs),
    setInterval(() => void endOthers(), admissionCheckEveryMs),
    setInterval(() => void tellDisplays(wall, parts), displaysEveryMs),
    setInterval(() => void walls.look((list) => wall.to(roomsOf('walls')).emit('walls', list)), displaysEveryMs),
  ]

  return {
    count: () => screens.size,
    move(connection, from, to) {
      const socket = wall.sockets.get(connection)
      if (socket === undefined) return
      const { proof } = socket.data.admission
      if ('display' in proof && proof.display === from) socket.data.admission.proof = { display: to }
    },
    async close() {
      for (const timer of timers) clearInterval(timer)
      await io.close()
    },
  }
}

/** What a paired screen says of itself. */
function followDisplay(socket: WallConnection, monitor: DisplayMonitor): void {
  const { display, role } = socket.data.admission.caller
  if (display === undefined) return
  monitor.connected(display, socket.id)
  const alive = () => monitor.alive(display, socket.id)
  // An answer to a ping: a connection that is only left over gives none.
  socket.conn.on('heartbeat', alive)
  socket.on('disconnect', () => {
    socket.conn.off('heartbeat', alive)
    monitor.disconnected(display, socket.id)
  })
  if (!mayUse('report', role)) return
  socket.on('report', (said: unknown) => {
    const report = displayReportSchema.safeParse(said)
    if (report.success) monitor.reported(display, socket.id, report.data)
  })
}

async function tellDisplays(wall: WallNamespace, { displayMonitor, displays, log }: WallSocketParts): Promise<void> {
  if (wall.sockets.size === 0) return
  try {
    wall.to(roomsOf('displays')).emit('displays', displayMonitor.views(await displays()))
  } catch (error) {
    log.error({ err: error }, 'the screens cannot be read')
  }
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
  const { role } = socket.data.admission.caller
  if (mayUse('resync', role)) socket.on('resync', () => screen.wantSnapshot())
  if (mayUse('watch', role)) {
    socket.on('watch', (request: unknown) => {
      const asked = watchSchema.safeParse(request)
      if (asked.success) screen.watch(createWallFilter(asked.data, city))
    })
  }
  screen.wantSnapshot()
  return screen
}

async function tellPipeline(wall: WallNamespace, { pipeline, log }: WallSocketParts): Promise<void> {
  if (wall.sockets.size === 0) return
  try {
    const all = await pipeline.read()
    const own = roomOf('wall')
    const others = roomsOf('pipeline').filter((room) => room !== own)
    wall.to(own).emit('pipeline', forWall(all))
    wall.to(others).emit('pipeline', all)
  } catch (error) {
    log.error({ err: error }, 'the pipeline counters cannot be read')
  }
}

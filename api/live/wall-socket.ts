import type { Server as HttpServer } from 'node:http'
import { Server } from 'socket.io'
import type { Wall } from '../../contract/http/walls.ts'
import {
  commandsEveryMs,
  deltaEveryMs,
  displaysEveryMs,
  heartbeatEveryMs,
  pipelineEveryMs,
  type ServerToWall,
  type WallToServer,
  wallNamespace,
} from '../../contract/live.ts'
import { iso } from '../../contract/time.ts'
import { clientAddress, clientOf } from '../http/client.ts'
import { isSameOrigin } from '../http/security.ts'
import type { Callers } from '../people/callers.ts'
import { type BroadcastParts, createBroadcasts } from './broadcasts.ts'
import type { City } from './city.ts'
import { createCityTexts } from './city-texts.ts'
import { admit, createAdmissionCheck } from './client-admission.ts'
import { createConnectionCount } from './connection-count.ts'
import { createTick } from './frames.ts'
import { createHandshakeLimiter, type Handshaken } from './handshake-limiter.ts'
import {
  createMeasure,
  followDisplay,
  type NoEvents,
  type SocketData,
  sendFrame,
  serveClient,
  type WallConnection,
  type WallNamespace,
} from './serve-client.ts'
import { createWishes, unlessRunning } from './slices.ts'
import { createWallTeller } from './tell-walls.ts'
import type { WallClient } from './wall-client.ts'

export interface WallSocketParts extends Omit<BroadcastParts, 'wall'> {
  /** Whose requests and upgrades it listens to. */
  server: HttpServer
  city: City
  callers: Callers
  changeMark: () => Promise<string>
  walls: () => Promise<Wall[]>
  onClientCut: () => void
  onHandshakeRefused: () => void
  /** 2,000 when absent. */
  maxConnectionsOfActor: number | undefined
}

export interface WallSocket {
  /** Clients that are connected. */
  count(): number
  /** A display renewed its identity: its own connection goes on by the new one, any other by the old one ends with that. */
  move(connection: string, from: string, to: string): void
  /** Ends all connections. */
  close(): Promise<void>
}

const maxMessageBytes = 16 * 1024
/** A dead client is noticed after 5 s at the earliest, 10 s at the latest. */
const pingMs = 5000
/** Interval of the check of access; a revoked connection is closed within two of them. */
const admissionCheckEveryMs = 2000

/** The live stream to the clients: Socket.IO namespace `/wall`. */
export function attachWallSocket(parts: WallSocketParts): WallSocket {
  const { server, city, log, now, inSlices } = parts
  const io = new Server<WallToServer, ServerToWall, NoEvents, SocketData>({
    serveClient: false,
    destroyUpgrade: false,
    perMessageDeflate: false,
    maxHttpBufferSize: maxMessageBytes,
    pingInterval: pingMs,
    pingTimeout: pingMs,
    connectTimeout: pingMs,
    // Socket.IO's `cors` option does not keep another site's page from opening a WebSocket; this does.
    allowRequest: (request, answer) => answer(null, isSameOrigin(request)),
  })
  io.use((_socket, refuse) => refuse(new Error(`use ${wallNamespace}`)))
  const wall: WallNamespace = io.of(wallNamespace)
  const clients = new Map<string, WallClient>()
  const connections = createConnectionCount(parts.maxConnectionsOfActor)
  const handshakes = createHandshakeLimiter({ refused: parts.onHandshakeRefused })
  const walls = createWallTeller({ list: parts.walls, log })
  const texts = createCityTexts()
  const wishes = createWishes<WallClient | WallConnection>(inSlices)
  const broadcasts = createBroadcasts({ ...parts, wall })
  let latest = createTick(1, iso(now()), { changes: [], removed: [] }, { city, texts })

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
      log.warn({ address: clientAddress(socket.request), reason }, 'a client was cut off')
      parts.onClientCut()
      socket.conn.close(true)
    }
    clientOf(socket.request).settle()
    handshakes.admitted(socket.conn)
    const { actor } = socket.data.admission.caller
    if (!connections.enter(actor)) {
      parts.onClientCut()
      socket.disconnect(true)
      return
    }
    socket.on('disconnect', () => connections.leave(actor))
    const client = serveClient(socket, { city, latest: () => latest, now, cut, wishes })
    clients.set(socket.id, client)
    followDisplay(socket, parts.displayMonitor)
    void walls.welcome((frame) => wishes.add(socket, () => sendFrame(socket, frame)))
    socket.on('disconnect', () => {
      clients.delete(socket.id)
      for (const one of [socket, client]) wishes.forget(one)
    })
  })
  io.attach(server)
  io.engine.on('connection', (one: Handshaken) => handshakes.began(one))

  /** What changes while the clients are still being told of a tick is told with the next one. */
  const tick = unlessRunning(() =>
    inSlices(clientsWithNews(), ([id, client]) => {
      if (clients.has(id)) client.send(latest)
    }),
  )

  /** Takes the changes when the first slice begins. */
  function* clientsWithNews(): Generator<[id: string, client: WallClient]> {
    const changes = city.takeChanges(clients.size === 0 ? undefined : createMeasure(texts))
    const isNews = changes.changes.length + changes.removed.length > 0
    const seq = isNews ? latest.seq + 1 : latest.seq
    latest = createTick(seq, iso(now()), changes, { city, texts })
    yield* [...clients]
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
    setInterval(() => void tick(), deltaEveryMs),
    setInterval(broadcasts.heartbeat, heartbeatEveryMs),
    setInterval(broadcasts.commands, commandsEveryMs),
    setInterval(() => void broadcasts.pipeline(), pipelineEveryMs),
    setInterval(() => void endOthers(), admissionCheckEveryMs),
    setInterval(() => void broadcasts.displays(), displaysEveryMs),
    setInterval(() => void walls.refresh((frame) => broadcasts.toAll('walls', frame)), displaysEveryMs),
  ]

  return {
    count: () => clients.size,
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

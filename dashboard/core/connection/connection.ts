import { io, type Socket } from 'socket.io-client'
import type { Command } from '../../../contract/http/commands.ts'
import type { Display, DisplayReport } from '../../../contract/http/displays.ts'
import type { Pipeline } from '../../../contract/http/pipeline.ts'
import type { Wall } from '../../../contract/http/walls.ts'
import { type ServerToWall, type WallToServer, wallNamespace } from '../../../contract/live.ts'
import { noteMoment } from '../kiosk/page-moments.ts'
import type { Link } from './link.ts'
import type { DeviceStore } from './store.ts'

export interface Connection {
  resync(): void
  /**
   * Gives a silent connection up for a new one. After a cut TCP waits longer and longer before it sends again, and a router
   * may have forgotten the connection.
   */
  renew(): void
  /** As the server calls it; `undefined` while there is none. */
  id(): string | undefined
  /** Of a display; nobody else is heard. */
  report(report: DisplayReport): void
  close(): void
}

export interface ConnectionEvents {
  pipeline(pipeline: Pipeline): void
  /** When the newest entry that came all the way had left, server time, ms. */
  canary(atMs: number): void
  displays(displays: readonly Display[]): void
  walls(walls: readonly Wall[]): void
  /** Commands that changed, as they are now. */
  commands(commands: readonly Command[]): void
  /** The build that the server serves. */
  build(build: string): void
  /** The server refused us: the session may have ended. */
  refused(): void
  /** Anything came that proves life; for the watchdog in the Worker. */
  heard(): void
}

/**
 * Tries again after 0.25 to 1 s, with jitter, for ever, and gives up a try that gets no answer after 2.5 s: after any
 * outage the picture is right again within 3 s of the server's return.
 */
const retry = { reconnectionDelay: 500, reconnectionDelayMax: 1000, randomizationFactor: 0.5, timeout: 2500 }
const afterRefusalMs = 5000

/** Feeds the store from the server's live stream and tells the link about every sign of life. */
export function openConnection(parts: {
  store: DeviceStore
  link: Link
  events: ConnectionEvents
  url?: string
}): Connection {
  const { store, link, events } = parts
  const socket: Socket<ServerToWall, WallToServer> = io(`${parts.url ?? ''}${wallNamespace}`, {
    transports: ['websocket'],
    ...retry,
  })
  let again: ReturnType<typeof setTimeout> | undefined

  function proof(at: string, snapshot = false): void {
    link.proof(Date.parse(at), snapshot)
    events.heard()
  }

  socket.on('snapshot', (frame) => {
    noteMoment('snapshot-received')
    store.applySnapshot(frame)
    proof(frame.at, true)
  })
  socket.on('delta', (frame, ack) => {
    if (store.applyDelta(frame) === 'gap') socket.emit('resync')
    proof(frame.at)
    ack?.()
  })
  socket.on('displays', (displays) => events.displays(displays))
  socket.on('walls', (walls) => events.walls(walls))
  socket.on('commands', (frame) => events.commands(frame.commands))
  socket.on('heartbeat', ({ at, build, canaryAt }) => {
    events.build(build)
    if (canaryAt !== null) events.canary(Date.parse(canaryAt))
    proof(at)
  })
  socket.on('pipeline', (pipeline) => events.pipeline(pipeline))
  socket.on('disconnect', (reason) => {
    link.closed()
    // Socket.IO does not come back by itself after the server hung up on purpose.
    if (reason === 'io server disconnect') refusedThenRetry()
  })
  socket.on('connect_error', () => {
    if (!socket.active) refusedThenRetry()
  })

  function refusedThenRetry(): void {
    events.refused()
    clearTimeout(again)
    again = setTimeout(() => socket.connect(), afterRefusalMs)
  }

  return {
    resync: () => void socket.emit('resync'),
    // Ended below Socket.IO, which then comes back by itself.
    renew: () => void socket.io.engine.close(),
    id: () => socket.id,
    report: (report) => void socket.volatile.emit('report', report),
    close() {
      clearTimeout(again)
      socket.close()
    },
  }
}

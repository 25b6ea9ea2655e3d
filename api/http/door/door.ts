import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Server as TlsServer } from 'node:tls'
import type { Logger } from 'pino'
import { Refusal } from '../../../contract/http/refusal.ts'
import { clientOf, plainAddress } from '../client.ts'
import { refuseUpgrade, sendProblem } from '../problem.ts'
import { type AdmittedConnection, type ConnectionLimits, createConnectionLimiter } from './connection-limiter.ts'
import type { HostList } from './hosts.ts'
import { createIntroduction, probes } from './introduction.ts'
import { ownSockets } from './own-sockets.ts'
import type { TrustedProxies } from './proxies.ts'
import { openRequestGate, type RequestGate } from './request-gate.ts'
import type { RequestLimits } from './request-limiter.ts'
import { pathOf } from './target.ts'
import { createTurns } from './turns.ts'

export type HttpLimits = ConnectionLimits & RequestLimits

/** Why the door turned somebody away. */
export type DoorRefusal =
  | 'connections-of-address'
  | 'connections'
  | 'requests'
  | 'waited-too-long'
  | 'too-large'
  | 'not-reading'
  | 'unknown-host'
  | 'handshakes'

export interface DoorParts {
  server: Server
  limits: HttpLimits
  proxies: TrustedProxies
  hosts: HostList
  /** Who sees the requests that are let in. */
  inside: {
    request(request: IncomingMessage, response: ServerResponse): void
    upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void
  }
  refused(reason: DoorRefusal): void
  log: Logger
  now: () => number
}

const sweepEveryMs = 1000
/** Of answers that one network has not read. */
const maxUnreadBytes = 67_108_864

interface Connection {
  visit: AdmittedConnection
  gate: RequestGate
  address: string
}

/**
 * Everything that comes in on the HTTP port passes here first: connections are owned and bounded, requests of a connection
 * come one after the other, those of an address in its turn and no faster than allowed. Returns a way to end all of it.
 */
export function openDoor(parts: DoorParts): { close(): void } {
  const { server, limits, proxies, inside, refused, log, now } = parts
  const owned = ownSockets(server, log)
  const limiter = createConnectionLimiter({ limits, now, refused })
  const turns = createTurns()
  const connections = new Map<Socket, Connection>()
  /** Until the handshake is over, by both ports: a TLS socket does not tell on which it stands. */
  const handshakes = new Map<string, AdmittedConnection>()
  const overTls = server instanceof TlsServer
  const introduce = createIntroduction({ ...parts, overTls })

  function admit(socket: Socket): void {
    turns.knocked()
    const address = plainAddress(socket.remoteAddress)
    const visit = limiter.admit(socket, address)
    if (visit === undefined) return
    // Behind a proxy stand many; who they are is known by request only.
    if (proxies.isTrusted(address)) visit.settle()
    if (!overTls) return openGate(socket, visit)
    const name = nameOf(socket)
    handshakes.set(name, visit)
    socket.once('close', () => handshakes.delete(name))
  }

  function openGate(socket: Socket, visit: AdmittedConnection | undefined): void {
    if (visit === undefined) return void socket.destroy()
    const gate = openRequestGate({ socket, now, tooLarge: () => refused('too-large') })
    connections.set(socket, { visit, gate, address: plainAddress(socket.remoteAddress) })
    socket.once('close', () => connections.delete(socket))
  }

  const late = () => {
    refused('waited-too-long')
    return new Refusal('busy', undefined, { retryAfterS: 5, headers: { Connection: 'close' } })
  }

  function handle(request: IncomingMessage, response: ServerResponse): void {
    const connection = connections.get(request.socket)
    if (connection === undefined) return void request.socket.destroy()
    const { visit, gate } = connection
    gate.began(request, response)
    visit.busy(true)
    response.once('close', () => visit.busy(false))
    const refusal = introduce(request, visit)
    if (refusal !== undefined) return sendProblem(response, refusal)
    if (probes.has(pathOf(request))) return inside.request(request, response)
    turns.enqueue(clientOf(request).address, {
      start(done) {
        response.once('close', done)
        if (response.destroyed) done()
        else inside.request(request, response)
      },
      tooLate: () => sendProblem(response, late()),
    })
  }

  function handleUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const connection = connections.get(socket)
    if (connection === undefined) return void socket.destroy()
    connections.delete(socket)
    const rest = Buffer.concat([head, connection.gate.release()])
    const refusal = introduce(request, connection.visit)
    connection.visit.busy(true)
    if (refusal !== undefined) return refuseUpgrade(socket, refusal)
    turns.enqueue(clientOf(request).address, {
      start(done) {
        if (!socket.destroyed) inside.upgrade(request, socket, rest)
        done()
      },
      tooLate: () => refuseUpgrade(socket, late()),
    })
  }

  /** Whoever does not read his answers loses the connection, before what waits for him weighs on others. */
  function endUnread(): void {
    const unread = new Map<string, number>()
    for (const [socket, { gate, address }] of connections) {
      const bytes = (unread.get(address) ?? 0) + socket.writableLength
      unread.set(address, bytes)
      if (bytes <= maxUnreadBytes && !gate.isOverdue(now())) continue
      refused('not-reading')
      socket.destroy()
    }
  }

  server.on('connection', admit)
  server.on('secureConnection', (socket: Socket) => openGate(socket, handshakes.get(nameOf(socket))))
  server.on('request', handle)
  // Whoever reads the body says that it may come (`answer.ts`); nothing else can be expected of us.
  server.on('checkContinue', handle)
  server.on('checkExpectation', handle)
  server.on('upgrade', handleUpgrade)
  const sweep = setInterval(() => {
    turns.expire()
    limiter.trimAll()
    endUnread()
  }, sweepEveryMs)

  return {
    close() {
      clearInterval(sweep)
      owned.destroyAll()
    },
  }
}

const nameOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`

import { once } from 'node:events'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { Logger } from 'pino'
import type { TlsMaterial } from '../contract/ports/tls.ts'
import type { Accept } from './connections.ts'
import type { ConnectionLimiter, PendingConnection } from './inbound/connection-limiter.ts'
import { peerCertificate } from './inbound/peer-certificate.ts'
import type { Refusals } from './inbound/refusals.ts'
import type { TlsOptions } from './options.ts'

/** Connections that the system holds ready while the process is busy; a whole city may come back at once. */
const backlog = 8192

export interface ListenersParts {
  host: string
  port: number
  tls: TlsOptions | undefined
  connectionLimiter: ConnectionLimiter
  accept: Accept
  refusals: Refusals
  log: Logger
}

export interface Listeners {
  /** Of plain MQTT. */
  port: number
  tlsPort: number | undefined
  close(): void
}

const defaultSocket = { noDelay: true, keepAlive: true } as const
/**
 * For a handshake. When a whole city comes back at once the last has to wait for thousands of others; who only stalls is
 * sent away by the connection limiter as soon as his room is needed.
 */
const handshakeTimeoutMs = 30_000
/** A device that comes back within this time need not begin its TLS session anew, s. */
const sessionTimeoutS = 86_400

/** MQTT over TCP, and over TLS where there is a certificate. */
export async function openListeners(parts: ListenersParts): Promise<Listeners> {
  const { host, port, tls, connectionLimiter, accept, log } = parts
  // Half open: who says all he has to say and closes his side is answered before we close ours.
  const plain = createTcpServer({ ...defaultSocket, allowHalfOpen: true }, (socket: Socket) => {
    const visit = connectionLimiter.admit(socket, socket.remoteAddress ?? '')
    if (visit !== undefined) accept(socket, visit)
  })
  plain.listen({ port, host, backlog })
  await once(plain, 'listening')
  const secure = tls === undefined ? undefined : await openTls(tls, parts)
  // Out of files, for example: that connection is lost, those that are open go on.
  const lost = (error: Error) => log.error({ err: error }, 'a connection was not accepted')
  plain.on('error', lost)
  secure?.server.on('error', lost)
  return {
    port: portOf(plain),
    tlsPort: secure === undefined ? undefined : portOf(secure.server),
    close() {
      plain.close()
      secure?.server.close()
      secure?.stopWatch()
    },
  }
}

/**
 * A client's certificate is asked for where an authority is given. One that is not good is counted by its reason and its
 * CONNECT refused, where a handshake that fails could tell neither side why.
 */
async function openTls({ port, source }: TlsOptions, { connectionLimiter, accept, refusals }: ListenersParts) {
  const material = source.current()
  const asked = { requestCert: material.ca !== undefined, rejectUnauthorized: false }
  const limits = { handshakeTimeout: handshakeTimeoutMs, sessionTimeout: sessionTimeoutS }
  const handshakes = new Map<string, PendingConnection>()
  const nameOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`
  const server = createTlsServer({ ...defaultSocket, ...contextOf(material), ...asked, ...limits }, (socket) => {
    const visit = handshakes.get(nameOf(socket))
    if (visit === undefined) return void socket.destroy()
    const certificate = peerCertificate(socket, Date.now())
    // OpenSSL ends some of these connections by itself, before a CONNECT could be answered.
    if (certificate?.fault !== undefined)
      refusals.count(certificate.fault, { address: visit.address, userName: certificate.claimed })
    accept(socket, { ...visit, tls: { certificate } })
  })
  // Before the handshake, which is the costly part.
  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket)
    const visit = connectionLimiter.admit(socket, socket.remoteAddress ?? '')
    if (visit === undefined) return
    handshakes.set(name, visit)
    socket.once('close', () => handshakes.delete(name))
  })
  server.on('tlsClientError', (_error, { remoteAddress }) => {
    refusals.count('tls-failed', { address: remoteAddress ?? '' })
  })
  server.listen({ port, backlog })
  await once(server, 'listening')
  return { server, stopWatch: source.watch((next) => server.setSecureContext(contextOf(next))) }
}

function contextOf({ cert, key, ca }: TlsMaterial) {
  return { cert, key, ...(ca === undefined ? {} : { ca }), minVersion: 'TLSv1.2' } as const
}

function portOf(server: Server): number {
  // A listening TCP server has an address object, not a path.
  return (server.address() as AddressInfo).port
}

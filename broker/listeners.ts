import { once } from 'node:events'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { Logger } from 'pino'
import type { Accept } from './connections.ts'
import type { Doorkeeper, Visit } from './doorkeeper.ts'
import type { TlsOptions } from './options.ts'

/** Connections that the system holds ready while the process is busy; a whole city may come back at once. */
const backlog = 8192
const handshakeTimeoutMs = 5000

export interface ListenersParts {
  host: string
  port: number
  tls: TlsOptions | undefined
  doorkeeper: Doorkeeper
  accept: Accept
  log: Logger
}

export interface Listeners {
  /** Of plain MQTT. */
  port: number
  close(): void
}

/** MQTT over TCP, and over TLS where there is a certificate. */
export async function openListeners(parts: ListenersParts): Promise<Listeners> {
  const { host, port, tls, doorkeeper, accept, log } = parts
  // Half open: who says all he has to say and closes his side is answered before we close ours.
  const plain = createTcpServer({ noDelay: true, keepAlive: true, allowHalfOpen: true }, (socket: Socket) => {
    const visit = doorkeeper.admit(socket, socket.remoteAddress ?? '')
    if (visit !== undefined) accept(socket, visit)
  })
  plain.listen({ port, host, backlog })
  await once(plain, 'listening')
  const servers: Server[] = [plain]
  if (tls !== undefined) servers.push(await openTls(tls, parts))
  // Out of files, for example: that connection is lost, those that are open go on.
  for (const server of servers)
    server.on('error', (error) => log.error({ err: error }, 'a connection was not accepted'))
  return {
    // A listening TCP server has an address object, not a path.
    port: (plain.address() as AddressInfo).port,
    close() {
      for (const server of servers) server.close()
    },
  }
}

async function openTls({ port, cert, key, ca }: TlsOptions, { doorkeeper, accept }: ListenersParts): Promise<Server> {
  const clientCertificates = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true }
  const handshakes = new Map<string, Visit>()
  const nameOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`
  const secure = createTlsServer(
    { cert, key, ...clientCertificates, minVersion: 'TLSv1.2', handshakeTimeout: handshakeTimeoutMs },
    (socket) => {
      const visit = handshakes.get(nameOf(socket))
      if (visit === undefined) socket.destroy()
      else accept(socket, visit)
    },
  )
  // Before the handshake, which is the costly part.
  secure.on('connection', (socket: Socket) => {
    const name = nameOf(socket)
    const visit = doorkeeper.admit(socket, socket.remoteAddress ?? '')
    if (visit === undefined) return
    handshakes.set(name, visit)
    socket.once('close', () => handshakes.delete(name))
  })
  secure.listen({ port, backlog })
  await once(secure, 'listening')
  return secure
}

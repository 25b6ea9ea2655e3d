import { once } from 'node:events'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { Accept } from './connections.ts'
import type { TlsOptions } from './options.ts'

/** Connections that the system holds ready while the process is busy; a whole city may come back at once. */
const backlog = 8192

export interface ListenersParts {
  host: string
  port: number
  tls: TlsOptions | undefined
  accept: Accept
}

export interface Listeners {
  /** Of plain MQTT. */
  port: number
  close(): void
}

/** MQTT over TCP, and over TLS where there is a certificate. */
export async function openListeners({ host, port, tls, accept }: ListenersParts): Promise<Listeners> {
  const plain = createTcpServer({ noDelay: true, keepAlive: true }, (socket: Socket) => accept(socket))
  plain.listen({ port, host, backlog })
  await once(plain, 'listening')
  const servers: Server[] = [plain]
  if (tls !== undefined) servers.push(await openTls(tls, accept))
  return {
    // A listening TCP server has an address object, not a path.
    port: (plain.address() as AddressInfo).port,
    close() {
      for (const server of servers) server.close()
    },
  }
}

async function openTls({ port, cert, key, ca }: TlsOptions, accept: Accept): Promise<Server> {
  const clientCertificates = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true }
  const secure = createTlsServer({ cert, key, ...clientCertificates, minVersion: 'TLSv1.2' }, (socket) =>
    accept(socket),
  )
  secure.listen({ port, backlog })
  await once(secure, 'listening')
  return secure
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Express } from 'express'
import { Refusal } from '../../contract/http/refusal.ts'
import type { BrokerControl } from '../../contract/ports/control.ts'
import type { TlsMaterial, TlsSource } from '../../contract/ports/tls.ts'
import { clientOf } from './client.ts'
import { pathOf } from './door/target.ts'
import { refuseUpgrade } from './problem.ts'
import { isSameOrigin } from './security.ts'

const limits = {
  // Node's defaults (300 s, 60 s) let a few slow senders hold many connections.
  requestTimeout: 30_000,
  headersTimeout: 10_000,
  keepAliveTimeout: 10_000,
  // By default it looks for them every 30 s only.
  connectionsCheckingInterval: 2000,
}
/** Nothing comes and nothing leaves for so long. */
const silentMs = 30_000
/** After so many a client opens another connection, which is a matter of milliseconds. */
const maxRequestsOfConnection = 10_000

/** Reads no request by itself: the door does. */
export function createHttpServer(tls: TlsSource | undefined): Server {
  const server = tls === undefined ? createServer(limits) : createTlsServer(tls)
  server.timeout = silentMs
  server.maxRequestsPerSocket = maxRequestsOfConnection
  return server
}

function createTlsServer(tls: TlsSource): Server {
  const server = createSecureServer({ ...limits, ...contextOf(tls.current()) })
  const stopWatch = tls.watch((material) => server.setSecureContext(contextOf(material)))
  return server.on('close', stopWatch)
}

/** Without the authority: browsers are not asked for certificates, and MQTT over WebSocket knows keys only. */
function contextOf({ cert, key }: TlsMaterial) {
  return { cert, key, minVersion: 'TLSv1.2' } as const
}

/** What stands behind the door. `server` listens nowhere: Socket.IO attaches to it, and gets what the door lets in. */
export interface Inside {
  server: Server
  request(request: IncomingMessage, response: ServerResponse): void
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void
}

/** `/mqtt` goes to the broker, `/socket.io/` to Socket.IO; nothing else upgrades. */
export function createInside(app: Express, broker: BrokerControl): Inside {
  const server = createServer(app)
  return {
    server,
    request: (request, response) => void server.emit('request', request, response),
    upgrade(request, socket, head) {
      const path = pathOf(request)
      if (path.startsWith('/socket.io/')) return void server.emit('upgrade', request, socket, head)
      if (path !== '/mqtt') return refuseUpgrade(socket, new Refusal('not-found', `Nothing at ${path} upgrades.`))
      // Another site's page in a browser inside the city's network; devices and programs send no Origin.
      if (!isSameOrigin(request)) return refuseUpgrade(socket, new Refusal('cross-site'))
      socket.setTimeout(0)
      // The broker's doorkeeper counts it from here on.
      clientOf(request).handOver()
      broker.upgrade(request, socket, head)
    },
  }
}

import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { createWebSocketStream, WebSocketServer } from 'ws'
import type { BrokerStatus, ManualMessage } from '../contract/ports/control.ts'
import type { SignInsSeen } from '../contract/ports/credentials.ts'
import type { SignIns } from './auth/sign-ins.ts'
import type { Accept } from './connections.ts'
import type { ConnectionLimiter } from './inbound/connection-limiter.ts'

export interface ControlParts {
  socketPath: string
  status: () => BrokerStatus
  signIns: SignIns
  connectionLimiter: ConnectionLimiter
  accept: Accept
  /** Puts an entry into the journal that says nothing; calls back once it is on disk, or with why it will not be. */
  canary: (done: (error?: Error) => void) => void
  /** The same for a reading by hand. */
  enter: (reading: ManualMessage, done: (error?: Error) => void) => void
}

/** The api's way to the broker: `GET /status` and `/sign-ins`, `POST /canary` and `/manual`, and WebSockets from the HTTP port. */
export async function openControl(parts: ControlParts): Promise<Server> {
  const { socketPath, status, signIns, connectionLimiter, accept, canary, enter } = parts
  const control = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    if (request.method === 'POST' && pathname === '/canary')
      return canary((error) => void response.writeHead(error === undefined ? 204 : 503).end(error?.message))
    if (request.method === 'POST' && pathname === '/manual') return void takeManual(request, response, enter)
    const answer = { '/status': status, '/sign-ins': () => signIns.report(seenIn(searchParams)) }[pathname]
    if (answer === undefined) return void response.writeHead(404).end()
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer()))
  })
  const sockets = new WebSocketServer({
    noServer: true,
    // [MQTT-6.0.0-3], [MQTT-6.0.0-4]: the subprotocol is "mqtt".
    handleProtocols: (protocols) => (protocols.has('mqtt') ? 'mqtt' : false),
    maxPayload: 512 * 1024,
    perMessageDeflate: false,
  })
  // Between the request and the WebSocket nobody else listens: a reset there ends that connection only.
  control.on('connection', (socket) => socket.on('error', () => socket.destroy()))
  control.on('upgrade', (request, socket, head) => {
    const visit = connectionLimiter.admit(socket, addressOf(request))
    if (visit === undefined) return
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const stream = createWebSocketStream(webSocket)
      // [MQTT-6.0.0-1]: binary frames only. Heard before the stream hears of it.
      webSocket.prependListener('message', (_data, isBinary) => {
        if (!isBinary) stream.destroy()
      })
      accept(stream, visit, request)
    })
  })
  rmSync(socketPath, { force: true })
  control.listen(socketPath)
  await once(control, 'listening')
  return control
}

/** What the api says: behind its socket all connections look the same. */
function addressOf({ headers }: IncomingMessage): string {
  const forwarded = headers['x-forwarded-for']
  return typeof forwarded === 'string' ? forwarded : ''
}

function seenIn(query: URLSearchParams): SignInsSeen | undefined {
  const boot = query.get('boot')
  return boot === null ? undefined : { boot, upTo: Number(query.get('upTo')) }
}

async function takeManual(
  request: IncomingMessage,
  response: ServerResponse,
  enter: ControlParts['enter'],
): Promise<void> {
  try {
    // The api wrote it, in this shape.
    const reading = (await json(request)) as ManualMessage
    enter(reading, (error) => void response.writeHead(error === undefined ? 204 : 503).end(error?.message))
  } catch {
    // The api went away in the middle of its words.
    response.writeHead(400).end()
  }
}

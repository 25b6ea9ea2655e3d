import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createWebSocketStream, WebSocketServer } from 'ws'
import type { BrokerStatus, CommandMessage, ManualMessage } from '../contract/ports/control.ts'
import type { SignInsSeen } from '../contract/ports/credentials.ts'
import type { SignIns } from './auth/sign-ins.ts'
import type { CommandSender } from './commands/command-sender.ts'
import type { Accept } from './connections.ts'
import type { ConnectionLimiter } from './inbound/connection-limiter.ts'

export interface ControlParts {
  socketPath: string
  status: () => BrokerStatus
  signIns: SignIns
  commands: CommandSender
  connectionLimiter: ConnectionLimiter
  accept: Accept
  /** Puts an entry into the journal that says nothing; calls back once it is on disk, or with why it will not be. */
  canary: (done: (error?: Error) => void) => void
  /** The same for a reading by hand. */
  enter: (reading: ManualMessage, done: (error?: Error) => void) => void
}

/**
 * The api's way to the broker: `GET /status` and `/sign-ins`, `POST /canary`, `/manual`, `/commands` and `/commands/listening`, and
 * WebSockets from the HTTP port.
 */
export async function openControl(parts: ControlParts): Promise<Server> {
  const { socketPath, status, signIns, commands, connectionLimiter, accept, canary, enter } = parts
  const gets: Record<string, (query: URLSearchParams) => unknown> = {
    '/status': status,
    '/sign-ins': (query) => signIns.report(seenIn(query)),
  }
  /** With a body that our own api wrote, in this shape, or none. */
  const posts: Record<string, (body: unknown) => unknown> = {
    '/canary': () => settled(canary),
    '/manual': (reading) => settled((done) => enter(reading as ManualMessage, done)),
    '/commands': (command) => commands.deliver(command as CommandMessage),
    '/commands/listening': (deviceIds) => commands.listening(deviceIds as string[]),
  }
  const control = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const { [pathname]: get } = request.method === 'GET' ? gets : {}
    const { [pathname]: post } = request.method === 'POST' ? posts : {}
    if (get !== undefined) answer(response, get(searchParams))
    else if (post !== undefined) void answerPost(request, response, post)
    else response.writeHead(404).end()
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

/** Most bytes of a body: ids of all open commands' devices. */
const maxBodyBytes = 512 * 1024

function settled(work: (done: (error?: Error) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => work((error) => (error === undefined ? resolve() : reject(error))))
}

function answer(response: ServerResponse, said: unknown): void {
  if (said === undefined) return void response.writeHead(204).end()
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(said))
}

/** `undefined`: it is none of ours, or its sender went away in the middle. */
async function bodyOf(request: IncomingMessage): Promise<{ body: unknown } | undefined> {
  try {
    const parts: Buffer[] = []
    let bytes = 0
    for await (const part of request) {
      bytes += part.length
      if (bytes > maxBodyBytes) return undefined
      parts.push(part)
    }
    return { body: bytes === 0 ? undefined : JSON.parse(Buffer.concat(parts).toString()) }
  } catch {
    return undefined
  }
}

async function answerPost(
  request: IncomingMessage,
  response: ServerResponse,
  post: (body: unknown) => unknown,
): Promise<void> {
  const sent = await bodyOf(request)
  if (sent === undefined) return void response.writeHead(400).end()
  try {
    answer(response, await post(sent.body))
  } catch (error) {
    response.writeHead(503).end(error instanceof Error ? error.message : String(error))
  }
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

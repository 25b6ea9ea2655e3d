import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { type DoorParts, type DoorRefusal, type HttpLimits, openDoor } from '../../../../api/http/door/door.ts'
import { createHostList } from '../../../../api/http/door/hosts.ts'
import { createTrustedProxies } from '../../../../api/http/door/proxies.ts'
import { createHttpServer } from '../../../../api/http/http-server.ts'

const roomy: HttpLimits = { connections: 1000, connectionsPerAddress: 500, requestsPerS: 1000, requestBurst: 10_000 }

export interface DoorOptions {
  limits?: Partial<HttpLimits>
  request: DoorParts['inside']['request']
  upgrade?: DoorParts['inside']['upgrade']
  trusted?: string[]
}

/** The door on a real server, with this behind it. */
export async function startDoor({ limits, request, upgrade, trusted = [] }: DoorOptions) {
  const refused: DoorRefusal[] = []
  const server = createHttpServer(undefined)
  const door = openDoor({
    server,
    limits: { ...roomy, ...limits },
    proxies: createTrustedProxies(trusted),
    hosts: createHostList({ names: [] }),
    inside: { request, upgrade: upgrade ?? ((_request, socket) => void socket.destroy()) },
    refused: (reason) => void refused.push(reason),
    log: pino({ level: 'silent' }),
    now: Date.now,
  })
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve))
  onTestFinished(() => {
    door.close()
    server.close()
  })
  // A server that listens on a port has an address object.
  const { port } = server.address() as AddressInfo
  return { port, refused, server }
}

/** A raw connection that keeps what it got. */
export function dial(port: number): { socket: Socket; got: () => string; closed: Promise<void> } {
  let text = ''
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
  })
  socket.on('error', () => undefined)
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  return { socket, got: () => text, closed }
}

export const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`

export async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

export function echo(request: IncomingMessage, response: ServerResponse): void {
  response.end(request.url)
}

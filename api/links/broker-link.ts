import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import type { BrokerControl, BrokerStatus, CommandDelivery } from '../../contract/ports/control.ts'
import type { SignInReport } from '../../contract/ports/credentials.ts'
import { clientAddress } from '../http/client.ts'
import { ask } from './ingest-link.ts'

/** A person waits rather for a slow disk than to enter it again. */
const enterWithinMs = 6000

/** The broker over its local socket: how it is, and MQTT over WebSocket that came in on the HTTP port. */
export function connectBroker(socketPath: string): BrokerControl {
  return {
    status: () => told<BrokerStatus>(socketPath, '/status'),
    signIns(seen) {
      const query = seen === undefined ? '' : `?boot=${encodeURIComponent(seen.boot)}&upTo=${seen.upTo}`
      return told<SignInReport>(socketPath, `/sign-ins${query}`)
    },
    async canary() {
      const { status, body } = await ask({ socketPath, path: '/canary', method: 'POST' })
      if (status !== 204) throw new Error(`the broker did not take the canary: ${body}`)
    },
    async listening(deviceIds) {
      if (deviceIds.length === 0) return []
      try {
        return await posted<string[]>({ socketPath, path: '/commands/listening', body: deviceIds })
      } catch {
        return []
      }
    },
    async deliver(command) {
      try {
        return await posted<CommandDelivery>({
          socketPath,
          path: '/commands',
          body: command,
          timeout: deliveredWithinMs,
        })
      } catch {
        return 'unanswered'
      }
    },
    async enter(reading) {
      const sent = { body: JSON.stringify(reading), timeout: enterWithinMs }
      const { status, body } = await ask({ socketPath, path: '/manual', method: 'POST', ...sent })
      if (status !== 204) throw new Error(`the broker did not take the reading: ${body}`)
    },
    // The arguments are those of Node's `upgrade` event; the port keeps Node's types out of contract/.
    upgrade: (request, socket, head) =>
      passOn(socketPath, request as IncomingMessage, socket as Duplex, head as Buffer),
  }
}

/** The broker waits 10 s for a device, and is given a little more. */
const deliveredWithinMs = 15_000

async function posted<T>({
  body,
  ...to
}: Omit<Parameters<typeof ask>[0], 'method' | 'body'> & { body: unknown }): Promise<T> {
  const { status, body: answer } = await ask({ ...to, method: 'POST', body: JSON.stringify(body) })
  if (status !== 200) throw new Error(`the broker answered ${status}`)
  // Our own process wrote it, in this shape.
  return JSON.parse(answer) as T
}

async function told<T>(socketPath: string, path: string): Promise<T | undefined> {
  try {
    const { body } = await ask({ socketPath, path, method: 'GET' })
    // Our own process wrote it, in this shape.
    return JSON.parse(body) as T
  } catch {
    return undefined
  }
}

/** Repeats the request to the broker and joins the two sockets; from then on this process only carries bytes. */
function passOn(socketPath: string, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const upstream = connect(socketPath)
  const end = () => {
    upstream.destroy()
    socket.destroy()
  }
  upstream.on('error', end)
  socket.on('error', end)
  upstream.on('close', () => socket.destroy())
  socket.on('close', () => upstream.destroy())
  upstream.on('connect', () => {
    upstream.write(requestHead(request))
    if (head.length > 0) upstream.write(head)
    upstream.pipe(socket)
    socket.pipe(upstream)
  })
}

function requestHead(request: IncomingMessage): string {
  const { method, url, rawHeaders } = request
  const lines = [`${method ?? 'GET'} ${url ?? '/'} HTTP/1.1`]
  for (let index = 0; index < rawHeaders.length; index += 2) {
    // Whoever connects cannot name his own address; only this hop does.
    if (rawHeaders[index]?.toLowerCase() === 'x-forwarded-for') continue
    lines.push(`${rawHeaders[index]}: ${rawHeaders[index + 1]}`)
  }
  lines.push(`X-Forwarded-For: ${clientAddress(request)}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}

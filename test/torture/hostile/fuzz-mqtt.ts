import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import WebSocket, { createWebSocketStream } from 'ws'
import { createRandom } from '../../../firmware-sim/random.ts'
import type { TestDevice } from '../../support/system/whole-system.ts'
import { type HonestFigures, startHonest } from './honest-observer.ts'
import { createPacketMaker } from './mqtt-mutations.ts'

export interface FuzzOrder {
  host: string
  port: number
  /** Every third hostile connection and one of the honest ones go over it. */
  webSocketUrl?: string | undefined
  seed: number
  packets: number
  /** Registered devices whose keys the hostile side has; at least one. */
  hostile: readonly TestDevice[]
  /** Two registered devices of the honest side. */
  honest: readonly TestDevice[]
  log?: (line: string) => void
}

export interface FuzzResult extends HonestFigures {
  packets: number
  connections: number
}

const slots = 24
/** Most packets of one connection; the first that is wrong ends it anyway. */
const maxPackets = 200
/** How long a connection may live after its last packet. */
const lingerMs = 20

/** Hostile connections beside honest devices, over TCP and WebSocket, until so many packets were sent. */
export async function fuzzBroker(order: FuzzOrder): Promise<FuzzResult> {
  const { seed, hostile, log = () => undefined } = order
  const open = (n: number) => openStream(order, n % 3 === 2)
  const honest = await Promise.all(
    order.honest.map((device, n) => startHonest({ device, open: () => openStream(order, n % 2 === 1) })),
  )
  const done = { packets: 0, connections: 0 }

  async function attack(slot: number): Promise<void> {
    const random = createRandom(seed, 'fuzz', String(slot))
    for (let round = 0; done.packets < order.packets; round += 1) {
      const device = hostile[(slot + round * slots) % hostile.length]
      if (device === undefined) throw new Error('the hostile side needs a device')
      const maker = createPacketMaker(random, device)
      const bytes = [maker.first()]
      for (let left = Math.floor(random() * maxPackets); left > 0; left -= 1) bytes.push(maker.next())
      done.packets += bytes.length
      done.connections += 1
      await speak(await open(slot + round), bytes, random() < 0.2)
      if (slot === 0 && round % 50 === 0) log(`${done.packets} of ${order.packets} packets`)
    }
  }

  await Promise.all(Array.from({ length: slots }, (_none, slot) => attack(slot)))
  const figures = await Promise.all(honest.map((observer) => observer.stop()))
  return {
    ...done,
    acknowledged: figures.reduce((sum, one) => sum + one.acknowledged, 0),
    hangs: figures.reduce((sum, one) => sum + one.hangs, 0),
    breaks: figures.reduce((sum, one) => sum + one.breaks, 0),
    slowestMs: Math.max(...figures.map(({ slowestMs }) => slowestMs)),
  }
}

async function openStream({ host, port, webSocketUrl }: FuzzOrder, overWebSocket: boolean): Promise<Duplex> {
  if (overWebSocket && webSocketUrl !== undefined) {
    const webSocket = new WebSocket(webSocketUrl, ['mqtt'])
    webSocket.on('error', () => undefined)
    const stream = createWebSocketStream(webSocket)
    stream.on('error', () => undefined)
    await Promise.race([once(webSocket, 'open'), once(webSocket, 'close')])
    return stream
  }
  const socket = connectTcp({ host, port, noDelay: true })
  socket.on('error', () => undefined)
  await Promise.race([once(socket, 'connect').catch(() => undefined), sleep(5000, undefined, { ref: false })])
  return socket
}

/** Writes packets, all at once or in pieces that do not fit them, and leaves soon after. */
async function speak(stream: Duplex, packets: readonly Buffer[], inPieces: boolean): Promise<void> {
  stream.resume()
  const closed = new Promise<void>((resolve) => stream.once('close', resolve))
  const bytes = Buffer.concat(packets)
  const size = inPieces ? 97 : bytes.length
  for (let at = 0; at < bytes.length && !stream.destroyed; at += size) stream.write(bytes.subarray(at, at + size))
  await Promise.race([closed, sleep(lingerMs)])
  stream.destroy()
}

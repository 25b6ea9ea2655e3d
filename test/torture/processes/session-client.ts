import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import mqttPacket, { type Packet } from 'mqtt-packet'

/** A client of MQTT that keeps its session and does nothing by itself. */
export interface SessionClient {
  /** Session present, as CONNACK said. */
  present: boolean
  send(...packets: Packet[]): void
  /** The next packet that came and was not taken; rejects when the connection ends first. */
  next(): Promise<Packet>
  /** Also when the other side is long gone. */
  end(): void
}

const startsWithinMs = 30_000

/** Tries until the broker is there. */
export async function openSession(port: number, { id, key }: { id: string; key: string }): Promise<SessionClient> {
  const giveUpMs = performance.now() + startsWithinMs
  for (;;) {
    const opened = await tryOpen(port, id, key).catch(() => undefined)
    if (opened !== undefined) return opened
    if (performance.now() > giveUpMs) throw new Error('the broker did not come back in 30 s')
    await sleep(10)
  }
}

async function tryOpen(port: number, id: string, key: string): Promise<SessionClient | undefined> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  const client = clientOn(socket)
  await once(socket, 'connect')
  const hello = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: false, keepalive: 60 } as const
  client.send({ ...hello, clientId: id, username: id, password: Buffer.from(key) })
  const connack = await client.next()
  if (connack.cmd !== 'connack' || connack.returnCode !== 0) {
    client.end()
    return undefined
  }
  client.present = connack.sessionPresent
  return client
}

function clientOn(socket: Socket): SessionClient {
  const parser = mqttPacket.parser({ protocolVersion: 4 })
  const come: Packet[] = []
  let waiting: PromiseWithResolvers<Packet> | undefined
  let ended = false
  parser.on('packet', (packet) => {
    if (waiting === undefined) return void come.push(packet)
    waiting.resolve(packet)
    waiting = undefined
  })
  socket.on('data', (bytes) => void parser.parse(bytes))
  socket.on('error', () => undefined)
  socket.once('close', () => {
    ended = true
    waiting?.reject(new Error('the connection has ended'))
  })
  return {
    present: false,
    send(...packets) {
      if (!socket.destroyed) socket.write(Buffer.concat(packets.map((packet) => mqttPacket.generate(packet))))
    },
    next() {
      const packet = come.shift()
      if (packet !== undefined) return Promise.resolve(packet)
      if (ended) return Promise.reject(new Error('the connection has ended'))
      waiting = Promise.withResolvers()
      return waiting.promise
    },
    end: () => void socket.destroy(),
  }
}

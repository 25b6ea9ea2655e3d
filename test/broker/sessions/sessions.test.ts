import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { generate } from 'mqtt-packet'
import { expect, onTestFinished, test, vi } from 'vitest'
import type {} from '../../../contract/ports/journal.ts'
import { type Door, openDoor } from '../../support/broker/door.ts'
import { journalOf, statusOf } from '../../support/broker/door-facts.ts'

const bus = 'binjai/v1/bus/bus-07'
const will = { topic: `${bus}/status`, payload: Buffer.from('offline'), qos: 1, retain: true } as const

/** What the journal tells of the bus: its connections with their reasons, and its status messages. */
function told(door: Door): string[] {
  return journalOf(door)
    .filter(({ principal }) => principal === 'bus-07')
    .map(({ type, payload }) => {
      const text = Buffer.from(payload).toString()
      if (type === 'message') return text
      const { event, reason } = JSON.parse(text)
      return reason === undefined ? event : `${event}: ${reason}`
    })
}

const connected = async (door: Door) => (await statusOf(door)).connected

/** A socket of its own, so that a test may vanish or stop reading at any moment. */
async function openSocket({ port }: Door): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

function connectPacket(key: string, clientId: string): Buffer {
  const packet = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, keepalive: 60 } as const
  return generate({ ...packet, clientId, username: 'bus-07', password: Buffer.from(key), will })
}

test('a device that comes back under another client id ends its older connection, whose Will comes first', async () => {
  const door = await openDoor({ ingest: false })
  const key = await door.register('bus-07', 'trans-binjai-bus')
  await door.connect('bus-07', key, { will, clientId: 'before-the-reboot' })
  const newer = await door.connect('bus-07', key, { will, clientId: 'after-the-reboot' })
  await expect.poll(() => connected(door)).toBe(1)
  await newer.publishAsync(`${bus}/telemetry`, '{"speed_kmh":1}', { qos: 1 })
  expect(told(door)).toEqual(['connected', 'offline', 'disconnected: taken-over', 'connected', '{"speed_kmh":1}'])
})

test('[MQTT-3.1.2-8] the Will of a connection that is taken over is told once, and the new one has the last word', async () => {
  const door = await openDoor({ ingest: false })
  const key = await door.register('bus-07', 'trans-binjai-bus')
  await door.connect('bus-07', key, { will, clientId: 'one' })
  const takenOver = ['offline', 'disconnected: taken-over', 'connected']
  const newer = await door.connect('bus-07', key, { will, clientId: 'one' })
  await expect.poll(() => told(door), { timeout: 5000 }).toEqual(['connected', ...takenOver])
  newer.stream.destroy()
  const lost = ['offline', 'disconnected: socket-closed']
  await expect.poll(() => told(door), { timeout: 5000 }).toEqual(['connected', ...takenOver, ...lost])
})

test('[MQTT-3.14.4-3] no Will is told of a client that said goodbye, also when another comes at once', async () => {
  const door = await openDoor({ ingest: false })
  const key = await door.register('bus-07', 'trans-binjai-bus')
  for (let round = 0; round < 20; round += 1) {
    const socket = await openSocket(door)
    socket.write(Buffer.concat([connectPacket(key, 'one'), generate({ cmd: 'disconnect' })]))
  }
  await expect.poll(() => connected(door), { timeout: 5000 }).toBe(0)
  await expect.poll(() => told(door).filter((text) => text.startsWith('disconnected')).length).toBeGreaterThan(0)
  expect(told(door)).not.toContain('offline')
})

test('a client that lost its network and comes back every few seconds gets its connection each time', async () => {
  const door = await openDoor({ ingest: false })
  const key = await door.register('bus-07', 'trans-binjai-bus')
  let laterMs = 0
  const clock = performance.now.bind(performance)
  const now = vi.spyOn(performance, 'now').mockImplementation(() => clock() + laterMs)
  onTestFinished(() => now.mockRestore())
  for (let round = 0; round < 12; round += 1) {
    const socket = await openSocket(door)
    socket.write(connectPacket(key, 'one'))
    const [connack]: Buffer[] = await once(socket, 'data')
    expect(connack).toEqual(Buffer.from([0x20, 2, 0, 0]))
    laterMs += 5000
  }
  expect(told(door).filter((text) => text.startsWith('duplicate'))).toEqual([])
})

test('our own end is not reported as the end of the devices', async () => {
  const door = await openDoor({ ingest: false })
  await door.connect('bus-07', await door.register('bus-07', 'trans-binjai-bus'), { will })
  await door.broker.close()
  expect(told(door)).toEqual(['connected', 'disconnected: broker-closed'])
})

test('connections that vanish while they are being accepted leave nothing behind', async () => {
  const door = await openDoor({ ingest: false })
  const key = await door.register('bus-07', 'trans-binjai-bus')
  for (let round = 0; round < 100; round += 1) {
    const socket = await openSocket(door)
    socket.write(connectPacket(key, `c${round}`))
    // At another moment of the handshake each time.
    for (let turns = round % 10; turns > 0; turns -= 1) await new Promise((resolve) => setImmediate(resolve))
    socket.destroy()
  }
  await expect.poll(() => connected(door), { timeout: 5000 }).toBe(0)
  const times = (event: string) => told(door).filter((text) => text.startsWith(event)).length
  await expect.poll(() => times('connected') - times('disconnected'), { timeout: 5000 }).toBe(0)
})

test('many connections of one client id at once end with one, and the end of that is told', async () => {
  const door = await openDoor({ ingest: false })
  const key = await door.register('bus-07', 'trans-binjai-bus')
  const subscribe = generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: `${bus}/command`, qos: 1 }] })
  for (let round = 0; round < 10; round += 1) {
    const sockets = await Promise.all(Array.from({ length: 10 }, () => openSocket(door)))
    for (const socket of sockets) socket.write(Buffer.concat([connectPacket(key, 'same'), subscribe]))
    await expect.poll(() => connected(door), { timeout: 5000 }).toBeGreaterThan(0)
    for (const socket of sockets) socket.destroy()
  }
  await expect.poll(() => connected(door), { timeout: 5000 }).toBe(0)
  await expect.poll(() => told(door).at(-1), { timeout: 5000 }).toMatch(/^disconnected/)
})

test('a client that sends and never reads is ended before its answers fill the memory', async () => {
  const door = await openDoor({
    ingest: false,
    limits: { messagesPerS: 1e9, messageBurst: 1e9, bytesPerS: 1e9, byteBurst: 1e9 },
  })
  const socket = await openSocket(door)
  socket.write(connectPacket(await door.register('bus-07', 'trans-binjai-bus'), 'deaf'))
  await once(socket, 'data')
  socket.pause()
  const pings = Buffer.alloc(64 * 1024)
  for (let at = 0; at < pings.length; at += 2) pings.set([0xc0, 0], at)
  const closed = new Promise((resolve) => socket.once('close', resolve))
  const flood = () => {
    while (!socket.destroyed && socket.write(pings));
  }
  socket.on('drain', flood)
  flood()
  await closed
  await expect.poll(() => connected(door)).toBe(0)
})

test('a key that was revoked while its device was connecting does not stay connected', async () => {
  const door = await openDoor({ ingest: false })
  const key = await door.register('bus-07', 'trans-binjai-bus')
  let connections = 0
  for (let round = 0; round < 20; round += 1) {
    const socket = await openSocket(door)
    socket.write(connectPacket(key, `c${round}`))
    connections += 1
  }
  await door.registry.devices.revoke('bus-07')
  expect(connections).toBe(20)
  await expect.poll(() => connected(door), { timeout: 2000 }).toBe(0)
})

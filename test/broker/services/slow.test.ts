import { once } from 'node:events'
import type { Socket } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { pino } from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createHookGuard } from '../../../broker/auth/hook-guard.ts'
import { createFrameCutter } from '../../../broker/inbound/frame-cutter.ts'
import { packetTypes } from '../../../broker/inbound/packet-check.ts'
import { createRefusals } from '../../../broker/inbound/refusals.ts'
import { createMessageQueue } from '../../../broker/services/message-queue.ts'
import { servePackets } from '../../../broker/services/packets.ts'
import { keysOf } from '../../../broker/services/patterns.ts'
import { publishFrame, writePacket } from '../../../broker/services/publish-frame.ts'
import { createSearch } from '../../../broker/services/search.ts'
import { type Door, openDoor } from '../../support/broker/door.ts'
import { refusedAt, statusOf } from '../../support/broker/door-facts.ts'
import { openSocket, sendAll, signIn } from '../../support/broker/raw-mqtt.ts'
import { makeToken, openService } from '../../support/broker/service.ts'
import { pingreq, publish, subscribe, unsubscribe } from '../conformance/bytes.ts'

/** So that a device may send as fast as it can. */
const fast = { bytesPerS: 1e9, byteBurst: 1e9, messagesPerS: 1e6, messageBurst: 1e6 }
const all = 'binjai/v1/+/+/telemetry'

/** A service that subscribes and then reads nothing any more. */
async function frozen(door: Door, name = 'beku', qos = 1): Promise<Socket> {
  const socket = await openSocket(door.port)
  expect(await signIn(socket, name, await makeToken(door, name, ['binjai/v1/#']))).toBe(0)
  socket.write(subscribe(1, [[all, qos]]))
  await once(socket, 'data')
  socket.removeAllListeners('data')
  socket.pause()
  return socket
}

async function sender(door: Door, id = 'bus-07'): Promise<Socket> {
  const socket = await openSocket(door.port)
  expect(await signIn(socket, id, await door.register(id, 'trans-binjai-bus'))).toBe(0)
  return socket
}

const servicesOf = async (door: Door) => (await statusOf(door)).services

test('one that reads nothing keeps its bound of memory, and what is dropped for it is counted; others miss nothing', {
  timeout: 60_000,
}, async () => {
  const serviceQueueBytes = 3 * 1024 * 1024
  const door = await openDoor({
    ingest: false,
    limits: { serviceQueueBytes, bytesPerS: 1e9, byteBurst: 1e9, messagesPerS: 1e6, messageBurst: 1e6 },
  })
  await frozen(door)
  const healthy = await openService(door, [all])
  await healthy.subscribe(all)
  const bus = await sender(door)
  const count = 6000
  // The system takes some megabytes for a socket that is not read.
  await sendAll(bus, 'bus-07', count, 4000)
  await expect.poll(() => healthy.heard.length, { timeout: 30_000 }).toBe(count)
  const { connections } = await servicesOf(door)
  const stuck = connections.find(({ name }) => name === 'beku')
  expect(stuck?.dropped).toBeGreaterThan(500)
  expect(stuck?.waitingBytes).toBeLessThanOrEqual(serviceQueueBytes)
  // Each was handed to its socket, waits, or was dropped.
  const waiting = Math.floor((stuck?.waitingBytes ?? 0) / (4000 + 300))
  const known = (stuck?.delivered ?? 0) + (stuck?.dropped ?? 0) + waiting
  expect(Math.abs(known - count)).toBeLessThan(count / 50)
  expect(connections.find(({ name }) => name === 'kota-lain')).toMatchObject({ dropped: 0, delivered: count })
  const texts = healthy.heard.map(({ text }) => JSON.parse(text).ts)
  expect(texts).toEqual([...texts].sort((a, b) => a - b))
})

test('a device is acknowledged as fast beside a frozen subscriber as without', { timeout: 60_000 }, async () => {
  const door = await openDoor({ ingest: false, limits: { serviceQueueBytes: 65_536 } })
  const bus = await sender(door)
  const timeOf = async () => (await Promise.all([sendAll(bus, 'bus-07', 400)]))[0]
  await timeOf()
  const before = Math.min(await timeOf(), await timeOf(), await timeOf())
  for (let n = 0; n < 5; n += 1) await frozen(door, `beku-${n}`)
  const beside = Math.min(await timeOf(), await timeOf(), await timeOf())
  // Not more than the disk differs; the scenario `subscribers` measures it.
  expect(beside).toBeLessThan(before * 3 + 150)
})

test('one that comes back hears the newest, with one gap behind it', { timeout: 60_000 }, async () => {
  const door = await openDoor({
    ingest: false,
    limits: { serviceQueueBytes: 128 * 1024, bytesPerS: 1e9, byteBurst: 1e9 },
  })
  const slow = await frozen(door, 'beku', 0)
  const bus = await sender(door)
  for (let round = 0; round < 6; round += 1) await sendAll(bus, 'bus-07', 500, 4000)
  await expect.poll(async () => (await servicesOf(door)).connections[0]?.dropped).toBeGreaterThan(0)
  let text = ''
  slow.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1')
  })
  await sendAll(bus, 'bus-07', 1)
  slow.resume()
  const times = () => [...text.matchAll(/"ts":(\d+)/g)].map(([, ts]) => Number(ts))
  await expect.poll(async () => (await servicesOf(door)).connections[0]?.waitingBytes, { timeout: 10_000 }).toBe(0)
  await expect.poll(() => text.length, { timeout: 5000 }).toBeGreaterThan(500_000)
  const heard = times()
  const newest = heard.slice(-20)
  // Of the last round, whose messages have a time each, none is missing at the end.
  expect(newest.every((ts, n) => n === 0 || ts >= (newest[n - 1] ?? 0))).toBe(true)
})

test('a service that asks and asks and never reads is cut off', { timeout: 30_000 }, async () => {
  const door = await openDoor({ ingest: false, limits: { serviceQueueBytes: 65_536, ...fast } })
  const socket = await frozen(door)
  const bus = await sender(door)
  // What the system holds for it is full then.
  for (let round = 0; round < 8; round += 1) await sendAll(bus, 'bus-07', 500, 4000)
  expect((await servicesOf(door)).connections[0]?.dropped).toBeGreaterThan(0)
  socket.write(Buffer.concat(Array.from({ length: 6000 }, () => pingreq)))
  await expect.poll(async () => (await servicesOf(door)).connections.length, { timeout: 10_000 }).toBe(0)
  expect(await refusedAt(door)).toEqual({ 'not-reading': 1 })
})

test('a flood of SUBSCRIBE and UNSUBSCRIBE does not keep devices waiting', { timeout: 30_000 }, async () => {
  const door = await openDoor({ ingest: false })
  const bus = await sender(door)
  await sendAll(bus, 'bus-07', 100)
  const socket = await openSocket(door.port)
  await signIn(socket, 'banjir', await makeToken(door, 'banjir', ['binjai/v1/#']))
  socket.on('data', () => undefined)
  const filters: [string, number][] = Array.from({ length: 60 }, (_none, n) => [`binjai/v1/+/bus-${n}/+`, 1])
  const pair = Buffer.concat([
    subscribe(1, filters),
    unsubscribe(
      2,
      filters.map(([filter]) => filter),
    ),
  ])
  const flood = setInterval(() => socket.writable && socket.writableLength < 1e6 && socket.write(pair), 1)
  const tookMs = await sendAll(bus, 'bus-07', 200)
  clearInterval(flood)
  expect(tookMs).toBeLessThan(2000)
})

/** Devices that left a message at their status topics. */
async function leave(door: Door, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const socket = await sender(door, `bus-1${n}`)
    socket.write(publish(`binjai/v1/bus/bus-1${n}/status`, { first: 0x33, payload: Buffer.from('online'), id: 1 }))
    await once(socket, 'data')
  }
}

test('one SUBSCRIBE of as many filters as fit, and a packet full of SUBSCRIBE, hold nobody up', {
  timeout: 60_000,
}, async () => {
  const door = await openDoor({ ingest: false })
  await leave(door, 50)
  const bus = await sender(door)
  await sendAll(bus, 'bus-07', 100)
  const socket = await openSocket(door.port)
  await signIn(socket, 'banjir', await makeToken(door, 'banjir', ['binjai/v1/#']))
  const others: [string, number][] = Array.from({ length: 60 }, (_none, n) => [`binjai/v1/+/cctv-${n}/+`, 1])
  socket.write(subscribe(3, others))
  await once(socket, 'data')
  const answered = once(socket, 'data')
  const delays = monitorEventLoopDelay({ resolution: 5 })
  delays.enable()
  const many: [string, number][] = Array.from({ length: 17_000 }, () => ['binjai/v1/#', 1])
  socket.write(subscribe(1, many))
  socket.write(Buffer.concat(Array.from({ length: 800 }, () => subscribe(2, [['binjai/v1/#', 1]]))))
  await answered
  await sendAll(bus, 'bus-07', 100)
  delays.disable()
  expect(delays.max / 1e6).toBeLessThan(500)
})

test('answers that are not read are bounded in bytes too', () => {
  let written = 0
  const conn = { write: (bytes: Buffer) => (written += bytes.length) }
  // Of a subscriber no more is needed to refuse all of a SUBSCRIBE.
  const subscriber = Object({ client: { conn }, patterns: new Map(), subscribe: () => undefined })
  const serve = servePackets({
    topicRoot: 'binjai/v1',
    subscriber,
    hub: { resubscribed: () => undefined },
    rateLimit: { spend: () => undefined, waitMs: () => 0 },
    subscribed: () => undefined,
    maxFilters: 64,
    owe: () => undefined,
    denied: () => undefined,
  })
  const many: [string, number][] = Array.from({ length: 50_000 }, () => ['a', 0])
  const found = Array.from({ length: 100 }, () => {
    const cutter = createFrameCutter(() => 256 * 1024)
    cutter.push(subscribe(2, many))
    expect(cutter.next()).toBe('frame')
    return serve(packetTypes.subscribe, cutter)
  })
  expect(found.at(-1)?.reason).toBe('not-reading')
  expect(written).toBeLessThan(512 * 1024)
})

test('whoever asks and asks has every device looked at once a while', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  let searches = 0
  const found: string[] = []
  const guard = createHookGuard({ refusals: createRefusals(Date.now), log: pino({ level: 'silent' }) })
  const search = createSearch<string>({
    guard,
    *over(askersOf) {
      searches += 1
      yield
      found.push(...askersOf(keysOf('bus/bus-07', 'status')))
    },
    found: () => undefined,
  })
  const ask = () => {
    for (let n = 0; n < 1000; n += 1) search.ask('satu', ['+/+/status'])
    search.ask('dua', ['cctv/+/+'])
  }
  ask()
  await expect.poll(() => found).toEqual(['satu'])
  ask()
  expect(searches).toBe(1)
  vi.advanceTimersByTime(100)
  await expect.poll(() => found).toEqual(['satu', 'satu'])
  expect(searches).toBe(2)
})

test('a service that vanishes with messages waiting leaves nothing behind, and they are counted', async () => {
  const door = await openDoor({ ingest: false, limits: { bytesPerS: 1e9, byteBurst: 1e9 } })
  const socket = await frozen(door)
  const bus = await sender(door)
  for (let round = 0; round < 4; round += 1) await sendAll(bus, 'bus-07', 500, 4000)
  await expect.poll(async () => (await servicesOf(door)).connections[0]?.waitingBytes).toBeGreaterThan(0)
  socket.resetAndDestroy()
  await expect.poll(async () => (await servicesOf(door)).connections).toEqual([])
  const [total] = (await servicesOf(door)).totals
  expect((total?.delivered ?? 0) + (total?.dropped ?? 0)).toBe(2000)
})

test('a queue drops its oldest past the limit, and a message that is too large by itself', () => {
  const queue = createMessageQueue()
  const delivery = (size: number) =>
    ({ frame: publishFrame('a', new Uint8Array(size), 1), qos: 1, retain: false }) as const
  for (let n = 0; n < 10; n += 1) expect(queue.push(delivery(1000 + n), 6000)).toBe(n < 4 ? 0 : 1)
  expect(queue.length).toBe(4)
  expect(queue.first()?.frame.bytes.length).toBe(1006 + 3)
  expect(queue.push(delivery(10_000), 6000)).toBe(5)
  expect([queue.length, queue.bytes]).toEqual([0, 0])
})

test.each([0, 1, 121, 122, 123, 200, 16_000, 16_380, 250_000])(
  'a packet with a payload of %i bytes is right',
  (size) => {
    const payload = Buffer.alloc(size, 'x')
    for (const qos of [0, 1] as const) {
      const target = Buffer.alloc(size + 100)
      const end = writePacket(target, 7, { frame: publishFrame('a/b', payload, 1), qos, retain: true }, 513)
      const due = publish('a/b', { first: 0x31 | (qos << 1), payload, ...(qos === 1 && { id: 513 }) })
      expect(target.subarray(7, end).equals(due)).toBe(true)
    }
  },
)

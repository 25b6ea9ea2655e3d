import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { type BrokerCore, startCore } from '../../broker/core.ts'
import { readConfig } from '../../config.ts'
import type { DeviceCredential } from '../../contract/ports.ts'
import { readingLimits } from '../../contract/reading.ts'
import { openJournalWriter } from '../../ingest/journal/writer.ts'
import { brokerLimits } from '../../limit-settings.ts'
import { busTopic, openSocket } from '../helpers/raw-mqtt.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { connack, connect, hex, puback, publish, subscribe } from './conformance/bytes.ts'

/** Messages of ours to devices. Nothing sends them yet, so the test does, through the broker's own Aedes. */

const limits = { ...brokerLimits(readConfig({}).settings), readingsPerMessage: readingLimits.readingsPerMessage }

interface Bench {
  core: BrokerCore
  port: number
  command(id: string, payload: string): Promise<void>
  /** Takes all keys back. */
  revokeAll(): void
}

async function startBench(): Promise<Bench> {
  let good = true
  let changed: () => void = () => undefined
  const core = await startCore({
    topicRoot: 'binjai/v1',
    limits,
    requireCertificate: false,
    journal: openJournalWriter({ dir: join(tempDir(), 'journal'), quotaBytes: 1e9 }),
    credentials: {
      verify: async (deviceId): Promise<DeviceCredential | undefined> =>
        good ? { deviceId, kind: 'bus', proof: 'key', revision: 1, since: 1 } : undefined,
      verifyCertificate: async () => 'unknown-device',
      judge: async (credentials) =>
        new Map(credentials.map((credential) => [credential, good ? 'good' : 'revoked'] as const)),
      watch(onChange) {
        changed = onChange
        return () => undefined
      },
    },
    log: pino({ level: 'silent' }),
  })
  const server = createServer({ allowHalfOpen: true }, (socket) =>
    core.accept(socket, { address: '127.0.0.1', settle: () => undefined }),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.close()
    await core.close()
  })
  const address = server.address()
  return {
    core,
    port: typeof address === 'object' && address !== null ? address.port : 0,
    command: (id, payload) =>
      new Promise((resolve) => {
        const packet = {
          cmd: 'publish',
          topic: busTopic(id, 'command'),
          payload,
          qos: 1,
          retain: false,
          dup: false,
        } as const
        core.aedes.publish(packet, () => resolve())
      }),
    revokeAll() {
      good = false
      changed()
    },
  }
}

/** A device that keeps its session; collects what comes. */
async function device({ port }: Bench, id: string, { clean = false } = {}) {
  const socket = await openSocket(port)
  const wire = { socket, come: Buffer.alloc(0) }
  socket.on('data', (bytes: Buffer) => {
    wire.come = Buffer.concat([wire.come, bytes])
  })
  socket.write(connect({ clientId: id, userName: id, password: 'x', clean }))
  await expect.poll(() => wire.come.length).toBeGreaterThanOrEqual(4)
  return wire
}

const subscribed = (id: string) => subscribe(1, [[busTopic(id, 'command'), 1]])

/** First byte, packet identifier and payload of each PUBLISH in these bytes, which hold nothing else. */
function messages(bytes: Buffer, id: string): { first: number; messageId: number; payload: string }[] {
  const found: { first: number; messageId: number; payload: string }[] = []
  const topicBytes = 2 + busTopic(id, 'command').length
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt8(at + 1)
    const body = bytes.subarray(at + 2, at + 2 + length)
    const payload = body.subarray(topicBytes + 2).toString()
    found.push({ first: bytes.readUInt8(at), messageId: body.readUInt16BE(topicBytes), payload })
    at += 2 + length
  }
  return found
}

test('a command waits for a device that is away, and its subscription with it', async () => {
  const bench = await startBench()
  const before = await device(bench, 'bus-1')
  before.socket.write(subscribed('bus-1'))
  await expect.poll(() => before.come.length).toBe(9)
  before.socket.destroy()
  await expect.poll(() => bench.core.sessions.size).toBe(0)
  for (const payload of ['one', 'two', 'three']) await bench.command('bus-1', payload)
  const after = await device(bench, 'bus-1')
  await expect
    .poll(() => messages(after.come.subarray(4), 'bus-1').map(({ payload }) => payload))
    .toEqual(['one', 'two', 'three'])
  expect(after.come.subarray(0, 4)).toEqual(connack(0, 1))
  await bench.command('bus-1', 'four')
  await expect.poll(() => messages(after.come.subarray(4), 'bus-1').at(-1)?.payload).toBe('four')
  expect(bench.core.refusals.totals()).toEqual({})
})

test('[MQTT-3.3.1-1] [MQTT-4.4.0-1] what was not acknowledged is sent again, with DUP and the same identifier', async () => {
  const bench = await startBench()
  const before = await device(bench, 'bus-1')
  before.socket.write(subscribed('bus-1'))
  await expect.poll(() => before.come.length).toBe(9)
  await bench.command('bus-1', 'one')
  await bench.command('bus-1', 'two')
  await expect.poll(() => messages(before.come.subarray(9), 'bus-1').length).toBe(2)
  const [one, two] = messages(before.come.subarray(9), 'bus-1')
  expect([one?.first, two?.first]).toEqual([0x32, 0x32])
  before.socket.write(puback(one?.messageId ?? 0))
  before.socket.end()
  await once(before.socket, 'close')
  const after = await device(bench, 'bus-1')
  await expect.poll(() => messages(after.come.subarray(4), 'bus-1')).toEqual([{ ...two, first: 0x3a }])
})

test('no more than 100 commands wait; the oldest go, and are counted', async () => {
  const bench = await startBench()
  const before = await device(bench, 'bus-1')
  before.socket.write(subscribed('bus-1'))
  await expect.poll(() => before.come.length).toBe(9)
  before.socket.destroy()
  await expect.poll(() => bench.core.sessions.size).toBe(0)
  for (let index = 0; index < 150; index += 1) await bench.command('bus-1', `no ${index}`)
  expect(bench.core.refusals.totals()).toEqual({ 'queue-full': 50 })
  const after = await device(bench, 'bus-1')
  await expect.poll(() => messages(after.come.subarray(4), 'bus-1').length).toBe(100)
  expect(messages(after.come.subarray(4), 'bus-1')[0]?.payload).toBe('no 50')
  // 256 KiB: of these the last two fit.
  after.socket.destroy()
  await expect.poll(() => bench.core.sessions.size).toBe(0)
  for (let index = 0; index < 4; index += 1) await bench.command('bus-1', 'x'.repeat(100_000))
  expect(bench.core.refusals.totals()['queue-full']).toBe(50 + 100 + 2)
})

test('nothing is kept of a device whose key was taken back', async () => {
  const bench = await startBench()
  const before = await device(bench, 'bus-1')
  before.socket.write(
    Buffer.concat([subscribed('bus-1'), publish(busTopic('bus-1', 'status'), { first: 0x31, payload: 'online' })]),
  )
  await expect.poll(() => before.come.length).toBe(9)
  before.socket.destroy()
  await expect.poll(() => bench.core.sessions.size).toBe(0)
  bench.revokeAll()
  await expect.poll(() => bench.core.keptDevices()).toEqual([])
})

test('one subscriber that reads nothing delays no message of another', async () => {
  const bench = await startBench()
  const frozen = await device(bench, 'bus-1', { clean: true })
  frozen.socket.write(subscribed('bus-1'))
  await expect.poll(() => frozen.come.length).toBe(9)
  frozen.socket.pause()
  const healthy = await device(bench, 'bus-2', { clean: true })
  healthy.socket.write(subscribed('bus-2'))
  await expect.poll(() => healthy.come.length).toBe(9)
  const payload = 'x'.repeat(100_000)
  let slowestMs = 0
  for (let round = 0; round < 200; round += 1) {
    void bench.command('bus-1', payload)
    const seen = healthy.come.length
    const sentMs = performance.now()
    await bench.command('bus-2', `no ${round}`)
    await expect.poll(() => healthy.come.length, { interval: 1 }).toBeGreaterThan(seen)
    slowestMs = Math.max(slowestMs, performance.now() - sentMs)
  }
  expect(slowestMs).toBeLessThan(1000)
  await expect.poll(() => bench.core.refusals.totals()['not-reading']).toBe(1)
})

test('a message that is on the wire keeps the bytes it had', async () => {
  const bench = await startBench()
  const wire = await device(bench, 'bus-1', { clean: true })
  wire.socket.write(Buffer.concat([subscribed('bus-1'), hex('c0 00')]))
  await expect.poll(() => wire.come.length).toBe(11)
  await bench.command('bus-1', 'ä€😀')
  await expect.poll(() => messages(wire.come.subarray(11), 'bus-1')[0]?.payload).toBe('ä€😀')
})

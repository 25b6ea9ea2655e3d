import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createOutgoing, maxWaitingBytes, type Queued } from '../../../broker/sessions/outgoing.ts'
import {
  afterKill,
  type Bench,
  device,
  listenTo,
  packetsOf,
  startBench,
  type Wire,
} from '../../support/broker/command-bench.ts'
import { busTopic } from '../../support/broker/raw-mqtt.ts'
import { disconnect, puback, pubcomp, publish, pubrec, subscribe, unsuback, unsubscribe } from '../conformance/bytes.ts'

/** What outlives the broker's process. */

async function leave({ socket }: Wire, bench: Bench): Promise<void> {
  socket.write(disconnect)
  await once(socket, 'close')
  await expect.poll(() => bench.core.sessions.size).toBe(0)
}

/** A device of this id that listens to its commands in a kept session, and is away. */
async function kept(bench: Bench, id = 'bus-1', qos = 2): Promise<void> {
  const wire = await device(bench, id)
  await listenTo(wire, id, qos)
  await leave(wire, bench)
}

const fileOf = (dir: string) => join(dir, 'broker', 'sessions.db')

test('a session, its subscription and what waits in it are there after the broker was killed', async () => {
  const bench = await startBench()
  await kept(bench)
  for (const payload of ['one', 'two', 'three']) await bench.command('bus-1', payload, payload === 'two' ? 2 : 1)
  const again = await afterKill(bench)
  const wire = await device(again, 'bus-1')
  expect(wire.present).toBe(true)
  const come = () => packetsOf(wire.come, 'bus-1').map(({ first, payload }) => [first, payload])
  const waited = [
    [0x32, 'one'],
    [0x34, 'two'],
    [0x32, 'three'],
  ]
  await expect.poll(come).toEqual(waited)
  await again.command('bus-1', 'four')
  await expect.poll(come).toEqual([...waited, [0x32, 'four']])
})

test('[MQTT-4.4.0-1] what was under way goes on under its number after the broker was killed', async () => {
  const bench = await startBench()
  const before = await device(bench, 'bus-1')
  await listenTo(before, 'bus-1', 2)
  for (const qos of [1, 2, 2, 1, 2] as const) await bench.command('bus-1', `QoS ${qos}`, qos)
  const sent = () => packetsOf(before.come.subarray(5), 'bus-1')
  await expect.poll(() => sent().length).toBe(5)
  const [first, second, third, fourth, fifth] = sent().map(({ messageId }) => messageId)
  // The first is done with, the second waits for PUBCOMP, the fifth has come to its end.
  before.socket.write(Buffer.concat([puback(first ?? 0), pubrec(second ?? 0), pubrec(fifth ?? 0)]))
  await expect.poll(() => sent().length).toBe(7)
  before.socket.write(pubcomp(fifth ?? 0))
  await leave(before, bench)
  // Its SUBACK waits for all that was written before it; what a device is done with is written without being waited for.
  await kept(bench, 'bus-2')
  const again = await afterKill(bench)
  const after = await device(again, 'bus-1')
  await expect
    .poll(() => packetsOf(after.come, 'bus-1'))
    .toEqual([
      { first: 0x62, messageId: second, payload: '' },
      { first: 0x3c, messageId: third, payload: 'QoS 2' },
      { first: 0x3a, messageId: fourth, payload: 'QoS 1' },
    ])
  await again.command('bus-1', 'new')
  await expect.poll(() => packetsOf(after.come, 'bus-1').length).toBe(4)
  expect([second, third, fourth]).not.toContain(packetsOf(after.come, 'bus-1')[3]?.messageId)
})

test('a clean session ends the one that was kept, also for a broker that was killed behind its CONNACK', async () => {
  const bench = await startBench()
  await kept(bench)
  await bench.command('bus-1', 'waits')
  await device(bench, 'bus-1', { clean: true })
  const again = await afterKill(bench)
  expect(again.core.keptDevices()).toEqual([])
  const wire = await device(again, 'bus-1')
  expect(wire.present).toBe(false)
})

test('another client id has another session, and an UNSUBSCRIBE holds, after a kill too', async () => {
  const bench = await startBench()
  await kept(bench)
  const second = await device(bench, 'bus-2')
  await listenTo(second, 'bus-2')
  second.socket.write(unsubscribe(2, [busTopic('bus-2', 'command')]))
  await expect.poll(() => second.come.subarray(-4)).toEqual(unsuback(2))
  const again = await afterKill(bench)
  expect((await device(again, 'bus-1', { clientId: 'another' })).present).toBe(false)
  const wire = await device(again, 'bus-2')
  expect(wire.present).toBe(true)
  await again.command('bus-2', 'nobody hears')
  await listenTo(wire, 'bus-2')
  await again.command('bus-2', 'heard')
  await expect.poll(() => packetsOf(wire.come.subarray(5), 'bus-2').map(({ payload }) => payload)).toEqual(['heard'])
})

test('nothing is kept of a device whose key was taken back while the broker was away', async () => {
  const bench = await startBench()
  await kept(bench)
  const other = await device(bench, 'bus-2', { clean: true })
  other.socket.write(publish(busTopic('bus-2', 'status'), { first: 0x33, id: 1, payload: 'online' }))
  await expect.poll(() => other.come).toEqual(puback(1))
  await leave(other, bench)
  await bench.close()
  expect(new Set((await afterKill(bench)).core.keptDevices())).toEqual(new Set(['bus-1', 'bus-2']))
  const again = await afterKill(bench, { revoked: true })
  await expect.poll(() => again.core.keptDevices()).toEqual([])
  await again.close()
  expect((await afterKill(again)).core.keptDevices()).toEqual([])
})

test.each([
  ['is no database', (file: string) => writeFileSync(file, 'not what was written')],
  [
    'lost its beginning',
    (file: string) => writeFileSync(file, Buffer.concat([Buffer.alloc(100), readFileSync(file).subarray(100)])),
  ],
  ['was cut off', (file: string) => writeFileSync(file, readFileSync(file).subarray(0, 5000))],
])('a file that %s is put aside, and told; the broker starts with sessions that begin anew', async (_how, damage) => {
  const bench = await startBench()
  await kept(bench)
  await bench.close()
  const again = await afterKill(bench, { spoil: (dir) => damage(fileOf(dir)) })
  expect(again.core.refusals.totals()).toEqual({ 'sessions-damaged': 1 })
  expect(readdirSync(join(again.dir, 'broker')).some((name) => /^sessions\.db\.damaged-\d+$/.test(name))).toBe(true)
  await kept(again)
  expect((await device(await afterKill(again), 'bus-1')).present).toBe(true)
})

test('a command whose bytes changed on the disk is not sent; the others are', async () => {
  const bench = await startBench()
  await kept(bench)
  for (const payload of ['one', 'two', 'three']) await bench.command('bus-1', payload)
  const spoil = (dir: string) => {
    const db = new DatabaseSync(fileOf(dir))
    db.prepare("UPDATE kept SET form = replace(form, ?, 'AAAA') WHERE item = 'command/2'").run(
      Buffer.from('two').toString('base64'),
    )
    db.close()
  }
  const again = await afterKill(bench, { spoil })
  const wire = await device(again, 'bus-1')
  await expect.poll(() => packetsOf(wire.come, 'bus-1').map(({ payload }) => payload)).toEqual(['one', 'three'])
  expect(again.core.refusals.totals()).toEqual({ 'sessions-damaged': 1 })
})

test('of the filters that a device asks for only its own is kept, however many they are', async () => {
  const bench = await startBench()
  const wire = await device(bench, 'bus-1')
  const foreign = Array.from({ length: 5000 }, (_none, n): [string, number] => [`a/${n}`, 1])
  wire.socket.write(subscribe(1, [...foreign, [busTopic('bus-1', 'command'), 1], [busTopic('bus-2', 'command'), 1]]))
  await expect.poll(() => wire.come.length).toBeGreaterThan(5000)
  await bench.close()
  const db = new DatabaseSync(fileOf(bench.dir), { readOnly: true })
  const items = db.prepare('SELECT item FROM kept').all()
  db.close()
  expect(items).toEqual([{ item: 'session' }, { item: `subscription/${busTopic('bus-1', 'command')}` }])
})

test('a session that nobody used for a month is let go, one that was used yesterday is not', async () => {
  const bench = await startBench()
  await kept(bench, 'bus-1')
  await kept(bench, 'bus-2')
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const startMs = Date.now()
  vi.setSystemTime(startMs + 29 * 86_400_000)
  const later = await afterKill(bench)
  const wire = await device(later, 'bus-2')
  await leave(wire, later)
  await later.close()
  vi.setSystemTime(startMs + 31 * 86_400_000)
  expect((await afterKill(later)).core.keptDevices()).toEqual(['bus-2'])
})

test('what waits for all devices together is bounded; who adds to it gives up its own oldest', () => {
  const room = { bytes: 0 }
  const refused: string[] = []
  const limits = { queueMessages: 1e6, queueBytes: 1e12 }
  const queueOf = () =>
    createOutgoing(
      { limits, room, refused: (reason) => refused.push(reason), now: Date.now, keep: () => undefined },
      [],
    )
  const message = (payload: Buffer, brokerCounter: number): Queued => ({
    ...{ cmd: 'publish', brokerId: 'x', topic: 't', qos: 1, retain: false, dup: false },
    payload,
    brokerCounter,
  })
  const [one, two] = [queueOf(), queueOf()]
  const part = Buffer.alloc(maxWaitingBytes / 4)
  for (let n = 1; n <= 4; n += 1) (n === 1 ? one : two).enqueue(message(part, n), 1)
  expect([room.bytes, refused.length]).toEqual([maxWaitingBytes, 0])
  two.enqueue(message(part, 5), 1)
  expect(refused).toEqual(['queue-full'])
  expect([one, two].map((queue) => queue.list().map(({ brokerCounter }) => brokerCounter))).toEqual([[1], [3, 4, 5]])
  one.clear()
  two.clear()
  expect(room.bytes).toBe(0)
})

test('bytes of a command that is done with, or waits for PUBCOMP only, count no longer', async () => {
  const bench = await startBench()
  const wire = await device(bench, 'bus-1')
  await listenTo(wire, 'bus-1', 2)
  // 256 KiB may wait: without their release the last of these would push out the first.
  let seen = wire.come.length
  for (let round = 0; round < 10; round += 1) {
    await bench.command('bus-1', 'x'.repeat(100_000), 2)
    await expect.poll(() => wire.come.length).toBeGreaterThan(seen + 100_000)
    const at = wire.come.subarray(seen)
    wire.socket.write(pubrec(at.readUInt16BE(4 + 2 + busTopic('bus-1', 'command').length)))
    await expect.poll(() => wire.come.subarray(-4)[0]).toBe(0x62)
    seen = wire.come.length
  }
  expect(bench.core.refusals.totals()).toEqual({})
})

test('nothing is remembered of a device that was removed while it was away and had nothing kept', async () => {
  const bench = await startBench()
  for (const id of ['bus-1', 'bus-2']) await leave(await device(bench, id, { clean: true }), bench)
  expect(bench.core.keptDevices()).toEqual([])
  // Its pace: whoever comes back at once does not begin with a new allowance.
  expect(bench.core.rememberedDevices()).toEqual(['bus-1', 'bus-2'])
  bench.revokeAll()
  await expect.poll(() => bench.core.rememberedDevices()).toEqual([])
})

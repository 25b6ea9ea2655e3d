import { once } from 'node:events'
import { expect, test } from 'vitest'
import {
  afterKill,
  type Bench,
  device,
  listenTo,
  packetsOf,
  startBench,
  type Wire,
} from '../support/broker/command-bench.ts'
import { busTopic } from '../support/broker/raw-mqtt.ts'
import { pingreq, pingresp, puback, pubcomp, publish, pubrec, pubrel } from './conformance/bytes.ts'

async function hangUp({ socket }: Wire): Promise<void> {
  socket.end()
  await once(socket, 'close')
}

/** Messages of ours to devices, whatever is in them: the test sends them through the broker's own Aedes. */

test('a command waits for a device that is away, and its subscription with it', async () => {
  const bench = await startBench()
  const before = await device(bench, 'bus-1')
  await listenTo(before, 'bus-1')
  before.socket.destroy()
  await expect.poll(() => bench.core.sessions.size).toBe(0)
  for (const payload of ['one', 'two', 'three']) await bench.command('bus-1', payload)
  const after = await device(bench, 'bus-1')
  await expect.poll(() => packetsOf(after.come, 'bus-1').map(({ payload }) => payload)).toEqual(['one', 'two', 'three'])
  expect(after.present).toBe(true)
  await bench.command('bus-1', 'four')
  await expect.poll(() => packetsOf(after.come, 'bus-1').at(-1)?.payload).toBe('four')
  expect(bench.core.refusals.totals()).toEqual({})
})

test('[MQTT-3.3.1-1] [MQTT-4.4.0-1] what was not acknowledged is sent again, with DUP and the same identifier', async () => {
  const bench = await startBench()
  const before = await device(bench, 'bus-1')
  await listenTo(before, 'bus-1')
  await bench.command('bus-1', 'one')
  await bench.command('bus-1', 'two')
  await expect.poll(() => packetsOf(before.come.subarray(5), 'bus-1').length).toBe(2)
  const [one, two] = packetsOf(before.come.subarray(5), 'bus-1')
  expect([one?.first, two?.first]).toEqual([0x32, 0x32])
  before.socket.write(puback(one?.messageId ?? 0))
  before.socket.end()
  await once(before.socket, 'close')
  const after = await device(bench, 'bus-1')
  await expect.poll(() => packetsOf(after.come, 'bus-1')).toEqual([{ ...two, first: 0x3a }])
})

test.each([
  ['the same broker', async (bench: Bench) => bench],
  ['a broker that was killed', (bench: Bench) => afterKill(bench)],
] as const)(
  '[MQTT-4.4.0-1] [MQTT-3.6.1-1] %s sends a release again, without DUP, behind a command that had it',
  async (_name, next) => {
    const bench = await startBench()
    const first = await device(bench, 'bus-1')
    await listenTo(first, 'bus-1', 2)
    await bench.command('bus-1', 'one', 2)
    await expect.poll(() => packetsOf(first.come.subarray(5), 'bus-1')).toMatchObject([{ first: 0x34 }])
    await hangUp(first)
    const second = await device(bench, 'bus-1')
    await expect.poll(() => packetsOf(second.come, 'bus-1')).toMatchObject([{ first: 0x3c }])
    const [{ messageId } = { messageId: 0 }] = packetsOf(second.come, 'bus-1')
    second.socket.write(pubrec(messageId))
    await expect.poll(() => second.come.subarray(-4)).toEqual(pubrel(messageId))
    await hangUp(second)
    const other = await next(bench)
    for (const _time of ['once', 'and again']) {
      const wire = await device(other, 'bus-1')
      await expect.poll(() => wire.come).toEqual(pubrel(messageId))
      await hangUp(wire)
    }
    const last = await device(other, 'bus-1')
    last.socket.write(Buffer.concat([pubcomp(messageId), pingreq]))
    await expect.poll(() => last.come).toEqual(Buffer.concat([pubrel(messageId), pingresp]))
    expect(other.core.refusals.totals()).toEqual({})
  },
)

test('the commands of a connection are counted from 1, or from those that wait', async () => {
  const bench = await startBench()
  const numbers = (come: Buffer) => packetsOf(come, 'bus-1').map(({ messageId }) => messageId)
  const before = await device(bench, 'bus-1')
  await listenTo(before, 'bus-1')
  await bench.command('bus-1', 'one')
  await bench.command('bus-1', 'two')
  await expect.poll(() => numbers(before.come.subarray(5))).toEqual([1, 2])
  before.socket.write(puback(1))
  await hangUp(before)
  const after = await device(bench, 'bus-1')
  await bench.command('bus-1', 'three')
  await expect.poll(() => numbers(after.come)).toEqual([2, 3])
  after.socket.write(Buffer.concat([puback(2), puback(3)]))
  await hangUp(after)
  const last = await device(bench, 'bus-1')
  await bench.command('bus-1', 'four')
  await expect.poll(() => numbers(last.come)).toEqual([1])
})

test('no more than 100 commands wait; the oldest go, and are counted', async () => {
  const bench = await startBench()
  const before = await device(bench, 'bus-1')
  await listenTo(before, 'bus-1')
  before.socket.destroy()
  await expect.poll(() => bench.core.sessions.size).toBe(0)
  for (let index = 0; index < 150; index += 1) await bench.command('bus-1', `no ${index}`)
  expect(bench.core.refusals.totals()).toEqual({ 'queue-full': 50 })
  const after = await device(bench, 'bus-1')
  await expect.poll(() => packetsOf(after.come, 'bus-1').length).toBe(100)
  expect(packetsOf(after.come, 'bus-1')[0]?.payload).toBe('no 50')
  // 256 KiB: of these the last two fit.
  after.socket.destroy()
  await expect.poll(() => bench.core.sessions.size).toBe(0)
  for (let index = 0; index < 4; index += 1) await bench.command('bus-1', 'x'.repeat(100_000))
  expect(bench.core.refusals.totals()['queue-full']).toBe(50 + 100 + 2)
})

test.each([
  [{ queueMessages: 3 }, 3],
  [{ queueBytes: 1024 }, 5],
])('with %j so many commands wait: %i', async (others, kept) => {
  const bench = await startBench({ others })
  const before = await device(bench, 'bus-1')
  await listenTo(before, 'bus-1')
  before.socket.destroy()
  await expect.poll(() => bench.core.sessions.size).toBe(0)
  for (let index = 0; index < 10; index += 1) await bench.command('bus-1', String(index).repeat(200))
  expect(bench.core.refusals.totals()).toEqual({ 'queue-full': 10 - kept })
})

test('nothing is kept of a device whose key was taken back', async () => {
  const bench = await startBench()
  const before = await device(bench, 'bus-1')
  before.socket.write(publish(busTopic('bus-1', 'status'), { first: 0x31, payload: 'online' }))
  await listenTo(before, 'bus-1')
  before.socket.destroy()
  await expect.poll(() => bench.core.sessions.size).toBe(0)
  bench.revokeAll()
  await expect.poll(() => bench.core.keptDevices()).toEqual([])
})

test('one subscriber that reads nothing delays no message of another', async () => {
  const bench = await startBench()
  const frozen = await device(bench, 'bus-1', { clean: true })
  await listenTo(frozen, 'bus-1')
  frozen.socket.pause()
  const healthy = await device(bench, 'bus-2', { clean: true })
  await listenTo(healthy, 'bus-2')
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
  await listenTo(wire, 'bus-1')
  await bench.command('bus-1', 'ä€😀')
  await expect.poll(() => packetsOf(wire.come.subarray(5), 'bus-1')[0]?.payload).toBe('ä€😀')
})

type Answer = (id: number) => Buffer

/** What a device answers to a command, by the QoS that it was sent with. */
const right: [name: string, qos: 1 | 2, answers: Answer[]][] = [
  ['PUBACK to QoS 1', 1, [puback]],
  ['PUBACK to QoS 1 twice', 1, [puback, puback]],
  ['PUBREC and PUBCOMP to QoS 2', 2, [pubrec, pubcomp]],
  ['PUBREC to QoS 2 twice, then PUBCOMP', 2, [pubrec, pubrec, pubcomp]],
  ['PUBCOMP twice behind PUBREC', 2, [pubrec, pubcomp, pubcomp]],
  ['PUBREL, which is about the other direction', 2, [pubrel]],
  ['PUBACK of another number', 1, [(id) => puback((id % 65_535) + 1)]],
]

const wrong: typeof right = [
  ['PUBREC to QoS 1', 1, [pubrec]],
  ['PUBCOMP to QoS 1', 1, [pubcomp]],
  ['PUBACK to QoS 2', 2, [puback]],
  ['PUBCOMP to QoS 2 that was not received', 2, [pubcomp]],
  ['PUBACK to PUBREL', 2, [pubrec, puback]],
]

const kinds = [
  ['kept', false],
  ['clean', true],
] as const

const flows = [right, wrong].flatMap((list) =>
  list.flatMap(([name, qos, answers]) =>
    kinds.map(([kind, clean]) => ({ name, qos, answers, kind, clean, how: list === right ? 'goes on' : 'ends' })),
  ),
)

test.each(flows)('[MQTT-4.8.0-1] a connection of a $kind session $how behind $name', async (flow) => {
  const bench = await startBench()
  const wire = await device(bench, 'bus-1', { clean: flow.clean })
  await listenTo(wire, 'bus-1', 2)
  await bench.command('bus-1', 'one', flow.qos)
  await expect.poll(() => packetsOf(wire.come.subarray(5), 'bus-1').length).toBe(1)
  const id = packetsOf(wire.come.subarray(5), 'bus-1')[0]?.messageId ?? 0
  let closed = false
  wire.socket.once('close', () => {
    closed = true
  })
  for (const answer of flow.answers) wire.socket.write(answer(id))
  // Answered behind what came before it.
  wire.socket.write(pingreq)
  await expect.poll(() => closed || wire.come.subarray(-2).equals(pingresp)).toBe(true)
  expect(closed).toBe(flow.how === 'ends')
  expect(bench.core.refusals.totals()).toEqual(closed ? { 'protocol-error': 1 } : {})
})

test('[MQTT-3.8.4-6] a command of QoS 2 that waited comes with the QoS that was granted', async () => {
  const bench = await startBench()
  const before = await device(bench, 'bus-1')
  await listenTo(before, 'bus-1', 1)
  await bench.command('bus-1', 'live', 2)
  await expect.poll(() => packetsOf(before.come.subarray(5), 'bus-1')).toMatchObject([{ first: 0x32, payload: 'live' }])
  before.socket.write(puback(packetsOf(before.come.subarray(5), 'bus-1')[0]?.messageId ?? 0))
  before.socket.end()
  await once(before.socket, 'close')
  await bench.command('bus-1', 'later', 2)
  const after = await device(bench, 'bus-1')
  await expect.poll(() => packetsOf(after.come, 'bus-1')).toMatchObject([{ first: 0x32, payload: 'later' }])
})

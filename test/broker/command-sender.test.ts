import { once } from 'node:events'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { CommandMessage } from '../../contract/ports/control.ts'
import { afterKill, device, listenTo, packetsOf, startBench } from '../support/broker/command-bench.ts'
import { puback } from './conformance/bytes.ts'

const soon = (ms = 60_000) => new Date(Date.now() + ms).toISOString()
let n = 0
const command = (more: Partial<CommandMessage> = {}): CommandMessage => {
  n += 1
  return { deviceId: 'bus-1', id: n.toString(16).padStart(16, '0'), name: 'report', expiresAt: soon(), ...more }
}
const textOf = ({ id, name, expiresAt }: CommandMessage) => JSON.stringify({ id, name, expiresAt })

test('a command goes to a device that listens, and its PUBACK is told', async () => {
  const bench = await startBench()
  const { commands } = bench.core
  const wire = await device(bench, 'bus-1', { clean: true })
  expect(commands.listening(['bus-1', 'bus-2'])).toEqual([])
  expect(await commands.deliver(command())).toBe('away')
  await listenTo(wire, 'bus-1')
  expect(commands.listening(['bus-1', 'bus-2'])).toEqual(['bus-1'])
  const sent = command({ args: { on: 1 }, name: 'r' })
  const outcome = commands.deliver(sent)
  await expect.poll(() => packetsOf(wire.come.subarray(5), 'bus-1').length).toBe(1)
  const [packet] = packetsOf(wire.come.subarray(5), 'bus-1')
  expect(JSON.parse(packet?.payload ?? '')).toEqual({
    ...{ id: sent.id, name: 'r', args: { on: 1 }, expiresAt: sent.expiresAt },
  })
  wire.socket.write(puback(packet?.messageId ?? 0))
  expect(await outcome).toBe('acknowledged')
  // Its acknowledgement was not waited for, as after an end of the api: it is not sent again.
  expect(await commands.deliver(sent)).toBe('acknowledged')
  expect(packetsOf(wire.come.subarray(5), 'bus-1')).toHaveLength(1)
})

test('one that waits for its acknowledgement is not sent a second time on that connection', async () => {
  const bench = await startBench()
  const wire = await device(bench, 'bus-1', { clean: true })
  await listenTo(wire, 'bus-1')
  const sent = command()
  const outcomes = [bench.core.commands.deliver(sent)]
  await expect.poll(() => packetsOf(wire.come.subarray(5), 'bus-1').length).toBe(1)
  outcomes.push(bench.core.commands.deliver(sent))
  await bench.command('bus-1', 'behind it')
  await expect.poll(() => packetsOf(wire.come.subarray(5), 'bus-1').length).toBe(2)
  wire.socket.write(puback(packetsOf(wire.come.subarray(5), 'bus-1')[0]?.messageId ?? 0))
  expect(await Promise.all(outcomes)).toEqual(['acknowledged', 'acknowledged'])
})

test('a device that goes before it acknowledged leaves it unanswered at once, and is sent it again when it is back', async () => {
  const bench = await startBench()
  const { commands } = bench.core
  const before = await device(bench, 'bus-1', { clean: true })
  await listenTo(before, 'bus-1')
  const sent = command()
  const outcome = commands.deliver(sent)
  await expect.poll(() => packetsOf(before.come.subarray(5), 'bus-1').length).toBe(1)
  before.socket.destroy()
  expect(await outcome).toBe('unanswered')
  expect(await commands.deliver(sent)).toBe('away')
  const after = await device(bench, 'bus-1', { clean: true })
  await listenTo(after, 'bus-1')
  const again = commands.deliver(sent)
  await expect.poll(() => packetsOf(after.come.subarray(5), 'bus-1').length).toBe(1)
  expect(packetsOf(after.come.subarray(5), 'bus-1')[0]?.payload).toBe(textOf(sent))
  after.socket.write(puback(packetsOf(after.come.subarray(5), 'bus-1')[0]?.messageId ?? 0))
  expect(await again).toBe('acknowledged')
})

test('a listener of QoS 0 is written to, and nobody says that it has it', async () => {
  const bench = await startBench()
  const wire = await device(bench, 'bus-1', { clean: true })
  await listenTo(wire, 'bus-1', 0)
  const sent = command()
  expect(await bench.core.commands.deliver(sent)).toBe('written')
  await expect.poll(() => wire.come.toString()).toContain(textOf(sent))
})

test('one that its session has no room for is sent once, and nobody says that the device has it', async () => {
  const bench = await startBench({ others: { queueBytes: 64 } })
  const wire = await device(bench, 'bus-1', { clean: true })
  await listenTo(wire, 'bus-1')
  const sent = command()
  expect(await bench.core.commands.deliver(sent)).toBe('written')
  await expect.poll(() => packetsOf(wire.come.subarray(5), 'bus-1').length).toBe(1)
  wire.socket.write(puback(packetsOf(wire.come.subarray(5), 'bus-1')[0]?.messageId ?? 0))
  await bench.command('bus-1', 'behind it')
  await expect.poll(() => packetsOf(wire.come.subarray(5), 'bus-1').length).toBe(2)
})

test('nothing is sent behind its end, also not out of a session that was kept, nor by another broker', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const bench = await startBench()
  const { commands } = bench.core
  const before = await device(bench, 'bus-1')
  await listenTo(before, 'bus-1')
  const [short, long] = [command({ expiresAt: soon(5000) }), command()]
  const outcomes = [commands.deliver(short), commands.deliver(long)]
  await expect.poll(() => packetsOf(before.come.subarray(5), 'bus-1').length).toBe(2)
  before.socket.end()
  await once(before.socket, 'close')
  expect(await Promise.all(outcomes)).toEqual(['unanswered', 'unanswered'])
  const early = await device(bench, 'bus-1')
  await expect.poll(() => packetsOf(early.come, 'bus-1').length).toBe(2)
  early.socket.end()
  await once(early.socket, 'close')
  vi.setSystemTime(Date.now() + 6000)
  for (const one of [bench, await afterKill(bench)]) {
    const after = await device(one, 'bus-1')
    await expect.poll(() => packetsOf(after.come, 'bus-1').map(({ payload }) => payload)).toEqual([textOf(long)])
    expect(await one.core.commands.deliver(short)).toBe('over')
    after.socket.end()
    await once(after.socket, 'close')
  }
})

test('a frozen device holds nobody up, and many commands at once are each heard by their own device', async () => {
  const bench = await startBench()
  const { commands } = bench.core
  const frozen = await device(bench, 'bus-1', { clean: true })
  await listenTo(frozen, 'bus-1')
  frozen.socket.pause()
  const ids = Array.from({ length: 30 }, (_, index) => `bus-${index + 2}`)
  const wires = await Promise.all(ids.map((id) => device(bench, id, { clean: true })))
  for (const [index, wire] of wires.entries()) await listenTo(wire, ids[index] ?? '')
  const unheard = commands.deliver(command({ args: 'x'.repeat(4000) }))
  const begunMs = performance.now()
  const outcomes = ids.map((deviceId) => commands.deliver(command({ deviceId, name: 'r', args: deviceId })))
  for (const [index, wire] of wires.entries()) {
    const id = ids[index] ?? ''
    await expect.poll(() => packetsOf(wire.come.subarray(5), id).length).toBe(1)
    const [packet] = packetsOf(wire.come.subarray(5), id)
    expect(packet?.payload).toContain(`"args":"${id}"`)
    wire.socket.write(puback(packet?.messageId ?? 0))
  }
  expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['acknowledged']))
  expect(performance.now() - begunMs).toBeLessThan(5000)
  frozen.socket.destroy()
  expect(await unheard).toBe('unanswered')
})

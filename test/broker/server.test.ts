import { once } from 'node:events'
import { connect } from 'node:net'
import mqtt from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import WebSocket from 'ws'
import { connectBroker } from '../../api/links/broker-link.ts'
import type { LinkChange } from '../../contract/ports/journal.ts'
import { type Door, openDoor } from '../support/broker/door.ts'
import { journalOf, refusedAt } from '../support/broker/door-facts.ts'

const bus = 'binjai/v1/bus/bus-07'

function links(door: Door): (LinkChange & { principal: string })[] {
  return journalOf(door)
    .filter(({ type }) => type === 'link')
    .map(({ principal, payload }) => ({ principal, ...JSON.parse(payload.toString()) }))
}

test('a wrong key, an unknown device and no credentials are refused', async () => {
  const door = await openDoor({ ingest: false })
  await door.register('bus-07', 'trans-binjai-bus')
  await expect(door.connect('bus-07', 'wrong')).rejects.toThrow(/Bad username or password/)
  await expect(door.connect('bus-99', 'wrong')).rejects.toThrow(/Bad username or password/)
  const url = `mqtt://127.0.0.1:${door.port}`
  await expect(mqtt.connectAsync(url, { reconnectPeriod: 0 })).rejects.toThrow(/Bad username or password/)
  expect(await refusedAt(door)).toEqual({ 'bad-credentials': 3 })
})

test.each([
  ['127.0.0.1', false],
  ['127.0.0.5', false],
  ['0.0.0.0', true],
])('at %s it says of plain MQTT that strangers can reach it: %s', async (host, open) => {
  const { socketPath } = await openDoor({ ingest: false, host })
  expect(await connectBroker(socketPath).status()).toMatchObject({ open })
})

test('a message counts as one in the journal, whatever it holds, and goes into it as it came', async () => {
  const door = await openDoor({ ingest: false })
  const client = await door.connect('bus-07', await door.register('bus-07', 'trans-binjai-bus'))
  const payloads = ['[{"speed_kmh":1},{"speed_kmh":2}]', '{"speed_kmh":1}', '[[[', '', `[${'1,'.repeat(2000)}1]`]
  for (const payload of payloads) await client.publishAsync(`${bus}/telemetry`, payload, { qos: 1 })
  const messages = journalOf(door).filter(({ type }) => type === 'message')
  expect(messages.map(({ readings, payload }) => [readings, Buffer.from(payload).toString()])).toEqual(
    payloads.map((payload) => [1, payload]),
  )
})

test.each([
  ['another device', 'binjai/v1/bus/bus-08/telemetry', 'foreign-topic'],
  ['a device whose id begins with its own', 'binjai/v1/bus/bus-070/telemetry', 'foreign-topic'],
  ['another kind', 'binjai/v1/cctv/bus-07/telemetry', 'foreign-topic'],
  ['a channel that is ours', `${bus}/command`, 'unknown-topic'],
  ['that of readings by hand', `${bus}/manual`, 'unknown-topic'],
  ['below its own topic', `${bus}/telemetry/more`, 'unknown-topic'],
  ['outside the root', 'city/bus/bus-07/telemetry', 'unknown-topic'],
  ['$SYS', '$SYS/broker', 'unknown-topic'],
  ['an endless topic', `${bus}/${'x'.repeat(200)}`, 'topic-too-long'],
])('publishing for %s ends the connection and reaches nobody', async (_what, topic, reason) => {
  const door = await openDoor({ ingest: false })
  const key = await door.register('bus-07', 'trans-binjai-bus')
  await door.register('bus-08', 'trans-binjai-bus')
  const client = await door.connect('bus-07', key)
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
  client.publish(topic, '{"speed_kmh":1}', { qos: 1 })
  await closed
  expect(journalOf(door).filter(({ type }) => type === 'message')).toEqual([])
  expect(await refusedAt(door)).toEqual({ [reason]: 1 })
})

test.each(['#', 'binjai/v1/#', '+/+/+/+/telemetry', `${bus}/telemetry`, 'binjai/v1/bus/bus-08/command', '$share/a/#'])(
  'subscribing to %s is refused',
  async (filter) => {
    const door = await openDoor({ ingest: false })
    const client = await door.connect('bus-07', await door.register('bus-07', 'trans-binjai-bus'))
    await expect(client.subscribeAsync(filter)).rejects.toThrow()
    await expect(client.subscribeAsync(`${bus}/command`)).resolves.toMatchObject([{ qos: 0 }])
  },
)

test('connect, goodbye and loss are told with their reasons, and the Will goes into the journal before the loss', async () => {
  const door = await openDoor({ ingest: false })
  const key = await door.register('bus-07', 'trans-binjai-bus')
  const polite = await door.connect('bus-07', key)
  await polite.endAsync()
  await expect.poll(() => links(door).length, { timeout: 5000 }).toBe(3)
  const will = { topic: `${bus}/status`, payload: Buffer.from('offline'), qos: 1, retain: true } as const
  const lost = await door.connect('bus-07', key, { will })
  lost.stream.destroy()
  await expect.poll(() => links(door).length, { timeout: 5000 }).toBe(5)
  expect(links(door).map(({ principal, event, reason }) => [principal, event, reason])).toEqual([
    ['', 'broker-started', undefined],
    ['bus-07', 'connected', undefined],
    ['bus-07', 'disconnected', 'client'],
    ['bus-07', 'connected', undefined],
    ['bus-07', 'disconnected', 'socket-closed'],
  ])
  const order = journalOf(door).map(({ type, topic }) => (type === 'message' ? topic : type))
  expect(order.slice(-2)).toEqual([`${bus}/status`, 'link'])
})

test('a revoked key ends the live connection within a second', async () => {
  const door = await openDoor({ ingest: false })
  const client = await door.connect('bus-07', await door.register('bus-07', 'trans-binjai-bus'))
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
  const startedMs = Date.now()
  await door.registry.devices.revoke('bus-07')
  await closed
  expect(Date.now() - startedMs).toBeLessThan(1000)
  await expect
    .poll(() => links(door).at(-1), { timeout: 5000 })
    .toMatchObject({ event: 'disconnected', reason: 'revoked' })
})

test('two devices that use the same client id do not throw each other out', async () => {
  const door = await openDoor({ ingest: false })
  const one = await door.connect('bus-07', await door.register('bus-07', 'trans-binjai-bus'), { clientId: 'same' })
  const two = await door.connect('bus-08', await door.register('bus-08', 'trans-binjai-bus'), { clientId: 'same' })
  await one.publishAsync(`${bus}/telemetry`, '{"speed_kmh":1}', { qos: 1 })
  expect([one.connected, two.connected]).toEqual([true, true])
})

test('MQTT 5 is answered with its code and counted', async () => {
  const door = await openDoor({ ingest: false })
  await door.register('bus-07', 'trans-binjai-bus')
  const url = `mqtt://127.0.0.1:${door.port}`
  await expect(mqtt.connectAsync(url, { protocolVersion: 5, reconnectPeriod: 0 })).rejects.toThrow()
  await expect.poll(() => refusedAt(door)).toEqual({ 'mqtt-5': 1 })
})

test.each([
  ['a first packet of 256 MB', [0x10, 0xff, 0xff, 0xff, 0x7f]],
  ['a PUBLISH of 256 MB before CONNECT', [0x30, 0xff, 0xff, 0xff, 0x7f]],
  ['a CONNECT of 2 KB', [0x10, 0x80, 0x10]],
])('%s ends the connection at its header', async (_what, header) => {
  const door = await openDoor({ ingest: false })
  const socket = connect(door.port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => undefined)
  const closed = once(socket, 'close')
  socket.write(Buffer.from(header))
  await closed
  expect(await refusedAt(door)).toEqual({ 'packet-too-large': 1 })
})

test('MQTT over WebSocket comes in through the local socket', async () => {
  const door = await openDoor({ ingest: false })
  const key = await door.register('bus-07', 'trans-binjai-bus')
  const client = await mqtt.connectAsync('ws://localhost/mqtt', {
    username: 'bus-07',
    password: key,
    reconnectPeriod: 0,
    createWebsocket: () => new WebSocket(`ws+unix:${door.socketPath}:/mqtt`, ['mqtt']),
  })
  onTestFinished(() => void client.end(true))
  await client.publishAsync(`${bus}/telemetry`, '{"speed_kmh":1}', { qos: 1 })
  expect(journalOf(door).filter(({ type }) => type === 'message')).toHaveLength(1)
})

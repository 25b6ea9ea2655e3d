import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { MqttClient } from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import WebSocket, { createWebSocketStream } from 'ws'
import { openDoor } from '../../support/broker/door.ts'
import { journalOf, refusedAt, statusOf } from '../../support/broker/door-facts.ts'
import { busTopic } from '../../support/broker/raw-mqtt.ts'
import { connectService, makeToken, openService } from '../../support/broker/service.ts'

const all = 'binjai/v1/+/+/telemetry'
const closeOf = (client: MqttClient) => new Promise<void>((resolve) => client.once('close', () => resolve()))

async function openBus(options: Parameters<typeof openDoor>[0] = {}) {
  const door = await openDoor({ ingest: false, ...options })
  const bus = await door.connect('bus-07', await door.register('bus-07', 'trans-binjai-bus'))
  return { door, bus, send: (text: string, qos: 0 | 1 | 2 = 1) => bus.publishAsync(busTopic('bus-07'), text, { qos }) }
}

test('a service hears what devices send, as they sent it, once it is acknowledged', async () => {
  const { door, send } = await openBus()
  const service = await openService(door, [all])
  expect(await service.subscribe(all)).toEqual([1])
  for (const qos of [1, 0, 2] as const) await send(`{"speed_kmh":${qos}}`, qos)
  const packet = { topic: busTopic('bus-07'), retain: false }
  await expect
    .poll(() => service.heard)
    .toEqual([
      { ...packet, text: '{"speed_kmh":1}', qos: 1 },
      { ...packet, text: '{"speed_kmh":0}', qos: 0 },
      { ...packet, text: '{"speed_kmh":2}', qos: 1 },
    ])
  const { services } = await statusOf(door)
  expect(services).toMatchObject({
    connections: [{ name: 'kota-lain', filters: [all], subscriptions: 1, delivered: 3, dropped: 0, waitingBytes: 0 }],
    totals: [{ name: 'kota-lain', connections: 1, delivered: 3, dropped: 0 }],
  })
  // It is no device: nothing of it stands in the journal.
  expect(journalOf(door).some(({ principal }) => principal.includes('kota-lain'))).toBe(false)
})

test('nothing is heard that the journal refuses', async () => {
  const disk: { isFull: boolean } = { isFull: false }
  const { door, bus } = await openBus({
    wrap: (parts) => ({
      ...parts,
      journal: {
        ...parts.journal,
        append: (entry, done) =>
          disk.isFull && entry.type === 'message' ? done(new Error('full')) : parts.journal.append(entry, done),
      },
    }),
  })
  const service = await openService(door, [all])
  await service.subscribe(all)
  disk.isFull = true
  const closed = closeOf(bus)
  bus.publish(busTopic('bus-07'), '{"speed_kmh":1}', { qos: 1 })
  await closed
  disk.isFull = false
  const other = await door.connect('bus-08', await door.register('bus-08', 'trans-binjai-bus'))
  await other.publishAsync(busTopic('bus-08'), '{"speed_kmh":2}', { qos: 1 })
  await expect.poll(() => service.heard.map(({ text }) => text)).toEqual(['{"speed_kmh":2}'])
})

test.each([
  ['all levels', '#'],
  ['more than the token', 'binjai/v1/+/+/status'],
  ['a level above', 'binjai/v1/#'],
  ['a wildcard in the place of the root', '+/v1/+/+/telemetry'],
  ['$share', '$share/x/binjai/v1/+/+/telemetry'],
  ['$SYS', '$SYS/#'],
  ['what devices are told', 'binjai/v1/bus/bus-07/command'],
])('a subscription to %s is refused with 0x80, and counted', async (_what, filter) => {
  const { door, send } = await openBus()
  const service = await openService(door, [all])
  expect(await service.subscribe([filter, all])).toEqual([128, 1])
  await send('{"speed_kmh":1}')
  await expect.poll(() => service.heard.length).toBe(1)
  expect(await refusedAt(door)).toEqual({ 'subscribe-denied': 1 })
})

test('commands are heard by nobody but their device, even under a filter for everything', async () => {
  const { door } = await openBus()
  const service = await openService(door, ['binjai/v1/#'])
  expect(await service.subscribe(['binjai/v1/#', 'binjai/v1/bus/bus-07/command'])).toEqual([1, 128])
})

test.each([
  ['binjai/v1/bus/#', busTopic('bus-07')],
  [busTopic('bus-07'), 'binjai/v1/bus/#'],
])(
  'of overlapping subscriptions, %s with QoS 0, a message comes once, with the highest QoS of them',
  async (low, high) => {
    const { door, send } = await openBus()
    const service = await openService(door, ['binjai/v1/#'])
    await service.subscribe(low, 0)
    await service.subscribe([all, high], 2)
    await send('{"speed_kmh":1}')
    await send('{"speed_kmh":2}')
    await expect
      .poll(() => service.heard.map(({ text, qos }) => [text, qos]))
      .toEqual([
        ['{"speed_kmh":1}', 1],
        ['{"speed_kmh":2}', 1],
      ])
    await service.client.unsubscribeAsync([all, high])
    await send('{"speed_kmh":3}')
    await expect.poll(() => service.heard.at(-1)).toMatchObject({ text: '{"speed_kmh":3}', qos: 0 })
    expect(service.heard.length).toBe(3)
  },
)

test('the status that a device left is heard on subscribing, and the newer one after it', async () => {
  const { door, bus } = await openBus()
  await bus.publishAsync(busTopic('bus-07', 'status'), 'online', { qos: 1, retain: true })
  const service = await openService(door, ['binjai/v1/+/+/status'])
  await service.subscribe('binjai/v1/bus/+/status')
  await expect.poll(() => service.heard.map(({ text, retain }) => [text, retain])).toEqual([['online', true]])
  await bus.publishAsync(busTopic('bus-07', 'status'), 'disabled', { qos: 1, retain: true })
  await expect.poll(() => service.heard.map(({ text, retain }) => [text, retain]).at(-1)).toEqual(['disabled', false])
})

test('the Will of a device is heard', async () => {
  const { door } = await openBus()
  const key = await door.register('bus-08', 'trans-binjai-bus')
  const will = { topic: busTopic('bus-08', 'status'), payload: Buffer.from('offline'), qos: 1, retain: true } as const
  const bus = await door.connect('bus-08', key, { will })
  const service = await openService(door, ['binjai/v1/+/+/status'])
  await service.subscribe('binjai/v1/+/+/status')
  bus.stream.destroy()
  await expect.poll(() => service.heard.map(({ text }) => text)).toEqual(['offline'])
})

test('a PUBLISH ends the connection of a service, and is counted; so is a Will', async () => {
  const { door } = await openBus()
  const service = await openService(door, ['binjai/v1/#'])
  const closed = closeOf(service.client)
  service.client.publish(busTopic('bus-07'), '{"speed_kmh":1}')
  await closed
  const { name, token } = service
  const will = { topic: busTopic('bus-07', 'status'), payload: Buffer.from('offline'), qos: 0, retain: false } as const
  await expect(connectService(door, { name, token, will })).rejects.toThrow(/Not authorized/)
  expect(await refusedAt(door)).toEqual({ 'publish-denied': 2 })
  expect(journalOf(door).filter(({ type }) => type === 'message')).toEqual([])
})

test('a token that is revoked, or has ended, is cut off within 300 ms and not let in again', async () => {
  const { door } = await openBus()
  const { name, token, client } = await openService(door, [all])
  const closed = closeOf(client)
  const revokedMs = performance.now()
  await door.registry.tokens.revoke(name)
  await closed
  expect(performance.now() - revokedMs).toBeLessThan(600)
  await expect(connectService(door, { name, token })).rejects.toThrow(/Bad username/)
  // Another of its name is another.
  const other = await makeToken(door, name, [all])
  await expect(connectService(door, { name, token })).rejects.toThrow(/Bad username/)
  await connectService(door, { name, token: other })
})

test('a token that ends by itself cuts its connections at that moment', async () => {
  const { door } = await openBus()
  const token = await makeToken(door, 'sebentar', [all], 1)
  const raw = new DatabaseSync(join(door.dir, 'registry.db'))
  const endMs = Date.now() + 1500
  raw.exec(`update token set expires_at_ms = ${endMs} where name = 'sebentar'`)
  raw.close()
  const { client } = await connectService(door, { name: 'sebentar', token })
  await closeOf(client)
  expect(Date.now() - endMs).toBeGreaterThanOrEqual(0)
  expect(Date.now() - endMs).toBeLessThan(600)
  await expect(connectService(door, { name: 'sebentar', token })).rejects.toThrow(/Bad username/)
})

test.each([
  ['of another service', async (door: Awaited<ReturnType<typeof openBus>>['door']) => makeToken(door, 'lain', [all])],
  ['of nobody', async () => `bcc_${'x'.repeat(43)}`],
])('a token %s lets nobody in, and counts as a wrong key', async (_what, wrongOf) => {
  const { door } = await openBus({ limits: { failedLoginsPerMinute: 2 } })
  await makeToken(door, 'kota-lain', [all])
  const token = await wrongOf(door)
  for (let n = 0; n < 3; n += 1)
    await expect(connectService(door, { name: 'kota-lain', token })).rejects.toThrow(/Bad username/)
  expect(await refusedAt(door)).toEqual({ 'bad-credentials': 3, 'login-throttled': 1 })
})

test('a device and a token of one name are two', async () => {
  const { door, send } = await openBus()
  const token = await makeToken(door, 'bus-07', [all])
  const service = await connectService(door, { name: 'bus-07', token })
  await service.subscribe(all)
  await send('{"speed_kmh":1}')
  await expect.poll(() => service.heard.length).toBe(1)
})

test('a token of another role is none over MQTT', async () => {
  const { door } = await openBus()
  const { token } = await door.registry.tokens.create({ name: 'lobby', role: 'operator' })
  await expect(connectService(door, { name: 'lobby', token })).rejects.toThrow(/Bad username/)
})

test('a client id that comes again takes over, others stand side by side up to their limit', async () => {
  const { door } = await openBus({ limits: { connectionsPerService: 2 } })
  const first = await openService(door, [all])
  const { name, token } = first
  const second = await connectService(door, { name, token, clientId: 'dua' })
  const closed = closeOf(second.client)
  await connectService(door, { name, token, clientId: 'dua' })
  await closed
  expect(first.client.connected).toBe(true)
  await expect(connectService(door, { name, token, clientId: 'tiga' })).rejects.toThrow(/Server unavailable/)
  expect(await refusedAt(door)).toEqual({ 'too-many-services': 1 })
})

test('all services together have a limit', async () => {
  const { door } = await openBus({ limits: { serviceConnections: 2 } })
  for (const name of ['satu', 'dua']) await openService(door, [all], name)
  await expect(openService(door, [all], 'tiga')).rejects.toThrow(/Server unavailable/)
})

test('a connection has so many subscriptions and no more', async () => {
  const { door } = await openBus({ limits: { serviceSubscriptions: 2 } })
  const service = await openService(door, ['binjai/v1/#'])
  expect(await service.subscribe([1, 2, 3].map((n) => busTopic(`bus-${n}`)))).toEqual([1, 1, 128])
  await service.client.unsubscribeAsync(busTopic('bus-1'))
  expect(await service.subscribe(busTopic('bus-3'))).toEqual([1])
})

test('it is served over a WebSocket too', async () => {
  const { door, send } = await openBus()
  const token = await makeToken(door, 'peramban', [all])
  const client = new MqttClient(
    () => createWebSocketStream(new WebSocket(`ws+unix:${door.socketPath}:/mqtt`, ['mqtt'])),
    { username: 'peramban', password: token, reconnectPeriod: 0 },
  )
  onTestFinished(() => void client.end(true))
  const heard: string[] = []
  client.on('message', (_topic, payload) => heard.push(payload.toString()))
  await client.subscribeAsync(all, { qos: 1 })
  await send('{"speed_kmh":1}')
  await expect.poll(() => heard).toEqual(['{"speed_kmh":1}'])
})

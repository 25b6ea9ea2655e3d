import { expect, test } from 'vitest'
import { connectBroker } from '../../api/links/broker-link.ts'
import { openDoor } from '../support/broker/door.ts'

const bus = 'binjai/v1/bus/bus-07/telemetry'

function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((total, n) => total + n, 0)
}

test('an acknowledged reading is in the store at once, and the counters balance', async () => {
  const door = await openDoor()
  const client = await door.connect('bus-07', await door.register('bus-07', 'trans-binjai-bus'))
  const ts = Date.now() - 1000
  await client.publishAsync(bus, JSON.stringify({ ts, lat: 3.6, lon: 98.48, speed_kmh: 31.5 }), { qos: 1 })
  const query = { deviceId: 'bus-07', profile: 'trans-binjai-bus', fromMs: ts - 1000, toMs: ts + 1000, limit: 10 }
  await expect
    .poll(() => door.reader.range(query), { timeout: 5000, interval: 20 })
    .toMatchObject({
      metrics: { speed_kmh: [[ts, 31.5]] },
      positions: [[ts, 3.6, 98.48]],
    })
  expect(await door.reader.counters()).toEqual({ received: 1, stored: 1, duplicates: 0, rejected: {}, waiting: 0 })
})

test('what a person read of a device that was registered a moment ago is in the store, over the socket of the broker', async () => {
  const door = await openDoor()
  await door.register('duga-1', 'river-gauge')
  const payload = JSON.stringify({ ts: Date.now() - 1000, water_level_m: 2, role: 'operator' })
  const reading = { deviceId: 'duga-1', kind: 'sensor', actor: 'user:siti', payload } as const
  await connectBroker(door.socketPath).enter(reading)
  await expect
    .poll(() => door.reader.counters(), { timeout: 5000 })
    .toMatchObject({ received: 1, stored: 1, rejected: {} })
  await door.broker.close()
  await expect(connectBroker(door.socketPath).enter(reading)).rejects.toThrow()
})

test.each([
  ['not-json', '{"speed_kmh": 31'],
  ['not-json', 'hello'],
  ['not-an-object', '42'],
  ['empty', '{}'],
  ['empty', '[]'],
  ['invalid-metric', '{"speed_kmh":"fast"}'],
  ['invalid-metric', '{"speed_kmh":1e999}'],
  ['invalid-time', '{"ts":"yesterday","speed_kmh":3}'],
  ['invalid-position', '{"lat":190,"lon":98}'],
  ['implausible', '{"speed_kmh":900}'],
  ['nothing-measured', '{"ts":1700000000000}'],
  ['too-deep', `${'{"a":'.repeat(20)}1${'}'.repeat(20)}`],
  ['older-than-retention', '{"ts":"2019-01-01T00:00:00Z","speed_kmh":3}'],
])('%s goes to quarantine with its bytes: %s', async (reason, payload) => {
  const door = await openDoor()
  const client = await door.connect('bus-07', await door.register('bus-07', 'trans-binjai-bus'))
  await client.publishAsync(bus, payload, { qos: 1 })
  await expect.poll(() => door.reader.counters()).toMatchObject({ received: 1, rejected: { [reason]: 1 }, waiting: 0 })
  const [row] = (await door.reader.quarantine({ limit: 5 })).rows
  expect(row).toMatchObject({ reason, topic: bus, deviceId: 'bus-07', readings: 1 })
  expect(Buffer.from(row?.payload ?? []).toString()).toBe(payload)
})

test.each([
  ['Latin-1', Buffer.from('{"speed_kmh":3,"lokasi":"Bingéi"}', 'latin1')],
  ['UTF-16 with a mark', Buffer.from('\ufeff{"speed_kmh":3}', 'utf16le')],
  ['UTF-16 without one', Buffer.from('{"speed_kmh":3}', 'utf16le')],
  ['a slash that is written in two bytes', Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d])],
  ['half a surrogate pair', Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d])],
])('nothing is read into bytes that are no UTF-8: %s', async (_what, payload) => {
  const door = await openDoor()
  const client = await door.connect('bus-07', await door.register('bus-07', 'trans-binjai-bus'))
  await client.publishAsync(bus, payload, { qos: 1 })
  await expect.poll(() => door.reader.counters()).toMatchObject({ received: 1, stored: 0, waiting: 0 })
  const [row] = (await door.reader.quarantine({ limit: 5 })).rows
  expect(row?.reason).toMatch(/^not-(utf8|json)$/)
  expect(Buffer.from(row?.payload ?? [])).toEqual(payload)
})

test('an array counts by its readings: good ones are stored, bad ones named one by one, repeats are duplicates', async () => {
  const door = await openDoor()
  const client = await door.connect('bus-07', await door.register('bus-07', 'trans-binjai-bus'))
  const ts = Date.now() - 60_000
  const backlog = [{ ts, speed_kmh: 1 }, { ts: ts + 1000, speed_kmh: 2 }, { ts: ts + 2000, speed_kmh: 'x' }, 7]
  await client.publishAsync(bus, JSON.stringify(backlog), { qos: 1 })
  await client.publishAsync(bus, JSON.stringify(backlog.slice(0, 2)), { qos: 1 })
  await expect
    .poll(() => door.reader.counters())
    .toEqual({
      received: 6,
      stored: 2,
      duplicates: 2,
      rejected: { 'invalid-metric': 1, 'not-an-object': 1 },
      waiting: 0,
    })
})

test('further metrics of a moment join its row, a different value replaces it, the same is a duplicate', async () => {
  const door = await openDoor()
  const client = await door.connect('bus-07', await door.register('bus-07', 'trans-binjai-bus'))
  const ts = Date.now() - 5000
  for (const metrics of [
    { speed_kmh: 10 },
    { heading_deg: 90 },
    { speed_kmh: 12 },
    { speed_kmh: 12, heading_deg: 90 },
  ]) {
    await client.publishAsync(bus, JSON.stringify({ ts, ...metrics }), { qos: 1 })
  }
  await expect.poll(() => door.reader.counters()).toMatchObject({ received: 4, stored: 3, duplicates: 1, waiting: 0 })
  const query = { deviceId: 'bus-07', profile: 'trans-binjai-bus', fromMs: ts, toMs: ts + 1, limit: 10 }
  expect((await door.reader.range(query)).metrics).toEqual({ speed_kmh: [[ts, 12]], heading_deg: [[ts, 90]] })
})

test('readings without a time get ours, and none overwrites another', async () => {
  const door = await openDoor()
  const client = await door.connect('bus-07', await door.register('bus-07', 'trans-binjai-bus'))
  const payloads = Array.from({ length: 50 }, (_, speed_kmh) => JSON.stringify({ speed_kmh }))
  await Promise.all(payloads.map((payload) => client.publishAsync(bus, payload, { qos: 1 })))
  await expect.poll(() => door.reader.counters()).toMatchObject({ received: 50, stored: 50, waiting: 0 })
  const now = Date.now()
  const query = {
    deviceId: 'bus-07',
    profile: 'trans-binjai-bus',
    fromMs: now - 60_000,
    toMs: now + 60_000,
    limit: 100,
  }
  const { metrics } = await door.reader.range(query)
  expect(Object.values(metrics).flatMap((points) => points.map(([, value]) => value))).toEqual(
    payloads.map((_, speed) => speed),
  )
})

test('counters balance at every moment of a flood with nonsense and repeats in it', async () => {
  const door = await openDoor()
  const client = await door.connect('bus-07', await door.register('bus-07', 'trans-binjai-bus'))
  const base = Date.now() - 100_000
  const sent: Promise<unknown>[] = []
  for (let n = 0; n < 2000; n += 1) {
    const payload = n % 10 === 0 ? '{bad' : JSON.stringify({ ts: base + (n % 1500), speed_kmh: n % 100 })
    sent.push(client.publishAsync(bus, payload, { qos: 1 }))
    if (n % 100 === 0) {
      const { received, stored, duplicates, rejected, waiting } = await door.reader.counters()
      expect(received).toBe(stored + duplicates + sum(rejected) + waiting)
    }
  }
  await Promise.all(sent)
  await expect
    .poll(() => door.reader.counters())
    .toMatchObject({ received: 2000, rejected: { 'not-json': 200 }, waiting: 0 })
})

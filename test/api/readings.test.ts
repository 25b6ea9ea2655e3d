import { expect, test } from 'vitest'
import { readingsSchema } from '../../contract/http.ts'
import { StoreUnavailableError } from '../../contract/ports.ts'
import { createOutside, startCity } from './city-under-test.ts'

const path = '/api/v1/devices/r-1/readings'
const t0 = Date.UTC(2026, 10, 21)
const dayMs = 86_400_000

async function withGauge(options: Parameters<typeof startCity>[0] = {}) {
  const city = await startCity(options)
  await city.registry.devices.create({ id: 'r-1', profile: 'river-gauge' })
  await expect.poll(async () => (await city.call('/api/v1/devices/r-1', { as: 'wall' })).status).toBe(200)
  return city
}

test('asks the table of the profile for the last 24 hours, raw, when nothing is said', async () => {
  const { call, outside } = await withGauge({ now: () => t0 })
  outside.range = { engine: 'influx1', metrics: { water_level_m: [[t0 - 5, 1.5]] }, positions: [] }
  const { json, status } = await call(path, { as: 'auditor' })
  expect(status).toBe(200)
  expect(readingsSchema.parse(json)).toEqual({
    deviceId: 'r-1',
    from: new Date(t0 - dayMs).toISOString(),
    to: new Date(t0).toISOString(),
    every: null,
    engine: 'influx1',
    metrics: { water_level_m: [[t0 - 5, 1.5]] },
  })
  const query = { deviceId: 'r-1', profile: 'river-gauge', fromMs: t0 - dayMs, toMs: t0, limit: 50_000 }
  expect(outside.ranges).toEqual([query])
})

test.each([
  ['every=60s', { everyMs: 60_000 }],
  ['every=10m&aggregate=max', { everyMs: 600_000, aggregate: 'max' }],
  ['every=1h', { everyMs: 3_600_000 }],
  ['every=1d', { everyMs: dayMs }],
  ['metrics=water_level_m,%20battery_v,water_level_m', { metrics: ['water_level_m', 'battery_v'] }],
  [`from=${t0}&to=${t0 + 5}`, { fromMs: t0, toMs: t0 + 5 }],
  ['from=2026-11-21T07:00:00%2B07:00&to=2026-11-21T00:00:01Z', { fromMs: t0, toMs: t0 + 1000 }],
])('understands ?%s', async (query, asked) => {
  const { call, outside } = await withGauge()
  expect((await call(`${path}?${query}`, { as: 'wall' })).status).toBe(200)
  expect(outside.ranges[0]).toMatchObject(asked)
})

test.each([
  `from=${t0}&to=${t0}`,
  `from=${t0 + 1}&to=${t0}`,
  'from=yesterday',
  'from=2026-11-21T07:00:00',
  'from=2026-02-30T00:00:00Z',
  'every=0s',
  'every=60',
  'every=1w',
  'aggregate=max',
  'every=60s&aggregate=median',
  'every=1s&from=2020-01-01T00:00:00Z',
  'metrics=',
  'metrics=a;drop',
  'metrics=%22',
  `metrics=${Array.from({ length: 33 }, (_, n) => `m${n}`)}`,
  'limit=5',
])('refuses ?%s', async (query) => {
  const { call, outside } = await withGauge()
  const { status, headers } = await call(`${path}?${query}`, { as: 'wall' })
  expect({ status, type: headers.get('content-type') }).toEqual({
    status: 400,
    type: expect.stringContaining('application/problem+json'),
  })
  expect(outside.ranges).toEqual([])
})

test('says where to go on when the answer was cut', async () => {
  const { call, outside } = await withGauge()
  outside.range = { engine: 'sqlite', metrics: {}, positions: [], nextFromMs: t0 }
  expect((await call(path, { as: 'wall' })).json).toMatchObject({ nextFrom: '2026-11-21T00:00:00.000Z' })
  const csv = await call(path, { as: 'wall', headers: { accept: 'text/csv' } })
  expect(csv.headers.get('link')).toMatch(/^<\?from=2026-11-21T00:00:00\.000Z&to=.*>; rel="next"$/)
})

test('is a CSV file when that is asked for', async () => {
  const { call, outside } = await withGauge()
  outside.range = {
    engine: 'sqlite',
    metrics: {
      speed_kmh: [
        [t0, 31.5],
        [t0 + 1000, 30],
      ],
      odometer_km: [[t0 + 500, 7]],
    },
    positions: [[t0, 3.6, 98.48]],
  }
  const { text, headers } = await call(path, { as: 'wall', headers: { accept: 'text/csv' } })
  expect(headers.get('content-type')).toMatch(/^text\/csv/)
  expect(headers.get('content-disposition')).toBe('attachment; filename="r-1.csv"')
  expect(text.split('\r\n')).toEqual([
    'ts,lat,lon,speed_kmh,odometer_km',
    '2026-11-21T00:00:00.000Z,3.6,98.48,31.5,',
    '2026-11-21T00:00:00.500Z,,,,7',
    '2026-11-21T00:00:01.000Z,,,30,',
    '',
  ])
})

test('no other format is promised', async () => {
  const { call } = await withGauge()
  expect(await call(path, { as: 'wall', headers: { accept: 'application/xml' } })).toMatchObject({ status: 406 })
})

test('an unknown device is 404, a store that does not answer is 503', async () => {
  const { ports } = createOutside()
  const range = async () => {
    throw new StoreUnavailableError('down', { retryAfterMs: 2500 })
  }
  const { call } = await withGauge({ history: { ...ports.history, range } })
  expect(await call('/api/v1/devices/nobody/readings', { as: 'wall' })).toMatchObject({ status: 404 })
  const answer = await call(path, { as: 'wall' })
  expect(answer).toMatchObject({ status: 503, json: { type: '/api/docs#problem-store-down' } })
  expect(answer.headers.get('retry-after')).toBe('3')
})

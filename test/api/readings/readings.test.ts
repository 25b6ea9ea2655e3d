import { describe, expect, test } from 'vitest'
import { readingsSchema } from '../../../contract/http/readings.ts'
import { aggregations } from '../../../contract/metrics.ts'
import { type RangeQuery, type RangeResult, StoreUnavailableError } from '../../../contract/ports/telemetry.ts'
import { createOutside, startCity } from '../city-under-test.ts'

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

test('a browser, which asks for anything, gets the format that the address names', async () => {
  const { call } = await withGauge()
  const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
  const typeOf = async (query: string, asked = accept) =>
    (await call(`${path}${query}`, { as: 'operator', headers: { accept: asked } })).headers.get('content-type')
  expect(await typeOf('?format=csv')).toContain('text/csv')
  expect(await typeOf('?format=json', 'text/csv')).toContain('application/json')
  expect(await typeOf('')).toContain('application/json')
  expect((await call(`${path}?format=xml`, { as: 'operator' })).status).toBe(400)
})

test('the next page of a CSV asks the whole question again', async () => {
  const { call, outside } = await withGauge()
  outside.range = { engine: 'sqlite', metrics: {}, positions: [], nextFromMs: t0 }
  const to = t0 + dayMs
  const asked = `${path}?metrics=water_level_m,battery_v&format=csv&from=${t0 - dayMs}&to=${to}`
  const { headers } = await call(asked, { as: 'wall', headers: { accept: 'text/csv' } })
  const next = /^<(\?.*)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1]
  expect([...new URLSearchParams(next)]).toEqual([
    ['from', '2026-11-21T00:00:00.000Z'],
    ['to', new Date(to).toISOString()],
    ['metrics', 'water_level_m,battery_v'],
    ['format', 'csv'],
  ])
  await call(path + next, { as: 'wall', headers: { accept: 'text/csv' } })
  expect(outside.ranges[1]).toEqual({ ...outside.ranges[0], fromMs: t0 })
})

describe('with buckets and no word how to join them', () => {
  const weather = ['temperature_c', 'rain_mm', 'wind_dir_deg', 'wind_gust_ms', 'count_mobil', 'battery_pct', 'my_own']
  const right = {
    ...{ temperature_c: 'mean', rain_mm: 'max', wind_dir_deg: 'last', wind_gust_ms: 'max', count_mobil: 'sum' },
    ...{ battery_pct: 'min', my_own: 'mean' },
  }

  /** Says of each metric by which number it was joined. */
  async function withWeather() {
    const asked: RangeQuery[] = []
    const { ports } = createOutside()
    const range = async (query: RangeQuery): Promise<RangeResult> => {
      asked.push(query)
      const place = aggregations.indexOf(query.aggregate ?? 'mean')
      const metrics = (query.metrics ?? weather).map((name) => [name, [[t0, place]]])
      return { engine: 'sqlite', metrics: Object.fromEntries(metrics), positions: [] }
    }
    const city = await withGauge({ history: { ...ports.history, range } })
    const joinedBy = async (query: string) => {
      const { metrics } = readingsSchema.parse((await city.call(`${path}?${query}`, { as: 'wall' })).json)
      const names = Object.entries(metrics).map(([name, [point]]) => [name, aggregations[point?.[1] ?? -1]])
      return Object.fromEntries(names)
    }
    return { ...city, asked, joinedBy }
  }

  test('each metric joins as the dictionary says, in the order that it was asked for', async () => {
    const { joinedBy } = await withWeather()
    const all = await joinedBy('every=1h')
    expect(all).toEqual(right)
    expect(Object.keys(all)).toEqual(weather)
    const some = await joinedBy('every=1h&metrics=wind_dir_deg,temperature_c')
    expect(some).toEqual({ wind_dir_deg: 'last', temperature_c: 'mean' })
    expect(Object.keys(some)).toEqual(['wind_dir_deg', 'temperature_c'])
  })

  test('what was said goes for all, and points as they are join in no way', async () => {
    const { joinedBy, asked } = await withWeather()
    expect(new Set(Object.values(await joinedBy('every=1h&aggregate=mean')))).toEqual(new Set(['mean']))
    expect(asked).toHaveLength(1)
    await joinedBy('')
    expect(asked[1]).not.toHaveProperty('aggregate')
    expect(asked).toHaveLength(2)
  })

  test('ends at the bucket up to which all of it is there, and leads on from it', async () => {
    const asked: RangeQuery[] = []
    const { ports } = createOutside()
    const nextFromMs = t0 + 4 * 60_000
    const range = async (query: RangeQuery): Promise<RangeResult> => {
      asked.push(query)
      const isWhole = query.toMs <= nextFromMs
      const points: [number, number][] = Array.from({ length: isWhole ? 4 : 5 }, (_, n) => [t0 + n * 60_000, n])
      const metrics = Object.fromEntries((query.metrics ?? weather).map((name) => [name, points.slice(0, 4)]))
      return { engine: 'sqlite', metrics, positions: [], ...(!isWhole && { nextFromMs }) }
    }
    const city = await withGauge({ history: { ...ports.history, range } })
    const { json } = await city.call(`${path}?every=60s&from=${t0}&to=${t0 + dayMs}`, { as: 'wall' })
    expect(json).toMatchObject({ nextFrom: new Date(nextFromMs).toISOString() })
    expect(asked.slice(1).map(({ toMs }) => toMs)).toEqual(asked.slice(1).map(() => nextFromMs))
  })

  test('of many metrics asks for no more buckets than there is room for', async () => {
    const { call, outside } = await withGauge()
    const names = Array.from({ length: 32 }, (_, n) => `made_up_${n}`).join(',')
    const page = async (buckets: number) => {
      const span = `from=${t0 + 500}&to=${t0 + buckets * 1000}`
      const { json } = await call(`${path}?every=1s&metrics=${names}&${span}`, { as: 'wall' })
      return { nextFrom: readingsSchema.parse(json).nextFrom, toMs: outside.ranges.at(-1)?.toMs }
    }
    const fullMs = t0 + 12_500_000
    expect(await page(12_500)).toEqual({ nextFrom: undefined, toMs: fullMs })
    expect(await page(12_501)).toEqual({ nextFrom: new Date(fullMs).toISOString(), toMs: fullMs })
  })

  test('is no more work than the ways there are to join', async () => {
    const { joinedBy, asked } = await withWeather()
    await joinedBy('every=1h')
    expect(asked.length).toBeLessThanOrEqual(aggregations.length)
    const widths = new Set(asked.map(({ fromMs, toMs, everyMs }) => `${fromMs} ${toMs} ${everyMs}`))
    expect(widths.size).toBe(1)
  })

  test('a CSV holds the same', async () => {
    const { call } = await withWeather()
    const { text } = await call(`${path}?every=1h&metrics=rain_mm,temperature_c`, {
      ...{ as: 'wall', headers: { accept: 'text/csv' } },
    })
    expect(text.split('\r\n').slice(0, 2)).toEqual([
      'ts,rain_mm,temperature_c,local_time',
      `2026-11-21T00:00:00.000Z,${aggregations.indexOf('max')},${aggregations.indexOf('mean')},2026-11-21 07:00:00 WIB`,
    ])
  })
})

test('an answer that may lack something says what, and why', async () => {
  const { call, outside } = await withGauge()
  const missing = [{ fromMs: t0 - dayMs, toMs: t0, reason: 'let-go' as const }]
  outside.range = { engine: 'sqlite+influx1', metrics: {}, positions: [], missing }
  for (const query of ['', '?every=1h', '?every=1h&metrics=rain_mm,temperature_c']) {
    const { json } = await call(path + query, { as: 'wall' })
    const incomplete = [{ from: new Date(t0 - dayMs).toISOString(), to: new Date(t0).toISOString(), reason: 'let-go' }]
    expect(readingsSchema.parse(json)).toMatchObject({ engine: 'sqlite+influx1', incomplete })
  }
})

test('a name of 64 characters, as every store may hold it, can be asked for', async () => {
  const { call, outside } = await withGauge()
  const name = 'a'.repeat(64)
  expect((await call(`${path}?metrics=${name}`, { as: 'wall' })).status).toBe(200)
  expect(outside.ranges[0]?.metrics).toEqual([name])
  expect((await call(`${path}?metrics=${name}a`, { as: 'wall' })).status).toBe(400)
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
    'ts,lat,lon,speed_kmh,odometer_km,local_time',
    '2026-11-21T00:00:00.000Z,3.6,98.48,31.5,,2026-11-21 07:00:00 WIB',
    '2026-11-21T00:00:00.500Z,,,,7,2026-11-21 07:00:00 WIB',
    '2026-11-21T00:00:01.000Z,,,30,,2026-11-21 07:00:01 WIB',
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

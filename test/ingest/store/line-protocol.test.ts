import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StoredReading } from '../../../contract/ports.ts'
import { fieldOfMetric, metricOfField } from '../../../ingest/store/influx-schema.ts'
import { openInflux1 } from '../../../ingest/store/influx1.ts'
import { encodeLine } from '../../../ingest/store/line-protocol.ts'
import { missingProgram } from '../../helpers/influx-process.ts'
import { gaugeReading, startMs } from '../../helpers/influx-readings.ts'
import { type RunningInfluxd, startInfluxd } from '../../helpers/influxd.ts'

function lineOf(over: Partial<StoredReading>): string | undefined {
  const encoded = encodeLine(gaugeReading(over))
  return encoded.ok ? encoded.line : undefined
}

describe('encodeLine', () => {
  test('writes profile, tags, float fields and ms', () => {
    const own = `received_ms=${startMs + 250},ts_source=0`
    expect(lineOf({})).toBe(`river-gauge,area=12.75.01,device=gauge-1,kind=sensor ${own},water_level_m=1.25 ${startMs}`)
    expect(lineOf({ areaCode: null, simulated: true, tsSource: 'server', lat: 3.6, lon: 98.5, metrics: {} })).toBe(
      `river-gauge,device=gauge-1,kind=sensor,sim=1 received_ms=${startMs + 250},ts_source=1,lat=3.6,lon=98.5 ${startMs}`,
    )
  })

  test('escapes what separates in a tag', () => {
    expect(lineOf({ areaCode: 'a b,c=d', metrics: {} })).toContain(',area=a\\ b\\,c\\=d,device=')
  })

  test.each([
    ['a metric that is not a number', { metrics: { a: Number.NaN } }],
    ['an infinite metric', { metrics: { a: Number.NEGATIVE_INFINITY } }],
    ['a metric name with a newline', { metrics: { 'a\nb': 1 } }],
    ['a metric name with a comma', { metrics: { 'a,b': 1 } }],
    ['an empty metric name', { metrics: { '': 1 } }],
    ['a metric name of another script', { metrics: { température: 1 } }],
    ['a metric name with a trailing newline', { metrics: { 'a\n': 1 } }],
    ['a device id with a newline', { deviceId: 'gauge-1\nforged,x=y a=1' }],
    ['a device id with a trailing newline', { deviceId: 'gauge-1\n' }],
    ['a device id with a space', { deviceId: 'gauge 1' }],
    ['an empty device id', { deviceId: '' }],
    ['a profile with a comma', { profile: 'river,gauge' }],
    ['an empty profile', { profile: '' }],
    ['an area with a newline', { areaCode: 'a\nb' }],
    ['an area ending in a backslash', { areaCode: 'a\\' }],
    ['an area with half a surrogate pair', { areaCode: '\ud800' }],
    ['a time that is no number', { tsMs: Number.NaN }],
    ['a broken millisecond', { tsMs: startMs + 0.5 }],
    ['a time past the int64 of nanoseconds', { tsMs: 9_300_000_000_000 }],
    ['an arrival that is no number', { receivedAtMs: Number.NaN }],
    ['a position that is no number', { lat: Number.NaN, lon: 98.5 }],
  ])('refuses %s', (_, over) => {
    expect(encodeLine(gaugeReading(over))).toEqual({ ok: false, detail: expect.stringMatching(/\w/) })
  })

  test('never throws, and what it writes is one line that forges nothing, whatever comes', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({
        unit: fc.constantFrom('a', '1', ' ', ',', '=', '\\', '"', '\n', '\r', '\t', '\0', '-', '_', 'é', '\ud800'),
      }),
      fc.constantFrom('gauge-1', 'river-gauge', 'water_level_m'),
    )
    const hostile = fc.record({
      deviceId: text,
      profile: text,
      areaCode: fc.oneof(text, fc.constant(null)),
      tsMs: fc.oneof(fc.double(), fc.integer()),
      receivedAtMs: fc.double(),
      lat: fc.double(),
      lon: fc.double(),
      metrics: fc.dictionary(text, fc.double()),
    })
    fc.assert(
      fc.property(hostile, (over) => {
        const line = lineOf(over)
        if (line === undefined) return
        expect(line).toMatch(
          /^[a-z][a-z0-9-]*(,area=(\\[ ,=]|[^\\ ,=\n\r\0])+)?,device=[a-z0-9][a-z0-9-]+,kind=sensor received_ms=[-+\d.e]+,ts_source=0(,[a-z][a-z0-9_]*=[-+\d.e]+)* -?\d+$/,
        )
      }),
      { numRuns: 5000 },
    )
  })
})

describe('names of fields', () => {
  test('come back as the metric they were made of, and no two metrics share one', () => {
    const words = fc.constantFrom(
      'time',
      'device',
      'kind',
      'area',
      'sim',
      'lat',
      'lon',
      'received_ms',
      'ts_source',
      'a',
    )
    const metric = fc
      .tuple(words, fc.string({ unit: fc.constantFrom('_', 'a', '0'), maxLength: 4 }))
      .map((part) => part.join(''))
    fc.assert(
      fc.property(metric, metric, (one, other) => {
        const field = fieldOfMetric(one) ?? ''
        expect(metricOfField(field)).toBe(one)
        expect(field === fieldOfMetric(other)).toBe(one === other)
      }),
      { numRuns: 2000 },
    )
  })

  test.each(['time', 'device', 'kind', 'area', 'sim', 'lat', 'lon', 'received_ms', 'ts_source'])(
    'keep %s free for the engine and for us',
    (name) => {
      expect(fieldOfMetric(name)).not.toBe(name)
      expect(metricOfField(name)).toBeUndefined()
    },
  )
})

describe.skipIf(missingProgram('influxd'))('hostile readings at a real influxd 1.x', () => {
  let influxd: RunningInfluxd

  beforeAll(async () => {
    influxd = await startInfluxd()
  })
  afterAll(() => influxd.close())

  test('100,000 of them forge no series, and what was taken comes back equal', async () => {
    const store = await openInflux1({ url: influxd.url, database: 'hostile' })
    const readings = fc.sample(hostileReading(), { numRuns: 100_000, seed: 20_251_121 })
    // A key of its own for each, so that none is joined with another.
    for (const [index, reading] of readings.entries()) reading.tsMs = startMs + index
    const taken: StoredReading[] = []
    for (let from = 0; from < readings.length; from += 5000) {
      const batch = readings.slice(from, from + 5000)
      const refused = new Set((await store.write(batch)).map(({ index }) => index))
      taken.push(...batch.filter((_, index) => !refused.has(index)))
    }
    expect(taken.length).toBeGreaterThan(10_000)
    expect(taken.length).toBeLessThan(90_000)
    await expectSameAsStored(influxd, taken)
  }, 120_000)
})

/** Good and bad values mixed, so that about half of the readings as a whole are good. */
function hostileReading(): fc.Arbitrary<StoredReading> {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.string({
      unit: fc.constantFrom('a', ' ', ',', '=', '\\', '"', '\n', '\r', '\t', '\0', 'é', '🚌'),
      maxLength: 12,
    }),
    fc.constantFrom('a\nevil,device=x v=1 1', 'x\\', '"', '{}', '$d', '#', "'; DROP DATABASE hostile", '__proto__'),
  )
  const mostly = <T>(good: fc.Arbitrary<T>, bad: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: bad })
  const metric = mostly(fc.constantFrom('water_level_m', 'time', 'device', 'lat', 'count_car', 'area_'), nasty)
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((measured) => measured + 0)
  return fc.record({
    deviceId: mostly(fc.constantFrom('gauge-1', 'gauge-10', '0-0'), nasty),
    kind: fc.constant('sensor' as const),
    profile: mostly(fc.constantFrom('river-gauge', 'rain-gauge'), nasty),
    // Half of the nasty texts are good tags once they are escaped.
    areaCode: fc.oneof(
      fc.constantFrom(null, '12.75.01'),
      nasty.map((text) => text || null),
    ),
    tsMs: fc.constant(0),
    receivedAtMs: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    tsSource: fc.constantFrom('device' as const, 'server' as const),
    simulated: fc.boolean(),
    metrics: fc.dictionary(metric, mostly(finite, fc.double()), { minKeys: 1, maxKeys: 3 }),
  })
}

/** Reads everything back past our own reader and compares it reading by reading. */
async function expectSameAsStored(influxd: RunningInfluxd, taken: readonly StoredReading[]): Promise<void> {
  const namesIn = async (statement: string, column: string) =>
    new Set((await influxd.query(statement, 'hostile')).map((row) => row[column]))
  const fields = taken.flatMap(({ metrics }) => Object.keys(metrics).map(fieldOfMetric))
  expect(await namesIn('SHOW MEASUREMENTS', 'name')).toEqual(new Set(taken.map(({ profile }) => profile)))
  expect(await namesIn('SHOW TAG KEYS', 'tagKey')).toEqual(new Set(['area', 'device', 'kind', 'sim']))
  expect(await namesIn('SHOW FIELD KEYS', 'fieldKey')).toEqual(new Set([...fields, 'received_ms', 'ts_source']))
  expect(await namesIn('SHOW FIELD KEYS', 'fieldType')).toEqual(new Set(['float']))

  const rows = await influxd.query('SELECT * FROM /.*/ GROUP BY *', 'hostile')
  const stored = new Map(rows.map((row) => [row.time, row]))
  expect(rows).toHaveLength(taken.length)
  const differing = taken.filter((reading) => !isSame(reading, stored.get(reading.tsMs)))
  expect(differing).toEqual([])
}

function isSame(reading: StoredReading, row: Record<string, unknown> | undefined): boolean {
  if (!row) return false
  const sameTags =
    row.device === reading.deviceId &&
    row.area === (reading.areaCode ?? '') &&
    row.sim === (reading.simulated ? '1' : '')
  const sameMetrics = Object.entries(reading.metrics).every(
    ([metric, measured]) => row[fieldOfMetric(metric) ?? ''] === measured,
  )
  return sameTags && sameMetrics && row.received_ms === reading.receivedAtMs
}

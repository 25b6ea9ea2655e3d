import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { StoredReading } from '../../../../contract/ports/telemetry.ts'
import { fieldOfMetric, metricOfField } from '../../../../storage/telemetry/influx/influx-schema.ts'
import { encodeLine } from '../../../../storage/telemetry/influx/line-protocol.ts'
import { gaugeReading, startMs } from '../../../support/influx/influx-readings.ts'

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

  test('leaves out a value that cannot be written, and says so', () => {
    const encoded = encodeLine(gaugeReading({ metrics: { 'count_Sepeda Motor': 12, occupancy: 5, a: Number.NaN } }))
    expect(encoded).toMatchObject({
      ok: true,
      line: expect.stringMatching(/,occupancy=5 \d+$/),
      leftOut: [
        { metric: 'count_Sepeda Motor', detail: expect.stringContaining('not allowed') },
        { metric: 'a', detail: expect.stringContaining('finite') },
      ],
    })
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

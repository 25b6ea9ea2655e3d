import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countMembers, scanJson } from '../../../contract/json/json-scan.ts'
import type { Reading } from '../../../contract/reading.ts'
import { normalize } from '../../../ingest/adapters/index.ts'
import { morningMs } from '../../support/storage/engine-under-test.ts'

const minuteMs = 60_000
const weekMs = 7 * 86_400_000

function take(payload: unknown, channel = 'telemetry') {
  const bytes = payload instanceof Uint8Array ? payload : Buffer.from(JSON.stringify(payload))
  const refused: { reason: string; detail: string; part?: unknown }[] = []
  const ignored: string[] = []
  const readings = normalize(`binjai/v1/bus/bus-07/${channel}`, bytes, {
    topicRoot: 'binjai/v1',
    receivedAt: morningMs,
    refuse: (reason, detail, part) => refused.push({ reason, detail, part }),
    ignored: (key, times = 1) => ignored.push(...Array.from({ length: times }, () => key)),
  })
  return { readings, refused, ignored }
}

function one(payload: unknown): Reading | undefined {
  return take(payload).readings[0]
}

/** What became of it in one word: the reason of its refusal, or the time that it has. */
function timeOf(ts: unknown): unknown {
  const { readings, refused } = take({ ts, speed_kmh: 3 })
  return readings[0] === undefined ? refused[0]?.reason : readings[0].ts
}

describe('a time', () => {
  test.each([
    ['seconds', Math.round(morningMs / 1000)],
    ['seconds of twenty years ago', 1.2e9],
    ['seconds of 2090', 3.8e9],
    ['microseconds', morningMs * 1000],
    ['nanoseconds', morningMs * 1_000_000],
    ['past the year 9999', Date.UTC(10_000, 0, 1)],
    ['a day that no month has', '2026-02-30T08:00:00Z'],
    ['29 February of a common year', '2026-02-29T08:00:00+07:00'],
    ['a 31st of November', '2026-11-31T08:00:00Z'],
    ['no text of a time', 'N/A'],
    ['no zone', '2026-11-21T08:00:00'],
    ['a flag', true],
    ['a list', [morningMs]],
  ])('in %s is refused, and no other is taken for it', (_what, ts) => {
    expect(timeOf(ts)).toBe('invalid-time')
  })

  test.each([
    ['milliseconds', morningMs, morningMs],
    ['ISO with the zone of the city', '2026-11-21T08:00:00.000+07:00', morningMs],
    ['29 February of a leap year', '2028-02-29T00:00:00Z', Date.UTC(2028, 1, 29)],
    ['29 February of the year 2000', '2000-02-29T00:00:00Z', null],
    ['null', null, null],
    ["Go's year 1", '0001-01-01T00:00:00Z', null],
    ['an uptime of five seconds', 5000, null],
  ])('in %s is taken', (_what, ts, ms) => {
    expect(timeOf(ts)).toBe(ms)
  })

  test.each([
    ['now', 0],
    ['two minutes fast', 2 * minuteMs],
    ['a day slow', -86_400_000],
    ['five days slow', -5 * 86_400_000],
  ])('of a receiver that lost 1024 weeks is that of a clock which was not set: %s', (_what, offMs) => {
    expect(timeOf(morningMs - 1024 * weekMs + offMs)).toBeNull()
  })

  test.each([2, 3].map((n) => n * 1024))('so is one that lost %d weeks', (weeks) => {
    expect(timeOf(morningMs - weeks * weekMs)).toBeNull()
  })

  test('of 2007 that is no such loss stays what it is', () => {
    expect(timeOf(Date.UTC(2007, 6, 1))).toBe(Date.UTC(2007, 6, 1))
  })

  test('is, whatever number says it, that number, none at all, or a refusal', () => {
    const numbers = fc.oneof(fc.double(), fc.maxSafeInteger(), fc.integer({ min: 1e9, max: 2 ** 42 }))
    fc.assert(
      fc.property(numbers, (ts) => {
        expect([ts === null ? null : Math.round(ts), null, 'invalid-time']).toContain(timeOf(ts))
      }),
      { numRuns: 1000 },
    )
  })
})

describe('a value', () => {
  test.each([
    ['N/A', 'text'],
    ['', 'text'],
    ['NaN', 'text'],
    ['21.5', 'text'],
    [[1], 'a list'],
    [{ value: 1 }, 'object'],
    [false, 'no gauge'],
    [true, 'no gauge'],
  ])('that is no measurement (%j) is set aside alone', (value, said) => {
    const reading = one({ lat: 3.6, lon: 98.48, speed_kmh: 30, temperature_c: value })
    expect(reading).toMatchObject({ lat: 3.6, lon: 98.48, metrics: { speed_kmh: 30 } })
    expect(reading?.setAside).toEqual([
      {
        reason: 'invalid-metric',
        name: 'temperature_c',
        detail: expect.stringContaining(said),
        fields: [['temperature_c', value]],
      },
    ])
  })

  test.each([
    ['water_level_m', false],
    ['energy_kwh', true],
    ['heading_deg', true],
    ['count_car', false],
    ['voltage_v_2', true],
    ['ignition', 0.5],
    ['relay_1', 2],
    ['open', -1],
    ['Speed_KMH', true],
  ])('of %s that is %j is none of its type', (key, value) => {
    const { readings, refused } = take({ [key]: value })
    expect([readings, refused[0]?.reason]).toEqual([[], 'invalid-metric'])
  })

  test.each([
    ['ignition', 1, true],
    ['ignition', 0, false],
    ['relay_2', true, true],
    ['some_flag', true, true],
    ['some_number', 7, 7],
    ['passengers', null, undefined],
  ])('of %s that is %j is taken', (key, value, kept) => {
    expect(one({ speed_kmh: 1, [key]: value })?.metrics[key]).toBe(kept)
  })

  test('under a key of which no name can be made is told with the key', () => {
    const { readings, ignored } = take({ speed_kmh: 1, 水温: 21 })
    expect(readings[0]?.setAside).toMatchObject([{ reason: 'invalid-metric', detail: expect.stringContaining('水温') }])
    expect(ignored).toEqual(['水温'])
  })
})

describe('a key that stands twice in an object', () => {
  const bytes = (text: string) => Buffer.from(text)

  test.each([
    ['{"speed_kmh":1,"speed_kmh":2}', 1],
    ['{"speed_kmh":1,"speed_kmh":2,"speed_kmh":2}', 2],
    ['{"speed_kmh":1,"sp\\u0065ed_kmh":2}', 1],
    ['[{"speed_kmh":2},{"lat":1,"lat":3.6,"lon":98.4,"speed_kmh":2}]', 1],
    ['{"speed_kmh":2,"__proto__":1,"__proto__":1}', 1],
  ])('%s: the last value counts, the others are told', (text, told) => {
    const { readings, ignored } = take(bytes(text))
    expect(readings.map(({ metrics }) => metrics.speed_kmh).at(-1)).toBe(2)
    expect(ignored).toHaveLength(told)
  })

  test('is told of no text that JSON writes of a value', () => {
    const objects = fc.array(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 })), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(objects, (value) => {
        const text = new TextEncoder().encode(JSON.stringify(value))
        expect(scanJson(text).members).toBe(countMembers(value))
      }),
    )
  })
})

describe('a position', () => {
  test.each([
    ['text for both', { lat: '3.6', lon: '98.48' }],
    ['text for one', { lat: 3.6, lon: 'x' }],
    ['off the earth', { lat: 98.48, lon: 3.6 }],
    ['beyond what a number holds', { lat: 3.6, lon: '1e999' }],
    ['a flag', { lat: true, lon: 98.48 }],
  ])('that is none (%s) costs the position, and not the metrics', (_what, place) => {
    const reading = one({ ...place, speed_kmh: 30 })
    expect(reading).toMatchObject({ metrics: { speed_kmh: 30 }, setAside: [{ reason: 'invalid-position' }] })
    expect(reading?.lat).toBeUndefined()
    expect(take(place).refused[0]?.reason).toBe('invalid-position')
  })

  test.each([
    [0, 0],
    [0.000001, 0.000002],
    [-0.05, 0.09],
    [0, 98.48],
    [3.6, 0],
    [90, 180],
    [90, 98.48],
    [3.6, 180],
    [-90, -180],
  ])('of a receiver without a fix (%d, %d) is no place, and no fault', (lat, lon) => {
    const reading = one({ lat, lon, speed_kmh: 30 })
    expect([reading?.lat, reading?.lon, reading?.setAside]).toEqual([undefined, undefined, undefined])
  })

  test.each([
    [0.0001, 109.3],
    [3.6, 98.48],
    [-89.9, 179.9],
  ])('at %d, %d is one', (lat, lon) => {
    expect(one({ lat, lon })).toMatchObject({ lat, lon })
  })
})

describe('an array', () => {
  test('loses the readings that are wrong, each by its own reason, and no other', () => {
    const good = { ts: morningMs, speed_kmh: 1 }
    const deep = JSON.parse(`${'{"a":'.repeat(30)}1${'}'.repeat(30)}`)
    const wrong = [{ ...good, ts: 'x' }, 7, {}, { ...good, deep }, { ...good, text: 'x'.repeat(9000) }, { lat: 'x' }]
    const { readings, refused } = take(wrong.flatMap((part) => [good, part]))
    expect(refused.map(({ reason }) => reason)).toEqual([
      'invalid-time',
      'not-an-object',
      'empty',
      'too-deep',
      'too-large',
      'nothing-measured',
    ])
    expect(readings.length).toBe(wrong.length)
  })

  test('that is deeper than what is parsed at all is refused whole', () => {
    const { readings, refused } = take(Buffer.from(`[{"a":1},${'['.repeat(200)}${']'.repeat(200)}]`))
    expect([readings, refused]).toMatchObject([[], [{ reason: 'too-deep', part: undefined }]])
  })

  const bom = Buffer.from([0xef, 0xbb, 0xbf])
  test.each([
    ['an array', '[{"speed_kmh":1},{"speed_kmh":2}]', 2],
    ['an array behind blanks', ' \n\t[{"speed_kmh":1},{"speed_kmh":2}]', 2],
    ['an object', '{"speed_kmh":1}', 1],
  ])('after a byte order mark is taken as without it: %s', (_what, text, n) => {
    const { readings, refused } = take(Buffer.concat([bom, Buffer.from(text)]))
    expect([readings.length, refused.length]).toEqual([n, 0])
  })

  test('is refused whole and once, or each of its elements has an outcome, whatever stands before it', () => {
    const before = fc.array(fc.constantFrom('\ufeff', ' ', '\n', '\0', '\ufffe', '\u00a0', '[', '"'), { maxLength: 3 })
    const bodies = fc.constantFrom(
      { text: '[{"a":1},{"b":2}]', elements: 2 },
      { text: '[[[1]],{"a":1},{}]', elements: 3 },
      { text: '{"a":[1,2]}', elements: 1 },
      { text: '[1', elements: 1 },
      { text: '[]', elements: 1 },
      { text: '"[1,2]"', elements: 1 },
      { text: '', elements: 1 },
    )
    fc.assert(
      fc.property(before, bodies, (marks, { text, elements }) => {
        const { readings, refused } = take(Buffer.from(marks.join('') + text))
        const whole = refused.some(({ part }) => part === undefined)
        expect(readings.length + refused.length).toBe(whole ? 1 : elements)
      }),
    )
  })
})

describe('the words of a refusal', () => {
  const secret = 'bcc_AAAABBBBCCCC'
  test.each([
    ['not JSON', `{"secret": ${secret}}`, 'not-json', 'character 12 of 28'],
    ['not JSON, in a long one', `{"pad":"${'x'.repeat(500)}","s":${secret}`, 'not-json', 'character 515 of'],
    ['too short', `{"s":"${secret}"`, 'not-json', 'too early'],
    ['nothing', '', 'not-json', 'empty'],
    ['an end of C', `{"speed_kmh":1}\0`, 'not-json', 'is a NUL'],
  ])('say where, and quote nothing: %s', (_what, payload, reason, words) => {
    const [refused] = take(Buffer.from(payload)).refused
    expect(refused?.reason).toBe(reason)
    expect(refused?.detail).toContain(words)
    expect(refused?.detail).not.toContain('bcc_')
  })

  test.each(['utf16le', 'utf16be'])('name %s, which a mark at its beginning tells', (encoding) => {
    const little = Buffer.from('\ufeff[{"speed_kmh":1},{"speed_kmh":2}]', 'utf16le')
    const { refused } = take(encoding === 'utf16le' ? little : little.swap16())
    expect(refused).toEqual([{ reason: 'not-utf8', detail: expect.stringContaining('UTF-16'), part: undefined }])
  })
})

describe('a status', () => {
  const said = (payload: unknown) => take(payload, 'status').readings[0]

  test.each([null, 5, ['x'], {}, false, undefined])('stands without a reason that is none: %j', (reason) => {
    expect(said({ status: 'offline', reason })).toMatchObject({ status: 'offline' })
    expect(said({ status: 'offline', reason })?.statusReason).toBeUndefined()
  })

  test('keeps the beginning of a long reason, and cuts no character in two', () => {
    const reason = said({ status: 'offline', reason: '🚌'.repeat(220) })?.statusReason
    expect(reason).toBe('🚌'.repeat(200))
    expect(said({ status: 'offline', reason: `x${'🚌'.repeat(220)}` })?.statusReason?.isWellFormed()).toBe(true)
    expect(said({ status: 'offline', reason: 'y'.repeat(200) })?.statusReason).toBe('y'.repeat(200))
  })

  test('with a byte order mark is taken', () => {
    expect(said(Buffer.from('\ufeffoffline'))).toMatchObject({ status: 'offline' })
    expect(said(Buffer.from('\ufeff{"status":"offline"}'))).toMatchObject({ status: 'offline' })
  })
})

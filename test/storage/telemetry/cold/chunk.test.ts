import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Profile } from '../../../../contract/profile.ts'
import { profiles } from '../../../../contract/profiles/index.ts'
import { createRandom } from '../../../../firmware-sim/random.ts'
import { ChunkDamagedError } from '../../../../storage/telemetry/cold/bytes.ts'
import { type Chunk, decodeChunk, encodeChunk } from '../../../../storage/telemetry/cold/chunk.ts'

const dayMs = Date.UTC(2026, 10, 20)

function chunkOf(metrics: readonly (readonly number[])[], more: Partial<Chunk> = {}): Chunk {
  const rows = metrics[0]?.length ?? more.ts?.length ?? 0
  const none = new Float64Array(rows).fill(Number.NaN)
  return {
    ts: Float64Array.from({ length: rows }, (_, index) => dayMs + index * 5000),
    lag: new Float64Array(rows).fill(250),
    marks: new Float64Array(rows),
    lat: none,
    lon: none,
    metrics: metrics.map((column) => Float64Array.from(column)),
    extra: undefined,
    ...more,
  }
}

/** The same bits, so that -0 and 0 differ and NaN equals itself. */
function bitsOf(column: Float64Array): string {
  return Buffer.from(column.buffer, column.byteOffset, column.byteLength).toString('hex')
}

function expectSame(chunk: Chunk): void {
  const again = decodeChunk(encodeChunk(chunk), chunk.metrics.length)
  for (const name of ['ts', 'lag', 'marks', 'lat', 'lon'] as const) {
    expect(bitsOf(again[name]), name).toBe(bitsOf(chunk[name]))
  }
  expect(again.metrics.map(bitsOf)).toEqual(chunk.metrics.map(bitsOf))
  expect(again.extra).toEqual(chunk.extra)
}

const nan = Number.NaN

describe('columns that must come back bit by bit', () => {
  test.each([
    ['a single row', [21.5]],
    ['no value at all', [nan, nan, nan]],
    ['one value among none', [nan, 3.71, nan]],
    ['-0 beside 0', [0, -0, 0, -0]],
    ['-0 alone', [-0]],
    ['2^53 and its neighbours', [2 ** 53, 2 ** 53 - 1, -(2 ** 53), 2 ** 53 + 2]],
    ['2^50 and its neighbours', [2 ** 50, 2 ** 50 - 1, -(2 ** 50), -(2 ** 50) + 1, 2 ** 50 - 1]],
    ['subnormal numbers', [1e-320, 5e-324, 0, -1e-320]],
    ['the largest numbers', [Number.MAX_VALUE, -Number.MAX_VALUE, 1e308]],
    ['tenths that floats only nearly hold', [0.1, 0.2, 0.1 + 0.2, 0.3]],
    ['thirds', [1 / 3, 2 / 3, 1]],
    ['mixed decimals', [1, 1.5, 1.25, 1.125, 1e-9, 123_456.789]],
    ['a counter that starts again', [99_999.9, 0, 0.1, 0.2]],
    ['infinity', [Number.POSITIVE_INFINITY, 1, Number.NEGATIVE_INFINITY]],
  ])('%s', (_name, column) => {
    expectSame(chunkOf([column]))
  })

  test('columns of any numbers, with gaps', () => {
    const double = fc.oneof(
      fc.double(),
      fc.double({ noNaN: true, min: -1000, max: 1000 }).map((exact) => Math.round(exact * 100) / 100),
      fc.integer(),
      fc.constantFrom(nan, -0, 0, 2 ** 53, 1e-320),
    )
    const columns = fc
      .tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 5 }))
      .chain(([rows, count]) => fc.array(fc.array(double, { minLength: rows, maxLength: rows }), { minLength: count }))
    fc.assert(fc.property(columns, (metrics) => expectSame(chunkOf(metrics))))
  })

  test('any moments of a day, any lags, marks, positions and texts', () => {
    const row = fc.record({
      at: fc.integer({ min: 0, max: 86_399_999 }),
      lag: fc.integer({ min: -1e12, max: 1e12 }),
      mark: fc.integer({ min: 0, max: 3 }),
      lat: fc.option(fc.double({ min: -90, max: 90, noNaN: true }), { nil: nan }),
      lon: fc.option(fc.double({ min: -180, max: 180, noNaN: true }), { nil: nan }),
      text: fc.option(fc.dictionary(fc.string(), fc.integer()).map((extra) => JSON.stringify(extra))),
    })
    fc.assert(
      fc.property(fc.uniqueArray(row, { selector: ({ at }) => at, minLength: 1, maxLength: 50 }), (list) => {
        const rows = list.toSorted((a, b) => a.at - b.at)
        const extra = rows.map(({ text }) => text)
        expectSame(
          chunkOf([], {
            ts: Float64Array.from(rows, ({ at }) => dayMs + at),
            lag: Float64Array.from(rows, ({ lag }) => lag),
            marks: Float64Array.from(rows, ({ mark }) => mark),
            lat: Float64Array.from(rows, ({ lat }) => lat),
            lon: Float64Array.from(rows, ({ lon }) => lon),
            extra: extra.some((text) => text !== null) ? extra : undefined,
          }),
        )
      }),
    )
  })
})

test('a day of a wandering value with one decimal takes about a byte a value', () => {
  let level = 200
  const column = Array.from({ length: 1440 }, (_, minute) => {
    level += ((minute * 7919) % 5) - 2
    return level / 10
  })
  expect(encodeChunk(chunkOf([column])).length).toBeLessThan(1440)
})

/** A day as this profile's device lives it, in readings that come a fifth of a second after their moment. */
function dayOf({ id, metrics, expectedS, simulate }: Profile): Chunk {
  const random = createRandom(7, id)
  const memory = {}
  const rows = Math.floor(86_400 / expectedS)
  const columns = metrics.map(() => new Float64Array(rows).fill(nan))
  const lag = Float64Array.from({ length: rows }, () => 150 + Math.floor(random() * 200))
  const ts = Float64Array.from({ length: rows }, (_, n) => dayMs + n * expectedS * 1000 + Math.floor(random() * 40))
  for (const [n, nowMs] of ts.entries()) {
    const weather = { rainMmh: 0, flood: 0, mains: true, weekend: false }
    const at = { nowMs, hour: ((n * expectedS) / 3600) % 24, elapsedS: expectedS, random, ...weather }
    const measured = simulate(at, memory)
    for (const [index, name] of metrics.entries()) {
      const column = columns[index]
      if (column !== undefined && measured[name] !== undefined) column[n] = Number(measured[name])
    }
  }
  return chunkOf([], { ts, lag, marks: new Float64Array(rows), metrics: columns })
}

test('days of all profiles together take less than 5 bytes a reading, which is most of the 8 that a month may take', () => {
  const days = profiles.map(dayOf)
  const rows = days.reduce((sum, { ts }) => sum + ts.length, 0)
  const bytes = days.reduce((sum, day) => sum + encodeChunk(day).length, 0)
  expect(rows).toBeGreaterThan(25_000)
  expect(bytes / rows).toBeLessThan(5)
  for (const day of days) expectSame(day)
})

describe('bytes that are not what was sealed', () => {
  const sealed = Buffer.from(encodeChunk(chunkOf([[1, 2, 3, 4.5]])))

  test('are refused wherever a byte differs', () => {
    for (let at = 0; at < sealed.length; at += 1) {
      const damaged = Buffer.from(sealed)
      damaged[at] = (damaged[at] ?? 0) ^ 0x10
      expect(() => decodeChunk(damaged, 1), `byte ${at}`).toThrow(ChunkDamagedError)
    }
  })

  test('are refused wherever they end', () => {
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => decodeChunk(sealed.subarray(0, length), 1)).toThrow(ChunkDamagedError)
    }
  })
})

/** What stands in a file today must be read for ever. */
test('a chunk of the first version is read', () => {
  const golden =
    'SAmG5RuFAADE4I/591YJHB3AwyoryuQUnkXxQAaWuJ+OcTrrYDYAr8ttw8aYOm5UEJqAht5nfL8UZwpQAC7hl0pAsD7TWTSAHI7LZVyPWyqBkrGfzfw/RgGHwuZxyT9NCCIT0aN4IwpmDNwkGOghQtx5TXG2VKomzGK3qQ1OU1wTu3Umva0N'
  const chunk = decodeChunk(Buffer.from(golden, 'base64'), 3)
  expect([...chunk.ts]).toEqual([0, 1, 2, 3].map((n) => dayMs + n * 5000))
  expect([...chunk.lag]).toEqual([250, 251, 250, 90_000])
  expect([...chunk.marks]).toEqual([0, 1, 2, 3])
  expect([...chunk.lat]).toEqual([3.6001, 3.60012, nan, 3.600123])
  expect([...chunk.lon]).toEqual([98.4854, 98.48541, nan, 98.485412])
  expect(chunk.metrics.map((column) => [...column])).toEqual([
    [31.5, 30, nan, 0],
    [1 / 3, -0, 1e-320, 2 ** 53],
    [nan, nan, nan, nan],
  ])
  expect(chunk.extra).toEqual([null, '{"door_2":1}', null, '{"x":-1.5}'])
})

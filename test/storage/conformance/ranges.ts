import { expect } from 'vitest'
import type { RangeQuery, RangeResult, TelemetryStore } from '../../../contract/ports/telemetry.ts'
import {
  baseMs,
  cityQuery,
  dayMs,
  hourMs,
  minuteMs,
  reading,
  type StoreTest,
  type StoreTests,
  wholeDay,
} from './store-test.ts'

/** Walks the pages as a caller does; fails rather than walking for ever. */
async function allPages(store: TelemetryStore, query: RangeQuery): Promise<RangeResult[]> {
  const pages: RangeResult[] = []
  let fromMs: number | undefined = query.fromMs
  while (fromMs !== undefined) {
    const page: RangeResult = await store.range({ ...query, fromMs })
    pages.push(page)
    expect(pages.length).toBeLessThan(1000)
    expect(page.nextFromMs ?? Number.POSITIVE_INFINITY).toBeGreaterThan(fromMs)
    fromMs = page.nextFromMs
  }
  return pages
}

function aggregationTests(): StoreTests {
  const expected = {
    mean: [3, 7],
    min: [1, 7],
    max: [6, 7],
    last: [2, 7],
    sum: [9, 7],
    count: [3, 1],
  } as const
  const test = (aggregate: keyof typeof expected): StoreTest => {
    return async ({ store }) => {
      const levels = [1, 6, 2, 7]
      await store.write(
        levels.map((level, index) => reading({ tsMs: baseMs + index * 20_000, metrics: { water_level_m: level } })),
      )
      const [first, second] = expected[aggregate]
      for (const metrics of [undefined, ['water_level_m']]) {
        const query = { ...wholeDay, everyMs: minuteMs, aggregate, ...(metrics && { metrics }) }
        expect((await store.range(query)).metrics).toEqual({
          water_level_m: [
            [baseMs, first],
            [baseMs + minuteMs, second],
          ],
        })
      }
    }
  }
  return Object.fromEntries(
    (['mean', 'min', 'max', 'last', 'sum', 'count'] as const).map((name) => [`joins a bucket by ${name}`, test(name)]),
  )
}

/** Each would give another answer, or none, in a language in which it was part of the question. */
const questions = [
  "gauge-1' OR '1'='1",
  `"' OR "device" =~ /.*/ --`,
  "'; DROP TABLE device; --",
  '*',
  '/.*/',
  'a\\',
] as const

export const rangeTests: StoreTests = {
  'takes what is asked for as a value, never as part of the question': async ({ store }) => {
    await store.write([reading()])
    for (const text of questions) {
      for (const bucket of [{}, { everyMs: minuteMs }]) {
        const nothing = { engine: store.engine, metrics: {}, positions: [] }
        expect(await store.range({ ...wholeDay, ...bucket, deviceId: text })).toEqual(nothing)
        expect(await store.range({ ...wholeDay, ...bucket, profile: text })).toEqual(nothing)
        expect((await store.range({ ...wholeDay, ...bucket, metrics: [text] })).metrics).toEqual({})
      }
      expect(await store.city({ ...cityQuery, profile: text })).toEqual([])
      expect(await store.city({ ...cityQuery, metric: text })).toEqual([])
    }
    expect((await store.range(wholeDay)).metrics).not.toEqual({})
  },

  'gives back what was written': async ({ store }) => {
    const refused = await store.write([
      reading({ lat: 3.6001, lon: 98.4854, metrics: { water_level_m: 1.25, battery_v: 3.71 } }),
      reading({ tsMs: baseMs + minuteMs, metrics: { water_level_m: 1.5, battery_v: 3.7 } }),
    ])
    expect(refused).toEqual([])
    expect(await store.range(wholeDay)).toEqual({
      engine: store.engine,
      metrics: {
        water_level_m: [
          [baseMs, 1.25],
          [baseMs + minuteMs, 1.5],
        ],
        battery_v: [
          [baseMs, 3.71],
          [baseMs + minuteMs, 3.7],
        ],
      },
      positions: [[baseMs, 3.6001, 98.4854]],
    })
  },

  'reads over days and months in order of time': async ({ store }) => {
    const moments = [
      Date.UTC(2025, 4, 31, 23, 59, 59, 999),
      Date.UTC(2025, 5, 1),
      Date.UTC(2025, 5, 2, 16, 59, 59, 999),
      Date.UTC(2025, 5, 2, 17),
      Date.UTC(2025, 5, 3, 12),
    ]
    await store.write(moments.map((tsMs, index) => reading({ tsMs, metrics: { water_level_m: index } })).toReversed())
    const query = { ...wholeDay, fromMs: Date.UTC(2025, 4, 1), toMs: Date.UTC(2025, 6, 1) }
    expect((await store.range(query)).metrics.water_level_m).toEqual(moments.map((tsMs, index) => [tsMs, index]))
    expect((await store.range({ ...query, everyMs: dayMs, aggregate: 'count' })).metrics.water_level_m).toEqual([
      [Date.UTC(2025, 4, 31), 1],
      [Date.UTC(2025, 5, 1), 1],
      [Date.UTC(2025, 5, 2), 2],
      [Date.UTC(2025, 5, 3), 1],
    ])
  },

  ...aggregationTests(),

  'takes the mean when no aggregation is named': async ({ store }) => {
    await store.write(
      [1, 2, 6].map((level, s) => reading({ tsMs: baseMs + s * 1000, metrics: { water_level_m: level } })),
    )
    expect((await store.range({ ...wholeDay, everyMs: minuteMs })).metrics).toEqual({ water_level_m: [[baseMs, 3]] })
  },

  'begins buckets at multiples of their width since 1970 and leaves empty ones out': async ({ store }) => {
    const sevenMinutes = 7 * minuteMs
    const start = Math.ceil(baseMs / sevenMinutes) * sevenMinutes
    await store.write([
      reading({ tsMs: start - 1, metrics: { water_level_m: 1 } }),
      reading({ tsMs: start, metrics: { water_level_m: 2 } }),
      reading({ tsMs: start + sevenMinutes - 1, metrics: { water_level_m: 4 } }),
      reading({ tsMs: start + 3 * sevenMinutes, metrics: { water_level_m: 8, battery_v: 3.5 } }),
    ])
    const { metrics, positions } = await store.range({ ...wholeDay, everyMs: sevenMinutes, aggregate: 'sum' })
    expect(metrics).toEqual({
      water_level_m: [
        [start - sevenMinutes, 1],
        [start, 6],
        [start + 3 * sevenMinutes, 8],
      ],
      battery_v: [[start + 3 * sevenMinutes, 3.5]],
    })
    expect(positions).toEqual([])
  },

  'leaves a metric out of a count where it has no value': async ({ store }) => {
    await store.write([
      reading({ metrics: { water_level_m: 1, battery_v: 3.5 } }),
      reading({ tsMs: baseMs + minuteMs, metrics: { water_level_m: 1 } }),
    ])
    const query: RangeQuery = { ...wholeDay, everyMs: minuteMs, aggregate: 'count' }
    const counted = {
      water_level_m: [
        [baseMs, 1],
        [baseMs + minuteMs, 1],
      ],
      battery_v: [[baseMs, 1]],
    }
    expect((await store.range(query)).metrics).toEqual(counted)
    expect((await store.range({ ...query, metrics: ['water_level_m', 'battery_v'] })).metrics).toEqual(counted)
  },

  'includes the first moment of a range and excludes the last': async ({ store }) => {
    await store.write([-1, 0, 1, 2].map((ms) => reading({ tsMs: baseMs + ms, metrics: { water_level_m: ms } })))
    const query = { ...wholeDay, fromMs: baseMs, toMs: baseMs + 2 }
    expect((await store.range(query)).metrics.water_level_m).toEqual([
      [baseMs, 0],
      [baseMs + 1, 1],
    ])
    expect((await store.range({ ...query, everyMs: hourMs, aggregate: 'count' })).metrics.water_level_m).toEqual([
      [baseMs, 2],
    ])
    expect((await store.range({ ...query, toMs: baseMs })).metrics).toEqual({})
  },

  'cuts the first and last bucket at the ends of the range': async ({ store }) => {
    await store.write(
      [0, 20, 40, 60, 80].map((s) => reading({ tsMs: baseMs + s * 1000, metrics: { water_level_m: s } })),
    )
    const query: RangeQuery = {
      ...wholeDay,
      fromMs: baseMs + 20_000,
      toMs: baseMs + 80_000,
      everyMs: minuteMs,
      aggregate: 'sum',
    }
    expect((await store.range(query)).metrics.water_level_m).toEqual([
      [baseMs, 60],
      [baseMs + minuteMs, 60],
    ])
  },

  'gives only the metrics that were asked for': async ({ store }) => {
    await store.write([reading({ lat: 3.6, lon: 98.5, metrics: { water_level_m: 1, battery_v: 3.5, rssi_dbm: -70 } })])
    const only = ['battery_v', 'rssi_dbm', 'humidity_pct']
    const asked = { battery_v: [[baseMs, 3.5]], rssi_dbm: [[baseMs, -70]] }
    const raw = await store.range({ ...wholeDay, metrics: only })
    expect(raw.metrics).toEqual(asked)
    expect(raw.positions).toEqual([[baseMs, 3.6, 98.5]])
    expect((await store.range({ ...wholeDay, metrics: only, everyMs: 1000, aggregate: 'last' })).metrics).toEqual(asked)
    expect((await store.range({ ...wholeDay, metrics: [] })).metrics).toEqual({})
  },

  'answers hostile names with nothing': async ({ store }) => {
    await store.write([reading()])
    const names = ['"', '"; drop measurement "river-gauge', "' or 1=1 --", 'a\nb', '\\', '*', '/.*/', '', '__proto__']
    for (const hostile of names) {
      expect((await store.range({ ...wholeDay, metrics: [hostile] })).metrics).toEqual({})
      expect((await store.range({ ...wholeDay, metrics: [hostile], everyMs: minuteMs })).metrics).toEqual({})
      expect((await store.range({ ...wholeDay, deviceId: hostile })).metrics).toEqual({})
      expect((await store.range({ ...wholeDay, profile: hostile })).metrics).toEqual({})
      expect(await store.city({ ...cityQuery, metric: hostile })).toEqual([])
      expect(await store.city({ ...cityQuery, profile: hostile })).toEqual([])
    }
    expect((await store.range(wholeDay)).metrics).toEqual({ water_level_m: [[baseMs, 1.25]] })
  },

  'cuts raw points at the limit and says where to go on': async ({ store }) => {
    const points = Array.from({ length: 25 }, (_, index) => [baseMs + index * 1000, index])
    await store.write(
      points.map(([tsMs = 0, level = 0]) =>
        reading({ tsMs, lat: 3.6, lon: 98.5, metrics: { water_level_m: level, battery_v: 3.5 } }),
      ),
    )
    const pages = await allPages(store, { ...wholeDay, limit: 10 })
    expect(pages.map((page) => page.metrics.water_level_m?.length)).toEqual([10, 10, 5])
    expect(pages.map((page) => page.positions.length)).toEqual([10, 10, 5])
    expect(pages.flatMap((page) => page.metrics.water_level_m)).toEqual(points)
    const exact = await store.range({ ...wholeDay, limit: 25 })
    expect(exact.metrics.water_level_m).toEqual(points)
    expect(exact).not.toHaveProperty('nextFromMs')
  },

  'pages through readings that carry different metrics without losing one': async ({ store }) => {
    await store.write(
      Array.from({ length: 30 }, (_, index) =>
        reading({ tsMs: baseMs + index, metrics: index % 3 === 0 ? { battery_v: index } : { water_level_m: index } }),
      ),
    )
    const pages = await allPages(store, { ...wholeDay, limit: 7, metrics: ['battery_v'] })
    expect(pages.flatMap((page) => page.metrics.battery_v ?? [])).toEqual(
      [0, 3, 6, 9, 12, 15, 18, 21, 24, 27].map((index) => [baseMs + index, index]),
    )
  },

  'gives the track of a moving device': async ({ store }) => {
    const bus = { deviceId: 'bus-07', kind: 'bus', profile: 'trans-binjai-bus' } as const
    await store.write([
      reading({ ...bus, lat: 3.6001, lon: 98.4854, metrics: { speed_kmh: 30 } }),
      reading({ ...bus, tsMs: baseMs + 5000, metrics: { speed_kmh: 31 } }),
      reading({ ...bus, tsMs: baseMs + 10_000, lat: 3.6002, lon: 98.4855, metrics: {} }),
      reading({ ...bus, tsMs: baseMs + 15_000, lat: 0, lon: 0, metrics: { speed_kmh: 32 } }),
    ])
    const { metrics, positions } = await store.range({ ...wholeDay, ...bus })
    expect(positions).toEqual([
      [baseMs, 3.6001, 98.4854],
      [baseMs + 10_000, 3.6002, 98.4855],
      [baseMs + 15_000, 0, 0],
    ])
    expect(metrics).toEqual({
      speed_kmh: [
        [baseMs, 30],
        [baseMs + 5000, 31],
        [baseMs + 15_000, 32],
      ],
    })
  },

  'knows nothing of devices, profiles and times it never heard of': async ({ store }) => {
    const empty = { engine: store.engine, metrics: {}, positions: [] }
    expect(await store.range(wholeDay)).toEqual(empty)
    expect(await store.city(cityQuery)).toEqual([])
    expect(await store.latest()).toEqual([])
    await store.write([reading()])
    expect(await store.range({ ...wholeDay, deviceId: 'nobody' })).toEqual(empty)
    expect(await store.range({ ...wholeDay, profile: 'nothing' })).toEqual(empty)
    expect(await store.range({ ...wholeDay, fromMs: 0, toMs: baseMs })).toEqual(empty)
    expect(await store.range({ ...wholeDay, deviceId: 'nobody', everyMs: minuteMs })).toEqual(empty)
    expect(await store.city({ ...cityQuery, profile: 'nothing' })).toEqual([])
    expect(await store.city({ ...cityQuery, metric: 'humidity_pct' })).toEqual([])
  },
}

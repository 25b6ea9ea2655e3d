import { expect } from 'vitest'
import { baseMs, cityQuery, hourMs, minuteMs, reading, type StoreTests, wholeDay } from './store-test.ts'

export const writingTests: StoreTests = {
  'takes an empty batch': async ({ store }) => {
    expect(await store.write([])).toEqual([])
  },

  'joins a second write of the same moment, and the newer value wins': async ({ store }) => {
    await store.write([reading({ metrics: { water_level_m: 1, battery_v: 3.6 } })])
    await store.write([reading({ lat: 3.6, lon: 98.5, metrics: { water_level_m: 2, temperature_c: 29 } })])
    const { metrics, positions } = await store.range(wholeDay)
    expect(metrics).toEqual({
      water_level_m: [[baseMs, 2]],
      battery_v: [[baseMs, 3.6]],
      temperature_c: [[baseMs, 29]],
    })
    expect(positions).toEqual([[baseMs, 3.6, 98.5]])
  },

  'joins readings of the same moment within one write, and the later one wins': async ({ store }) => {
    await store.write([
      reading({ metrics: { water_level_m: 1, battery_v: 3.6 } }),
      reading({ metrics: { water_level_m: 2 } }),
    ])
    expect((await store.range(wholeDay)).metrics).toEqual({ water_level_m: [[baseMs, 2]], battery_v: [[baseMs, 3.6]] })
  },

  'keeps the position when the same moment comes again without one': async ({ store }) => {
    await store.write([reading({ lat: 3.6, lon: 98.5 })])
    await store.write([reading({ metrics: { battery_v: 3.6 } })])
    expect((await store.range(wholeDay)).positions).toEqual([[baseMs, 3.6, 98.5]])
  },

  'changes nothing when the same readings are written again': async ({ store }) => {
    const batch = Array.from({ length: 20 }, (_, index) =>
      reading({ tsMs: baseMs + index * minuteMs, metrics: { water_level_m: index } }),
    )
    await store.write(batch)
    const before = await store.range(wholeDay)
    await store.write(batch)
    await store.write(batch.slice(5, 10))
    expect(await store.range(wholeDay)).toEqual(before)
    expect(before.metrics.water_level_m).toHaveLength(20)
  },

  'puts late readings into their place': async ({ store }) => {
    await store.write([reading({ tsMs: baseMs + hourMs, metrics: { water_level_m: 3 } })])
    await store.write([
      reading({ tsMs: baseMs - 2 * hourMs, metrics: { water_level_m: 1 } }),
      reading({ tsMs: baseMs, metrics: { water_level_m: 2 } }),
    ])
    expect((await store.range(wholeDay)).metrics).toEqual({
      water_level_m: [
        [baseMs - 2 * hourMs, 1],
        [baseMs, 2],
        [baseMs + hourMs, 3],
      ],
    })
  },

  'keeps every number exactly': async ({ store }) => {
    const numbers = [
      0, 1, -1, 0.1, -0.1, 1 / 3, 1e-9, 123_456_789.123_456_78, 5e-324, 2.225_073_858_507_201_4e-308,
      Number.MAX_VALUE, -Number.MAX_VALUE, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 2 ** 63, 2 ** 64, 1e21,
      1e-7, 4.35, 100, 1e5, Math.PI,
    ] // biome-ignore format: a list of numbers
    await store.write(
      numbers.map((level, index) => reading({ tsMs: baseMs + index, metrics: { water_level_m: level } })),
    )
    const { metrics } = await store.range(wholeDay)
    expect(metrics.water_level_m).toEqual(numbers.map((level, index) => [baseMs + index, level]))
  },

  'keeps yes and no as 1 and 0': async ({ store }) => {
    await store.write([
      reading({ metrics: { mains: 1, open: 0 } }),
      reading({ tsMs: baseMs + 1, metrics: { mains: 0, open: 1 } }),
    ])
    expect((await store.range(wholeDay)).metrics).toEqual({
      mains: [
        [baseMs, 1],
        [baseMs + 1, 0],
      ],
      open: [
        [baseMs, 0],
        [baseMs + 1, 1],
      ],
    })
  },

  'tells two readings apart that are one millisecond apart': async ({ store }) => {
    await store.write([0, 1].map((ms) => reading({ tsMs: baseMs + 123 + ms, metrics: { water_level_m: ms } })))
    expect((await store.range(wholeDay)).metrics.water_level_m).toEqual([
      [baseMs + 123, 0],
      [baseMs + 124, 1],
    ])
  },

  'tells devices and profiles apart whose names begin alike': async ({ store }) => {
    const ids = ['cctv-1', 'cctv-10', 'cctv-1-0', '0-9', 'a--', '4b-c4', `x${'-9'.repeat(31)}`]
    await store.write(ids.map((deviceId, index) => reading({ deviceId, metrics: { water_level_m: index } })))
    await store.write([reading({ deviceId: 'cctv-2', profile: 'river-gauge-2', metrics: { water_level_m: 99 } })])
    for (const [index, deviceId] of ids.entries()) {
      expect((await store.range({ ...wholeDay, deviceId })).metrics.water_level_m).toEqual([[baseMs, index]])
    }
    expect(await store.latest()).toHaveLength(ids.length + 1)
    expect((await store.range({ ...wholeDay, deviceId: 'cctv-2' })).metrics).toEqual({})
  },

  'keeps metrics whose names an engine might use itself': async ({ store }) => {
    const names = [
      'time', 'ts', 'device', 'dev', 'device_id', 'kind', 'area', 'area_code', 'sim', 'lat', 'lon', 'received_ms',
      'received_at', 'ts_source', 'rowid', 'select', 'order', 'group', 'mean_x', 'time_', 'count_car', 'name',
    ] // biome-ignore format: a list of words
    const metrics = Object.fromEntries(names.map((metric, index) => [metric, index + 0.5]))
    expect(await store.write([reading({ lat: 3.6, lon: 98.5, metrics })])).toEqual([])
    const stored = Object.fromEntries(names.map((metric, index) => [metric, [[baseMs, index + 0.5]]]))
    const raw = await store.range(wholeDay)
    expect(raw.metrics).toEqual(stored)
    expect(raw.positions).toEqual([[baseMs, 3.6, 98.5]])
    expect((await store.range({ ...wholeDay, metrics: names })).metrics).toEqual(stored)
    expect((await store.range({ ...wholeDay, everyMs: minuteMs })).metrics).toEqual(stored)
    expect((await store.range({ ...wholeDay, metrics: names, everyMs: minuteMs })).metrics).toEqual(stored)
    expect((await store.city({ ...cityQuery, metric: 'time' })).map(({ n, sum }) => [n, sum])).toEqual([[1, 0.5]])
    expect(await store.latest()).toEqual([reading({ lat: 3.6, lon: 98.5, metrics })])
  },

  'takes 5,000 readings in one write': async ({ store }) => {
    const batch = Array.from({ length: 5000 }, (_, index) =>
      reading({
        deviceId: `gauge-${index % 50}`,
        tsMs: baseMs + Math.floor(index / 50) * 1000,
        metrics: { water_level_m: index, battery_v: 3.5, rssi_dbm: -index },
      }),
    )
    expect(await store.write(batch)).toEqual([])
    const { metrics } = await store.range({ ...wholeDay, deviceId: 'gauge-49' })
    expect(metrics.water_level_m).toEqual(Array.from({ length: 100 }, (_, s) => [baseMs + s * 1000, s * 50 + 49]))
    expect(await store.latest()).toHaveLength(50)
    expect((await store.city(cityQuery)).map(({ n, sum }) => [n, sum])).toEqual([[5000, 12_497_500]])
  },

  'takes writes at the same time': async ({ store }) => {
    const batch = (offset: number) =>
      Array.from({ length: 50 }, (_, index) => reading({ tsMs: baseMs + offset * 50 + index }))
    await Promise.all([0, 1, 2, 3].map((offset) => store.write(batch(offset))))
    expect((await store.range(wholeDay)).metrics.water_level_m).toHaveLength(200)
  },

  'refuses what it can never store, and stores the rest': async ({ store }) => {
    const poison = [
      reading({ tsMs: baseMs + 1, metrics: { water_level_m: Number.NaN } }),
      reading({ tsMs: baseMs + 3, metrics: { water_level_m: Number.POSITIVE_INFINITY } }),
      reading({ tsMs: baseMs + 5, metrics: { 'evil\nforged,device=x a': 1 } }),
      reading({ tsMs: baseMs + 7, deviceId: 'a\nforged,device=x a=1' }),
    ]
    const good = [0, 2, 4, 6, 8].map((ms) => reading({ tsMs: baseMs + ms, metrics: { water_level_m: ms } }))
    const batch = [...good, ...poison].toSorted((a, b) => a.tsMs - b.tsMs)
    const refused = await store.write(batch)
    expect(refused.map(({ index }) => index)).toEqual([1, 3, 5, 7])
    expect(refused.every(({ detail }) => detail.length > 0)).toBe(true)
    expect((await store.range(wholeDay)).metrics).toEqual({
      water_level_m: good.map(({ tsMs, metrics }) => [tsMs, metrics.water_level_m]),
    })
    expect(await store.latest()).toHaveLength(1)
  },

  'leaves out a value that it can never store, and stores the rest of its reading': async ({ store }) => {
    const metrics = { water_level_m: 1.5, battery_v: Number.NaN, 'count_Sepeda Motor': 12, rssi_dbm: -90 }
    const refused = await store.write([reading({ tsMs: baseMs, metrics }), reading({ tsMs: baseMs + 1 })])
    expect(refused.map(({ index, metric }) => [index, metric])).toEqual([
      [0, 'battery_v'],
      [0, 'count_Sepeda Motor'],
    ])
    const { metrics: stored } = await store.range(wholeDay)
    expect(stored).toEqual({ rssi_dbm: [[baseMs, -90]], water_level_m: [[baseMs, 1.5], expect.anything()] })
  },
}

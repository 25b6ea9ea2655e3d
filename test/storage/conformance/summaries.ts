import { expect } from 'vitest'
import {
  baseMs,
  byDevice,
  cityQuery,
  dayMs,
  hourMs,
  inOrder,
  minuteMs,
  reading,
  type StoreTests,
} from './store-test.ts'

export const summaryTests: StoreTests = {
  'names the newest reading of each device, with the metrics of that moment': async ({ store }) => {
    const bus = reading({
      deviceId: 'bus-07',
      kind: 'bus',
      profile: 'trans-binjai-bus',
      areaCode: null,
      tsMs: baseMs + 5000,
      tsSource: 'server',
      simulated: true,
      lat: 3.6001,
      lon: 98.4854,
      metrics: { speed_kmh: 31.5 },
    })
    const gauge = reading({ tsMs: baseMs + minuteMs, metrics: { battery_v: 3.7 } })
    await store.write([
      reading({ lat: 3.7, lon: 98.4, metrics: { water_level_m: 1 } }),
      { ...bus, tsMs: baseMs, metrics: { speed_kmh: 12, heading_deg: 90 } },
      gauge,
      bus,
    ])
    expect(byDevice(await store.latest())).toEqual([bus, gauge])
  },

  'keeps the newest reading when an older one comes after it': async ({ store }) => {
    const newest = reading({ tsMs: baseMs + hourMs, metrics: { water_level_m: 3 } })
    await store.write([newest])
    await store.write([reading({ metrics: { water_level_m: 1, battery_v: 3.5 } })])
    expect(await store.latest()).toEqual([newest])
  },

  'joins a second write into the newest reading': async ({ store }) => {
    await store.write([reading({ metrics: { water_level_m: 1 } })])
    await store.write([reading({ metrics: { battery_v: 3.5 } })])
    expect(await store.latest()).toEqual([reading({ metrics: { water_level_m: 1, battery_v: 3.5 } })])
  },

  'adds up the city by kecamatan': async ({ store }) => {
    const east = { deviceId: 'gauge-2', areaCode: '12.75.02' }
    await store.write([
      reading({ metrics: { water_level_m: 1 } }),
      reading({ deviceId: 'gauge-3', tsMs: baseMs + 9 * minuteMs, metrics: { water_level_m: 3 } }),
      reading({ ...east, tsMs: baseMs + minuteMs, metrics: { water_level_m: -5 } }),
      reading({ ...east, tsMs: baseMs + 10 * minuteMs, metrics: { water_level_m: 7 } }),
      reading({ deviceId: 'gauge-4', areaCode: null, metrics: { water_level_m: 11 } }),
      reading({ tsMs: baseMs + 2 * minuteMs, metrics: { battery_v: 3.5 } }),
      reading({ deviceId: 'other-1', profile: 'rain-gauge', metrics: { water_level_m: 100 } }),
    ])
    expect(inOrder(await store.city(cityQuery))).toEqual([
      { ms: baseMs, areaCode: null, n: 1, sum: 11, min: 11, max: 11 },
      { ms: baseMs, areaCode: '12.75.01', n: 2, sum: 4, min: 1, max: 3 },
      { ms: baseMs, areaCode: '12.75.02', n: 1, sum: -5, min: -5, max: -5 },
      { ms: baseMs + 10 * minuteMs, areaCode: '12.75.02', n: 1, sum: 7, min: 7, max: 7 },
    ])
  },

  'adds up the city in buckets of any width, over days': async ({ store }) => {
    const moments = [0, 1, 9, 10, 59, 60, 24 * 60, 24 * 60 + 1]
    await store.write(moments.map((m) => reading({ tsMs: baseMs + m * minuteMs, metrics: { water_level_m: m } })))
    const query = { ...cityQuery, toMs: baseMs + 2 * dayMs }
    const counts = async (everyMs: number) =>
      inOrder(await store.city({ ...query, everyMs })).map(({ ms, n, sum }) => [(ms - baseMs) / minuteMs, n, sum])
    expect(await counts(minuteMs)).toEqual(moments.map((m) => [m, 1, m]))
    expect(await counts(10 * minuteMs)).toEqual([
      [0, 3, 10],
      [10, 1, 10],
      [50, 1, 59],
      [60, 1, 60],
      [1440, 2, 2881],
    ])
    expect(await counts(hourMs)).toEqual([
      [0, 5, 79],
      [60, 1, 60],
      [1440, 2, 2881],
    ])
  },

  'counts a rewritten or late reading once in the city': async ({ store }) => {
    const batch = [0, 1, 2].map((m) => reading({ tsMs: baseMs + m * minuteMs, metrics: { water_level_m: m + 1 } }))
    await store.write(batch)
    await store.write(batch)
    await store.write([reading({ tsMs: baseMs + 20 * minuteMs, metrics: { water_level_m: 50 } })])
    await store.write([reading({ metrics: { water_level_m: -4 } }), reading({ metrics: { battery_v: 3.5 } })])
    await store.write([reading({ tsMs: baseMs + 3 * minuteMs, metrics: { water_level_m: 8 } })])
    expect(inOrder(await store.city(cityQuery))).toEqual([
      { ms: baseMs, areaCode: '12.75.01', n: 4, sum: 9, min: -4, max: 8 },
      { ms: baseMs + 20 * minuteMs, areaCode: '12.75.01', n: 1, sum: 50, min: 50, max: 50 },
    ])
  },

  'cuts the city at the ends of the range': async ({ store }) => {
    await store.write(
      [0, 1, 2, 11, 12].map((m) => reading({ tsMs: baseMs + m * minuteMs, metrics: { water_level_m: m } })),
    )
    const query = { ...cityQuery, fromMs: baseMs + minuteMs, toMs: baseMs + 12 * minuteMs }
    expect(inOrder(await store.city(query))).toEqual([
      { ms: baseMs, areaCode: '12.75.01', n: 2, sum: 3, min: 1, max: 2 },
      { ms: baseMs + 10 * minuteMs, areaCode: '12.75.01', n: 1, sum: 11, min: 11, max: 11 },
    ])
  },
}

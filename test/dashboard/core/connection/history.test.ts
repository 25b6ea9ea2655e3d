import { expect, test } from 'vitest'
import { aggregations } from '../../../../contract/metrics.ts'
import {
  chooseEvery,
  gapAfterMs,
  joinBand,
  loadHistory,
  loadWay,
} from '../../../../dashboard/core/connection/history.ts'
import type { HttpClient } from '../../../../dashboard/core/connection/http-client.ts'

const dayMs = 86_400_000

test.each([
  [dayMs, 600, 5000, '5m'],
  [dayMs, 1500, 5000, '1m'],
  [dayMs, 600, 900_000, '15m'],
  [3_600_000, 1200, 5000, '10s'],
])('a chart of %i ms in %i px of a device that reports each %i ms asks for %s', (span, width, expected, every) => {
  expect(chooseEvery(span, width, expected)[1]).toBe(every)
})

test('keeps a spike of a single reading in the band though the mean hides it', () => {
  const band = joinBand({
    mean: [
      [0, 10],
      [60_000, 11],
    ],
    min: [
      [0, 9],
      [60_000, 9],
    ],
    max: [
      [0, 12],
      [60_000, 95],
    ],
    ...{ fromMs: 0, toMs: 61_000, gapMs: 120_000 },
  })
  expect(Math.max(...band.max.map((value) => value ?? 0))).toBe(95)
  expect(band.mean).toEqual([10, 11])
})

test('breaks the line at a gap, also before the first and after the last reading', () => {
  const points = [300_000, 360_000, 900_000].map((ms) => [ms, 1] as const)
  const band = joinBand({
    ...{ mean: points, min: points, max: points },
    fromMs: 0,
    toMs: 1_500_000,
    gapMs: gapAfterMs(60_000, 60_000),
  })
  expect(band.gaps).toEqual([
    { fromMs: 0, toMs: 300_000 },
    { fromMs: 360_000, toMs: 900_000 },
    { fromMs: 900_000, toMs: 1_500_000 },
  ])
  expect(band.mean).toEqual([null, 1, 1, null, 1, null])
  expect(band.times).toEqual([...band.times].sort((a, b) => a - b))
})

test('a metric that was never heard is one gap', () => {
  const band = joinBand({ mean: [], min: [], max: [], fromMs: 0, toMs: dayMs, gapMs: 1000 })
  expect(band.gaps).toEqual([{ fromMs: 0, toMs: dayMs }])
})

test('each metric of a chart is joined as the dictionary says', async () => {
  const asked: URLSearchParams[] = []
  const rest = {
    async get(path: string) {
      const query = new URLSearchParams(path.split('?')[1])
      asked.push(query)
      const names = query.get('metrics')?.split(',') ?? metrics
      const value = aggregations.indexOf((query.get('aggregate') ?? '') as (typeof aggregations)[number])
      return { engine: 'sqlite', metrics: Object.fromEntries(names.map((name) => [name, [[0, value]]])) }
    },
  } as unknown as HttpClient // only `get` is called, and answers in the shape that is asked for
  const metrics = ['temperature_c', 'rain_mm', 'heading_deg', 'relay', 'count', 'my_own']
  const { bands } = await loadHistory(rest, {
    ...{ deviceId: 'w-1', metrics, expectedMs: 1000, nowMs: 3_600_000, spanMs: 3_600_000, widthPx: 100 },
  })
  const line = Object.fromEntries([...bands].map(([name, { mean }]) => [name, aggregations[mean[0] ?? -1]]))
  expect(line).toEqual({
    ...{ temperature_c: 'mean', rain_mm: 'max', heading_deg: 'last', relay: 'last', count: 'sum', my_own: 'mean' },
  })
  expect(bands.get('temperature_c')).toMatchObject({ min: [1, null], max: [2, null] })
  for (const query of asked) expect([query.get('from'), query.get('to')]).toEqual(['0', '3600000'])
})

test('a chart of more than fits into one answer is drawn to its end', async () => {
  const minuteMs = 60_000
  const rest = {
    async get(path: string) {
      const from = new URLSearchParams(path.split('?')[1]).get('from') ?? ''
      const ms = /^\d+$/.test(from) ? Number(from) : Date.parse(from)
      const isLast = ms === 2 * minuteMs
      const nextFrom = new Date(ms + minuteMs).toISOString()
      return { engine: 'sqlite', metrics: { my_own: [[ms, ms]] }, ...(!isLast && { nextFrom }) }
    },
  } as unknown as HttpClient // only `get` is called, and answers in the shape that is asked for
  const { bands } = await loadHistory(rest, {
    ...{ deviceId: 'w-1', metrics: ['my_own'], expectedMs: minuteMs, nowMs: 3 * minuteMs, spanMs: 3 * minuteMs },
    widthPx: 3,
  })
  expect(bands.get('my_own')?.times).toEqual([0, 60, 120])
})

test('a way that does not fit into one answer is asked for to its end, four answers at most', async () => {
  for (const [pages, asked] of [
    [3, 3],
    [99, 4],
  ] as const) {
    const paths: URLSearchParams[] = []
    const rest = {
      async get(path: string) {
        paths.push(new URLSearchParams(path.split('?')[1]))
        const nextFrom = paths.length < pages ? `2026-11-2${paths.length}T00:00:00.000Z` : undefined
        return { positions: [[paths.length, 3.6, 98.4]], ...(nextFrom !== undefined && { nextFrom }) }
      },
    } as unknown as HttpClient // only `get` is called, and answers in the shape that is asked for
    const way = await loadWay(rest, { deviceId: 'bus-1', metric: 'speed_kmh', nowMs: 5000, spanMs: 4000 })
    expect(way.map(({ atMs }) => atMs)).toEqual(Array.from({ length: asked }, (_none, index) => index + 1))
    expect(paths.map((query) => query.get('from')).slice(0, 3)).toEqual([
      '1000',
      '2026-11-21T00:00:00.000Z',
      '2026-11-22T00:00:00.000Z',
    ])
    for (const query of paths) expect([query.get('to'), query.get('metrics')]).toEqual(['5000', 'speed_kmh'])
  }
})

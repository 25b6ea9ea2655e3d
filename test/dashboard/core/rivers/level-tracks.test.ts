import { expect, test } from 'vitest'
import { createDeviceStore } from '../../../../dashboard/core/connection/store.ts'
import { createLevelTracks, minBetweenMs } from '../../../../dashboard/core/rivers/level-tracks.ts'
import { trendReachMs } from '../../../../domain/rivers/water-trend.ts'
import { deviceView, isoAt, someMs } from '../../../support/city/device-view.ts'

const gauge = (atMs: number, level: number | boolean, more = {}) =>
  deviceView({
    id: 'air-1',
    profile: 'river-gauge',
    metrics: { water_level_m: level },
    measuredAt: isoAt(atMs),
    ...more,
  })

function started() {
  const store = createDeviceStore()
  const tracks = createLevelTracks({ store })
  let seq = 0
  return {
    tracks,
    hear: (...devices: ReturnType<typeof gauge>[]) => store.applySnapshot({ seq: ++seq, at: isoAt(someMs), devices }),
  }
}

test('levels are kept in the order of their own time, however they came', () => {
  const { tracks, hear } = started()
  hear(gauge(someMs, 1.2))
  tracks.fill('air-1', [
    [someMs - 60_000, 1.1],
    [someMs - 120_000, 1],
    [someMs, 1.2],
  ])
  hear(gauge(someMs + 60_000, 1.3))
  expect(tracks.of('air-1')).toEqual([
    [someMs - 120_000, 1],
    [someMs - 60_000, 1.1],
    [someMs, 1.2],
    [someMs + 60_000, 1.3],
  ])
})

test('a gauge that speaks all the time, for days, is kept within its bound, the newest always', () => {
  const { tracks, hear } = started()
  const most = trendReachMs / minBetweenMs + 2
  for (let i = 0; i < 20_000; i += 7) hear(gauge(someMs + i * 1000, i))
  tracks.fill(
    'air-1',
    Array.from({ length: 50_000 }, (_, i) => [someMs + i * 400, 1] as const),
  )
  const points = tracks.of('air-1')
  expect(points.length).toBeLessThanOrEqual(most)
  expect(points.at(-1)?.[0]).toBe(someMs + 49_999 * 400)
  expect((points.at(-1)?.[0] ?? 0) - (points[0]?.[0] ?? 0)).toBeLessThanOrEqual(trendReachMs)
})

test('what the gauge itself doubts is no level, nor is a flag; a device that has gone is forgotten', () => {
  const { tracks, hear } = started()
  hear(gauge(someMs, 90, { faults: ['water_level_m'] }))
  hear(gauge(someMs + 60_000, false))
  expect(tracks.of('air-1')).toEqual([])
  hear(gauge(someMs + 120_000, 1))
  expect(tracks.of('air-1')).toHaveLength(1)
  hear()
  expect(tracks.of('air-1')).toEqual([])
})

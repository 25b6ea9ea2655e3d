import { expect, test } from 'vitest'
import { createCity } from '../../../../dashboard/core/city/city.ts'
import { createDeviceStore } from '../../../../dashboard/core/connection/store.ts'
import {
  gravestOf,
  nextSiaga,
  postLevels,
  type RiverPost,
  shareOfBar,
  siagaOf,
  type WaterView,
} from '../../../../dashboard/core/rivers/river-posts.ts'
import type { WaterTrend } from '../../../../domain/rivers/water-trend.ts'
import { deviceView, isoAt, someMs } from '../../../support/city/device-view.ts'

const siagaM = { 1: 4, 2: 3, 3: 2 }
const post = (id: string, more: Partial<RiverPost> = {}): RiverPost => ({
  ...{ id, name: id, riverId: 'bingai', lat: 3.6, lon: 98.48, distanceM: 0, siagaM },
  ...more,
})
const gauge = (id: string, level: number, more = {}) =>
  deviceView({ id, profile: 'river-gauge', metrics: { water_level_m: level }, lat: 3.6001, lon: 98.48, ...more })

function levelsOf(
  devices: ReturnType<typeof deviceView>[],
  posts: RiverPost[],
  nowMs = someMs,
  lost: number | null = null,
) {
  const store = createDeviceStore()
  store.applySnapshot({ seq: 1, at: isoAt(someMs), devices })
  const { devices: gauges, moment } = createCity({ store }).at(nowMs, lost)
  return postLevels({ riverId: 'bingai', posts, gauges, moment })
}

test.each([
  [0.4, 4],
  [1.999, 4],
  [2, 3],
  [3, 2],
  [3.99, 2],
  [4, 1],
  [9, 1],
] as const)('a level of %d m is siaga %d: a mark belongs to the graver', (level, siaga) => {
  expect(siagaOf(level, siagaM)).toBe(siaga)
})

test('posts stand in the order of the water, with the gauge that is at each', () => {
  const posts = [post('hilir', { distanceM: 9000, lat: 3.65 }), post('hulu'), post('lain', { riverId: 'mencirim' })]
  const levels = levelsOf([gauge('air-1', 2.5)], posts)
  expect(levels.map((level) => [level.post.id, level.gauge?.id, level.siaga])).toEqual([
    ['hulu', 'air-1', 3],
    ['hilir', undefined, null],
  ])
})

test('a level that is not the present means no siaga, whatever it was', () => {
  const flood = gauge('air-1', 4.3)
  expect(levelsOf([flood], [post('hulu')])[0]).toMatchObject({ siaga: 1, levelM: 4.3 })
  expect(levelsOf([flood], [post('hulu')], someMs + 200_000)[0]).toMatchObject({
    siaga: null,
    share: null,
    levelM: null,
  })
  expect(levelsOf([flood], [post('hulu')], someMs, 3000)[0]).toMatchObject({ siaga: null, levelM: null })
  expect(levelsOf([gauge('air-1', 4.3, { faults: ['water_level_m'] })], [post('hulu')])[0]?.siaga).toBeNull()
})

test('the bar holds every level, and its marks lie in it', () => {
  expect([shareOfBar(-1, siagaM), shareOfBar(99, siagaM)]).toEqual([0, 1])
  expect(shareOfBar(4, siagaM)).toBeLessThan(0.9)
})

const moving = (rateCmPerHour: number | null, rising = (rateCmPerHour ?? 0) > 0): WaterTrend => ({
  ...{ rateCmPerHour, rising, crest: null },
})

test('the next siaga is told only of a river that still rises, and not further ahead than a day', () => {
  expect(nextSiaga(1.9, siagaM, moving(20))).toEqual({ siaga: 3, inMs: expect.closeTo(1_800_000, 3) })
  expect(nextSiaga(2.5, siagaM, moving(20))).toMatchObject({ siaga: 2 })
  expect(nextSiaga(4.5, siagaM, moving(20))).toBeNull()
  expect(nextSiaga(1.9, siagaM, moving(-3))).toBeNull()
  expect(nextSiaga(1.9, siagaM, moving(20, false))).toBeNull()
  expect(nextSiaga(0.1, siagaM, moving(2))).toBeNull()
  expect(nextSiaga(1.9, siagaM, moving(null))).toBeNull()
})

test('of several posts the one at the gravest siaga speaks for the river; one that cannot be heard only alone', () => {
  const view = (siaga: WaterView['siaga'], share: number | null) =>
    ({
      siaga,
      share,
      trend: moving(null),
      sinceMs: null,
      last: null,
      gauge: undefined,
      levelM: null,
      post: post('a'),
    }) satisfies WaterView
  expect(gravestOf([view(4, 0.2), view(2, 0.7), view(null, null), view(3, 0.6)])?.siaga).toBe(2)
  expect(gravestOf([view(null, null), view(4, 0.2), view(4, 0.3)])).toMatchObject({ siaga: 4, share: 0.3 })
  expect(gravestOf([view(null, null)])?.siaga).toBeNull()
  expect(gravestOf([])).toBeUndefined()
})

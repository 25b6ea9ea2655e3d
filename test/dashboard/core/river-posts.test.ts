import { expect, test } from 'vitest'
import { createCity } from '../../../dashboard/core/city.ts'
import {
  nextSiaga,
  postLevels,
  type RiverPost,
  riseCmPerHour,
  shareOfBar,
  siagaOf,
} from '../../../dashboard/core/river-posts.ts'
import { createDeviceStore } from '../../../dashboard/core/store.ts'
import { deviceView, isoAt, someMs } from '../../helpers/device-view.ts'

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

const everyFive = (count: number, level: (i: number) => number): [number, number][] =>
  Array.from({ length: count }, (_, i) => [someMs - (count - 1 - i) * 300_000, level(i)])

test('the rise is that of the last hour', () => {
  expect(
    riseCmPerHour(
      everyFive(12, (i) => 1 + i * 0.01),
      someMs,
    ),
  ).toBeCloseTo(12, 6)
  expect(
    riseCmPerHour(
      everyFive(12, (i) => 1 - i * 0.005),
      someMs,
    ),
  ).toBeCloseTo(-6, 6)
  const steepBefore = everyFive(30, (i) => (i < 18 ? i : 18))
  expect(riseCmPerHour(steepBefore, someMs)).toBeCloseTo(0, 6)
})

test('too little heard, or too long ago, makes no rate', () => {
  expect(
    riseCmPerHour(
      everyFive(5, (i) => i),
      someMs,
    ),
  ).toBeNull()
  expect(
    riseCmPerHour(
      everyFive(12, (i) => i),
      someMs + 25 * 60_000,
    ),
  ).toBeNull()
  const close: [number, number][] = Array.from({ length: 12 }, (_, i) => [someMs - i * 1000, i])
  expect(riseCmPerHour(close, someMs)).toBeNull()
})

test('the next siaga is told only of a river that rises, and not further ahead than a day', () => {
  expect(nextSiaga(1.9, siagaM, 20)).toEqual({ siaga: 3, inMs: expect.closeTo(1_800_000, 3) })
  expect(nextSiaga(2.5, siagaM, 20)).toMatchObject({ siaga: 2 })
  expect(nextSiaga(4.5, siagaM, 20)).toBeNull()
  expect(nextSiaga(1.9, siagaM, -3)).toBeNull()
  expect(nextSiaga(1.9, siagaM, 0.5)).toBeNull()
  expect(nextSiaga(0.1, siagaM, 2)).toBeNull()
  expect(nextSiaga(1.9, siagaM, null)).toBeNull()
})

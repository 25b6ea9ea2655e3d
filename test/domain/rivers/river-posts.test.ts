import { expect, test } from 'vitest'
import { postLevels, type WaterView, waterViews, worstPost } from '../../../domain/rivers/river-posts.ts'
import type { RiverPost } from '../../../domain/rivers/siaga.ts'
import { type LevelPoint, unknownTrend } from '../../../domain/rivers/water-trend.ts'
import { someMs } from '../../support/city/device-view.ts'

const siagaM = { 1: 4, 2: 3, 3: 2 }
const post = (id: string, more: Partial<RiverPost> = {}): RiverPost => ({
  id,
  name: id,
  riverId: 'bingai',
  lat: 3.6,
  lon: 98.48,
  distanceM: 0,
  siagaM,
  ...more,
})

interface TestGauge {
  id: string
  place: { lat: number; lon: number } | null
  levelM: number | null
}
const gauge = (id: string, levelM: number | null, lat = 3.6001): TestGauge => ({
  id,
  place: { lat, lon: 98.48 },
  levelM,
})
const levelOf = ({ levelM }: TestGauge) => levelM

test('posts stand in the order of the water, with the gauge that is at each', () => {
  const posts = [post('hilir', { distanceM: 9000, lat: 3.65 }), post('hulu'), post('lain', { riverId: 'mencirim' })]
  const levels = postLevels({ riverId: 'bingai', posts, gauges: [gauge('air-1', 2.5)], levelOf })
  expect(levels.map((level) => [level.post.id, level.gauge?.id, level.siaga])).toEqual([
    ['hulu', 'air-1', 3],
    ['hilir', undefined, null],
  ])
})

test('of several gauges the nearest within 300 m measures a post; one without a place measures none', () => {
  const gauges = [gauge('jauh', 1, 3.604), gauge('dekat', 2, 3.6002), gauge('kedua', 3, 3.6009)]
  const at = (list: TestGauge[]) => postLevels({ riverId: 'bingai', posts: [post('hulu')], gauges: list, levelOf })[0]
  expect(at(gauges)?.gauge?.id).toBe('dekat')
  expect(at([{ ...gauge('tanpa', 1), place: null }, gauge('jauh', 1, 3.604)])?.gauge).toBeUndefined()
})

test('a gauge that tells no present level makes no siaga', () => {
  const [level] = postLevels({ riverId: 'bingai', posts: [post('hulu')], gauges: [gauge('air-1', null)], levelOf })
  expect(level).toMatchObject({ gauge: { id: 'air-1' }, siaga: null, share: null, levelM: null })
})

test('a post has the trend of its gauge while it is heard, and what was heard last when it is not', () => {
  const points: LevelPoint[] = [
    [someMs - 60_000, 1.9],
    [someMs - 30_000, 3.1],
  ]
  const options = { posts: [post('hulu')], nowMs: someMs, levelOf, pointsOf: () => points }
  const rising = { rateCmPerHour: 40, rising: true, crest: null }
  const [heard] = waterViews({ ...options, gauges: [gauge('air-1', 3.1)], trendOf: () => rising })
  expect(heard).toMatchObject({ siaga: 2, trend: rising, sinceMs: someMs - 30_000, last: null })
  const [silent] = waterViews({ ...options, gauges: [gauge('air-1', null)], trendOf: () => rising })
  const last = { atMs: someMs - 30_000, levelM: 3.1, siaga: 2 }
  expect(silent).toMatchObject({ siaga: null, trend: unknownTrend, sinceMs: null, last })
})

test('of several posts the one at the gravest siaga speaks for the river; one that cannot be heard only alone', () => {
  const view = (siaga: WaterView<TestGauge>['siaga'], share: number | null) => ({ siaga, share })
  expect(worstPost([view(4, 0.2), view(2, 0.7), view(null, null), view(3, 0.6)])?.siaga).toBe(2)
  expect(worstPost([view(null, null), view(4, 0.2), view(4, 0.3)])).toMatchObject({ siaga: 4, share: 0.3 })
  expect(worstPost([view(null, null)])?.siaga).toBeNull()
  expect(worstPost([])).toBeUndefined()
})

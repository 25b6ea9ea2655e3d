import { expect, test } from 'vitest'
import { nextSiaga, shareOfBar, siagaOf, siagaSince } from '../../../domain/rivers/siaga.ts'
import type { LevelPoint, WaterTrend } from '../../../domain/rivers/water-trend.ts'
import { someMs } from '../../support/city/device-view.ts'

const siagaM = { 1: 4, 2: 3, 3: 2 }

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

test('the bar holds every level, and its marks lie in it', () => {
  expect([shareOfBar(-1, siagaM), shareOfBar(99, siagaM)]).toEqual([0, 1])
  expect(shareOfBar(4, siagaM)).toBeLessThan(0.9)
})

const moving = (rateCmPerHour: number | null, rising = (rateCmPerHour ?? 0) > 0): WaterTrend => ({
  rateCmPerHour,
  rising,
  crest: null,
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

test('a siaga began with the first level of it since a calmer one; unknown where none was heard', () => {
  const points: LevelPoint[] = [2.9, 3, 4.5, 3.2].map((levelM, i) => [someMs + i * 60_000, levelM])
  expect(siagaSince(points, 2, siagaM)).toBe(someMs + 60_000)
  expect(siagaSince(points, 3, siagaM)).toBeNull()
  expect(siagaSince([], 2, siagaM)).toBeNull()
})

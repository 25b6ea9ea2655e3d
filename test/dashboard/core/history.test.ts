import { expect, test } from 'vitest'
import { chooseEvery, gapAfterMs, joinBand } from '../../../dashboard/core/history.ts'

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

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nextSiaga } from '../../../domain/rivers/siaga.ts'
import { type LevelPoint, trendReachMs, waterTrend } from '../../../domain/rivers/water-trend.ts'
import { someMs } from '../../support/city/device-view.ts'
import { seeded } from '../../support/city/scripted-city.ts'

const minuteMs = 60_000
const siagaM = { 1: 6, 2: 5, 3: 4.5 }

/** Readings one a step until `someMs`. */
const every = (minutes: number, count: number, levelM: (i: number) => number): LevelPoint[] =>
  Array.from({ length: count }, (_, i) => [someMs - (count - 1 - i) * minutes * minuteMs, levelM(i)])

test('the rate is that of the last minutes, in both directions', () => {
  expect(
    waterTrend(
      every(1, 40, (i) => 1 + i * 0.01),
      someMs,
    ),
  ).toMatchObject({ rateCmPerHour: expect.closeTo(60, 6), rising: true })
  expect(
    waterTrend(
      every(5, 12, (i) => 2 - i * 0.01),
      someMs,
    ),
  ).toMatchObject({ rateCmPerHour: expect.closeTo(-12, 6), rising: false })
  expect(
    waterTrend(
      every(10, 6, (i) => 1 + i * 0.05),
      someMs,
    ),
  ).toMatchObject({ rateCmPerHour: expect.closeTo(30, 6), rising: true })
  const steepBefore = every(5, 30, (i) => Math.min(i, 18))
  expect(waterTrend(steepBefore, someMs)).toMatchObject({ rateCmPerHour: 0, rising: false })
})

test('too little heard, or nothing new, makes no rate', () => {
  const none = { rateCmPerHour: null, rising: false }
  expect(waterTrend([], someMs)).toMatchObject(none)
  expect(
    waterTrend(
      every(5, 2, (i) => i),
      someMs,
    ),
  ).toMatchObject(none)
  expect(
    waterTrend(
      every(5, 12, (i) => i),
      someMs + 16 * minuteMs,
    ),
  ).toMatchObject(none)
  // One that is late may be right, but is not carried forward.
  expect(
    waterTrend(
      every(5, 12, (i) => 1 + i * 0.1),
      someMs + 10 * minuteMs,
    ),
  ).toMatchObject({ rising: false })
})

test('one reading out of line moves nothing, at the end neither', () => {
  for (const at of [10, 20, 38, 39]) {
    const spiked = every(1, 40, (i) => (i === at ? 5 : 1))
    expect(waterTrend(spiked, someMs)).toEqual({ rateCmPerHour: 0, rising: false, crest: null })
  }
})

test('after the crest its time stands beside the fall; a new rise ends that', () => {
  const wave = every(1, 80, (i) => (i < 40 ? 1 + i * 0.05 : 3 - (i - 40) * 0.02))
  const fallen = waterTrend(wave, someMs)
  expect(fallen).toMatchObject({ rateCmPerHour: expect.closeTo(-120, 3), rising: false })
  expect(fallen.crest).toMatchObject({
    atMs: expect.closeTo(someMs - 39.5 * minuteMs, -5),
    levelM: expect.closeTo(3, 1),
  })
  const again = every(1, 100, (i) => (i < 40 ? 1 + i * 0.05 : i < 70 ? 3 - (i - 40) * 0.02 : 2.4 + (i - 70) * 0.03))
  expect(waterTrend(again, someMs)).toMatchObject({ rising: true, crest: null })
})

test('where it has just turned no rate is true', () => {
  const turned = every(1, 60, (i) => (i < 52 ? 1 + i * 0.05 : 3.6 - (i - 52) * 0.05))
  expect(waterTrend(turned, someMs)).toMatchObject({ rising: false, crest: { levelM: expect.closeTo(3.6, 1) } })
})

/** A flood as a gauge tells it: noise, lost and doubled readings, single spikes, a blank spot. */
interface Flood {
  seed: number
  everyMin: number
  noiseM: number
  baseM: number
  heightM: number
  riseMin: number
  /** Length of the fall, of that of the rise. */
  fall: number
  shape: 'straight' | 'round' | 'smooth'
  blankMin: number
}

const floods: fc.Arbitrary<Flood> = fc.record({
  seed: fc.integer(),
  everyMin: fc.constantFrom(1, 2, 3, 5, 10),
  noiseM: fc.constantFrom(0.002, 0.005, 0.01, 0.02),
  baseM: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
  heightM: fc.double({ min: 0.5, max: 4, noNaN: true }),
  riseMin: fc.integer({ min: 20, max: 240 }),
  fall: fc.double({ min: 0.6, max: 2.5, noNaN: true }),
  shape: fc.constantFrom('straight', 'round', 'smooth'),
  blankMin: fc.constantFrom(0, 0, 15, 45),
})

const calmMin = 120
const shapes = {
  straight: (x: number) => x,
  round: (x: number) => (1 - Math.cos(Math.PI * x)) / 2,
  smooth: (x: number) => x * x * (3 - 2 * x),
}

/** Level of a flood at a minute, without noise, m. */
function levelAt({ baseM, heightM, riseMin, fall, shape }: Flood, min: number): number {
  const up = (min - calmMin) / riseMin
  const down = 1 - (min - calmMin - riseMin) / (riseMin * fall)
  return baseM + heightM * shapes[shape](Math.max(0, Math.min(up, down, 1)))
}

function readingsOf(flood: Flood) {
  const random = seeded(flood.seed)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const crestMin = calmMin + flood.riseMin
  const endMin = crestMin + flood.riseMin * flood.fall + 120
  const blankFrom = random() * endMin
  const points: LevelPoint[] = []
  let spikedAt = -4
  /** A reading alone that is wrong. */
  const spikeM = () => {
    if (points.length - spikedAt <= 3 || random() > 0.01) return 0
    spikedAt = points.length
    return (random() < 0.5 ? -1 : 1) * (0.2 + 2 * random())
  }
  for (let i = 0; i * flood.everyMin < endMin; i++) {
    const min = i * flood.everyMin + random() * 0.1 * flood.everyMin
    const isBlank = min > blankFrom && min < blankFrom + flood.blankMin
    if (isBlank || random() < 0.05) continue
    const point: LevelPoint = [Math.round(min * minuteMs), levelAt(flood, min) + flood.noiseM * normal() + spikeM()]
    points.push(point)
    if (random() < 0.03) points.push(point)
  }
  return { points, crestMs: crestMin * minuteMs, endMs: endMin * minuteMs, startMs: calmMin * minuteMs }
}

/** Each minute, what would be told of what had been heard until then. */
function* toldBy({ points, endMs }: ReturnType<typeof readingsOf>) {
  for (let nowMs = 60 * minuteMs; nowMs < endMs; nowMs += minuteMs) {
    const heard = points.slice(
      points.findIndex(([ms]) => ms > nowMs - trendReachMs),
      points.findLastIndex(([ms]) => ms <= nowMs) + 1,
    )
    const [, levelM = 0] = heard.at(-1) ?? []
    yield { nowMs, forecast: nextSiaga(levelM, siagaM, waterTrend(heard, nowMs)) }
  }
}

test('a flood that has passed its crest is never forecast to rise', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(floods, (flood) => {
      const wave = readingsOf(flood)
      const after = wave.points.filter(([ms]) => ms > wave.crestMs)
      // Nobody can know before three readings told of it.
      const thirdMs = after[2]?.[0] ?? Number.POSITIVE_INFINITY
      const knownMs = Math.max(wave.crestMs + 20 * minuteMs, thirdMs + flood.everyMin * minuteMs)
      for (const { nowMs, forecast } of toldBy(wave)) {
        if (forecast !== null && nowMs > knownMs) return false
      }
      return true
    }),
    { numRuns: 50, seed: 20261129 },
  )
})

test('a flood is forecast while it rises, and early', { timeout: 60_000 }, () => {
  const steady = floods.map((flood) => ({ ...flood, shape: 'straight' as const, blankMin: 0 }))
  fc.assert(
    fc.property(steady, (flood) => {
      // A rise that can be told from the noise, and lasts long enough to be told of.
      const cmPerHour = (flood.heightM * 100 * 60) / flood.riseMin
      fc.pre(cmPerHour > Math.max(50, 800 * flood.noiseM * flood.everyMin) && flood.riseMin >= 60)
      const wave = readingsOf(flood)
      const [seventhMs = 0] = wave.points.filter(([ms]) => ms > wave.startMs)[6] ?? []
      const latestMs = Math.max(wave.startMs + 25 * minuteMs, seventhMs)
      for (const { nowMs, forecast } of toldBy(wave))
        if (forecast !== null && nowMs > wave.startMs) return nowMs <= latestMs
      return false
    }),
    { numRuns: 30, seed: 20261129 },
  )
})

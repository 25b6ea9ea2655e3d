import fc from 'fast-check'
import { expect, test } from 'vitest'
import { drawDelayMs, drawnAt, jumpRules, legBetween } from '../../../../dashboard/core/movement/motion.ts'
import { distanceM } from '../../../../domain/geo/geo.ts'
import type { Fix } from '../../../../domain/transit/fix.ts'
import { someMs } from '../../../support/city/device-view.ts'

const expectedMs = 5000
const fix = (lat: number, lon: number, atMs: number): Fix => ({
  lat,
  lon,
  measuredAtMs: atMs,
  receivedAtMs: atMs + 120,
})

/** Two fixes some seconds and some metres apart, and a moment. */
const legs = fc
  .record({
    lat: fc.double({ min: 3.52, max: 3.68, noNaN: true }),
    lon: fc.double({ min: 98.43, max: 98.54, noNaN: true }),
    dLat: fc.double({ min: -0.006, max: 0.006, noNaN: true }),
    dLon: fc.double({ min: -0.006, max: 0.006, noNaN: true }),
    tookMs: fc.integer({ min: 1, max: 40_000 }),
    afterMs: fc.integer({ min: -5000, max: 60_000 }),
  })
  .map(({ lat, lon, dLat, dLon, tookMs, afterMs }) => ({
    from: fix(lat, lon, someMs - tookMs),
    to: fix(lat + dLat, lon + dLon, someMs),
    nowMs: someMs + afterMs,
  }))

test('a mover is always on the way between its last two fixes, never past the last', () => {
  fc.assert(
    fc.property(legs, ({ from, to, nowMs }) => {
      const at = drawnAt(from, to, { nowMs, expectedMs, still: false })
      const whole = distanceM(from, to)
      expect(distanceM(from, at) + distanceM(at, to)).toBeLessThanOrEqual(whole + 0.01)
    }),
    { numRuns: 10_000 },
  )
})

test('a mover never goes back on its way', () => {
  fc.assert(
    fc.property(legs, fc.integer({ min: 0, max: 20_000 }), ({ from, to, nowMs }, laterMs) => {
      const way = (at: number) => distanceM(drawnAt(from, to, { nowMs: at, expectedMs, still: false }), to)
      expect(way(nowMs + laterMs)).toBeLessThanOrEqual(way(nowMs) + 1e-6)
    }),
  )
})

test('what may not have been driven is never drawn as driven', () => {
  fc.assert(
    fc.property(legs, ({ from, to, nowMs }) => {
      const tookMs = to.measuredAtMs - from.measuredAtMs
      const speedKmh = (distanceM(from, to) / tookMs) * 3600
      const forbidden =
        speedKmh > jumpRules.maxSpeedKmh || distanceM(from, to) > jumpRules.maxDistanceM || tookMs > 3 * expectedMs
      expect(legBetween(from, to, expectedMs)).toBe(forbidden ? 'jump' : 'glide')
      if (forbidden) expect(drawnAt(from, to, { nowMs, expectedMs, still: false })).toBe(to)
    }),
  )
})

test('two screens draw the same spot, for it follows from the server alone', () => {
  const [from, to] = [fix(3.6, 98.48, someMs - 5000), fix(3.6003, 98.48, someMs)]
  const nowMs = to.receivedAtMs + drawDelayMs + 2500
  const at = drawnAt(from, to, { nowMs, expectedMs, still: false })
  expect(at.lat).toBeCloseTo(3.60015, 8)
})

test('stands at the last fix when motion is stopped', () => {
  const [from, to] = [fix(3.6, 98.48, someMs - 5000), fix(3.6003, 98.48, someMs)]
  expect(drawnAt(from, to, { nowMs: to.receivedAtMs, expectedMs, still: true })).toBe(to)
})

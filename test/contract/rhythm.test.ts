import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { metrics } from '../../contract/metrics.ts'
import type { SimulatedMemory, SimulatedMoment } from '../../contract/profile.ts'
import { bell, daylight, measured, passedHour, poisson, wander } from '../../contract/rhythm.ts'

const moment: SimulatedMoment = {
  nowMs: 0,
  hour: 12,
  weekend: false,
  elapsedS: 60,
  random: Math.random,
  rainMmh: 0,
  flood: 0,
  mains: true,
}
const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

test('a bell is highest at its hour and joined at midnight', () => {
  expect(bell(23, { at: 23, width: 2 })).toBe(1)
  expect(bell(1, { at: 23, width: 2 })).toBeCloseTo(bell(21, { at: 23, width: 2 }), 9)
})

test('the sun is up from a quarter past six to half past six', () => {
  expect([0, 6, 19, 23.9].map(daylight)).toEqual([0, 0, 0, 0])
  expect(daylight(12.375)).toBeCloseTo(1, 9)
})

test('counts follow their mean', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.1, max: 200, noNaN: true }), fc.integer(), (mean, seed) => {
      const random = () => {
        seed = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ (seed >>> 13)
        return (seed >>> 0) / 4_294_967_296
      }
      const drawn = poisson(random, mean)
      expect(Number.isInteger(drawn) && drawn >= 0).toBe(true)
    }),
  )
})

test('wandering stays near 0, whatever the step', () => {
  const memory: SimulatedMemory = {}
  const values = Array.from({ length: 5000 }, () => wander(memory, 'x', { moment, spread: 2, settleS: 600 }))
  expect(Math.max(...values.map(Math.abs))).toBeLessThan(14)
  expect(wander(memory, 'x', { moment: { ...moment, elapsedS: 1e9 }, spread: 2, settleS: 600 })).toBeLessThan(14)
})

test('an hour is passed once a day, over midnight too', () => {
  const memory: SimulatedMemory = {}
  const hours = Array.from({ length: 24 * 6 * 2 }, (_, step) => (step / 6 + 20) % 24)
  const passed = hours.filter((hour) => passedHour(memory, { ...moment, hour }, 6))
  expect(passed).toEqual([6, 6])
})

describe('measured', () => {
  test('keeps to range and decimals of the metric, and leaves booleans alone', () => {
    expect(measured({ speed_kmh: 300.4, water_level_m: 1.23456, humidity_pct: -0.2, ignition: true })).toEqual({
      speed_kmh: 250,
      water_level_m: 1.23,
      humidity_pct: 0,
      ignition: true,
    })
  })

  test('gives a number that may be stored for any that is finite', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), share, (exact, part) => {
        const names = Object.keys(metrics)
        // Keys of the dictionary are metric names.
        const name = names[Math.floor(part * names.length)] as keyof typeof metrics
        const value = Number(measured({ [name]: exact })[name])
        expect(value >= metrics[name].min && value <= metrics[name].max).toBe(true)
        expect(Object.is(value, -0)).toBe(false)
      }),
    )
  })
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  decodeArrival,
  decodeDegrees,
  decodeMetric,
  encodeArrival,
  encodeDegrees,
  encodeMetric,
  fitsColumn,
} from '../../../../storage/telemetry/sqlite/sqlite-values.ts'

/** -0 is kept as 0: no instrument means anything else by it. */
const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value))

test('every value that fits a column comes back bit by bit', () => {
  fc.assert(
    fc.property(finite.filter(fitsColumn), (value) => {
      expect(decodeMetric(encodeMetric(value))).toBe(value)
    }),
  )
})

test('values with few decimals become small whole numbers', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1_000_000, max: 1_000_000 }), fc.integer({ min: 0, max: 3 }), (digits, decimals) => {
      const value = digits / 10 ** decimals
      expect(Number.isInteger(encodeMetric(value))).toBe(true)
      expect(decodeMetric(encodeMetric(value))).toBe(value)
    }),
  )
})

test('every position comes back bit by bit', () => {
  const degrees = fc.double({ min: -180, max: 180, noNaN: true }).map((value) => (Object.is(value, -0) ? 0 : value))
  fc.assert(
    fc.property(degrees, (value) => {
      expect(decodeDegrees(encodeDegrees(value))).toBe(value)
    }),
  )
})

test('how a reading came comes back, also when its clock was ahead', () => {
  const arrival = fc.record({
    lagMs: fc.integer({ min: -1e12, max: 1e12 }),
    serverTime: fc.boolean(),
    simulated: fc.boolean(),
  })
  fc.assert(
    fc.property(arrival, (value) => {
      expect(decodeArrival(encodeArrival(value))).toEqual(value)
    }),
  )
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dayMs, iso, msOf } from '../../contract/time.ts'

test('a moment is written in UTC with milliseconds, an unknown one is null, and reading gives it back', () => {
  expect(iso(dayMs + 1)).toBe('1970-01-02T00:00:00.001Z')
  expect([iso(null), iso(undefined)]).toEqual([null, null])
  expect(msOf(iso(1_795_000_000_123))).toBe(1_795_000_000_123)
  expect(msOf(null)).toBeNull()
})

test('a moment is written as Date writes it, whichever was written before it', () => {
  const moment = fc.oneof(
    fc.integer({ min: -(2 ** 53), max: 2 ** 53 }),
    fc.integer({ min: 1_795_000_000_000, max: 1_795_000_120_000 }),
    fc.double({ min: -1e13, max: 1e13, noNaN: true }),
  )
  const written = (write: () => string | null) => {
    try {
      return write()
    } catch (error) {
      return String(error)
    }
  }
  fc.assert(
    fc.property(fc.array(moment, { maxLength: 20 }), (moments) => {
      for (const ms of moments) expect(written(() => iso(ms))).toBe(written(() => new Date(ms).toISOString()))
    }),
  )
  for (const ms of [0, -1, 59_999, 60_000, 253_402_300_799_999, 253_402_300_800_000])
    expect(iso(ms)).toBe(new Date(ms).toISOString())
})

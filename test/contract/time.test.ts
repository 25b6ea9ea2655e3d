import { expect, test } from 'vitest'
import { dayMs, iso, msOf } from '../../contract/time.ts'

test('a moment is written in UTC with milliseconds, an unknown one is null, and reading gives it back', () => {
  expect(iso(dayMs + 1)).toBe('1970-01-02T00:00:00.001Z')
  expect([iso(null), iso(undefined)]).toEqual([null, null])
  expect(msOf(iso(1_795_000_000_123))).toBe(1_795_000_000_123)
  expect(msOf(null)).toBeNull()
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { deviceStates } from '../../../../contract/state.ts'
import { periodAt, stripParts } from '../../../../dashboard/core/city/state-strip.ts'
import { periodsOf } from '../../../../domain/state-history.ts'

const span = { fromMs: 1000, toMs: 2000, knownUntilMs: Number.POSITIVE_INFINITY }
const changes = fc
  .uniqueArray(fc.record({ atMs: fc.integer({ min: 0, max: 2500 }), state: fc.constantFrom(...deviceStates) }), {
    selector: ({ atMs }) => atMs,
    maxLength: 40,
  })
  .map((list) => list.map((one) => ({ ...one, cause: null })).toSorted((one, other) => one.atMs - other.atMs))

test('a failure of a millisecond in a month is on the strip, and nothing but what was', () => {
  fc.assert(
    fc.property(changes, fc.integer({ min: 1, max: 50 }), (list, columns) => {
      const periods = periodsOf(list, span)
      const parts = stripParts({ ...span, periods }, columns)
      expect(parts.reduce((sum, part) => sum + part.columns, 0)).toBe(columns)
      const states = new Set(periods.map(({ state }) => state))
      for (const { state } of parts) expect(states).toContain(state)
      if (states.has('offline')) expect(parts.map(({ state }) => state)).toContain('offline')
    }),
  )
})

test('a moment belongs to the period that it lies in, the end to the last one', () => {
  const periods = periodsOf(
    [
      { atMs: 1000, state: 'online', cause: null },
      { atMs: 1500, state: 'offline', cause: 'no-data' },
    ],
    span,
  )
  expect([1000, 1499, 1500, 2000].map((ms) => periodAt(periods, ms))).toEqual([0, 0, 1, 1])
})

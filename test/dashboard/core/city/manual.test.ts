import { expect, test } from 'vitest'
import { sealManual } from '../../../../dashboard/core/city/manual.ts'
import { marksOf } from '../../../../dashboard/core/connection/history.ts'
import { isoAt, someMs } from '../../../support/city/device-view.ts'

const hourMs = 3_600_000
const manual = sealManual({ at: isoAt(someMs), role: 'operator', metrics: { water_level_m: 2.34 } })
const draw = (nowMs: number, lostForMs: number | null = null, metric = 'water_level_m') =>
  manual?.draw(metric, { nowMs, lostForMs })

test('a reading by hand comes out with its age and role only', () => {
  expect(draw(someMs + 5000)).toEqual({ value: 2.34, atMs: someMs, ageMs: 5000, role: 'operator', present: true })
  expect(draw(someMs - 5000)).toMatchObject({ ageMs: 0, present: true })
  expect(JSON.stringify(manual)).not.toContain('2.34')
  expect(draw(someMs, null, 'battery_v')).toBeUndefined()
  expect(draw(someMs, null, 'constructor')).toBeUndefined()
  expect(sealManual(null)).toBeNull()
})

test('it is of the present for an hour, is shown for a day, and not at all when the server was lost for long', () => {
  expect(draw(someMs + hourMs)?.present).toBe(true)
  expect(draw(someMs + hourMs + 1)?.present).toBe(false)
  expect(draw(someMs + 24 * hourMs)?.present).toBe(false)
  expect(draw(someMs + 24 * hourMs + 1)).toBeUndefined()
  expect(draw(someMs, 3000)?.present).toBe(false)
  expect(draw(someMs, 300_001)).toBeUndefined()
})

test('charts get the values of their metric, with the author where one may be named', () => {
  const at = isoAt(someMs)
  const both = [
    { at, role: 'operator' as const, author: 'siti', metrics: { water_level_m: 2.34, battery_v: 12 } },
    { at, role: 'admin' as const, metrics: { water_level_m: 2.5 } },
    { at, role: 'admin' as const, metrics: { battery_v: 12 } },
  ]
  expect(marksOf({ manual: both }, 'water_level_m', 'MANUAL')).toEqual([
    { atMs: someMs, value: 2.34, name: 'siti' },
    { atMs: someMs, value: 2.5, name: 'MANUAL' },
  ])
})

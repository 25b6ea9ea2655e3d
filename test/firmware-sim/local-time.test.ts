import { expect, test } from 'vitest'
import { createLocalClock } from '../../firmware-sim/local-time.ts'

test.each([
  ['Asia/Jakarta', '2026-11-21T01:30:00Z', 8.5, true],
  ['Asia/Jakarta', '2026-11-20T16:59:00Z', 23 + 59 / 60, false],
  ['Asia/Jakarta', '2026-11-20T17:00:00Z', 0, true],
  ['Asia/Jayapura', '2026-11-22T15:00:00Z', 0, false],
  ['UTC', '2026-11-22T12:00:00Z', 12, true],
  ['Asia/Kathmandu', '2026-11-23T00:00:00Z', 5.75, false],
  ['America/St_Johns', '2026-11-23T00:00:00Z', 20.5, true],
])('in %s, %s is hour %d', (zone, moment, hour, weekend) => {
  const local = createLocalClock(zone)(Date.parse(moment))
  expect(local.hour).toBeCloseTo(hour, 6)
  expect(local.weekend).toBe(weekend)
})

test('the hour follows a change to summer time within the hour', () => {
  const clock = createLocalClock('Europe/Berlin')
  expect(clock(Date.parse('2026-03-29T00:59:59Z')).hour).toBeCloseTo(2, 2)
  expect(clock(Date.parse('2026-03-29T01:00:00Z')).hour).toBeCloseTo(3, 2)
})

import { expect, test } from 'vitest'
import { createClockWatch } from '../../../api/live/clock-watch.ts'

test('a clock that is set is told once, by how much; one that drifts is not', () => {
  const clock = { now: 1_000_000, steady: 0 }
  const moved = createClockWatch(
    () => clock.now,
    () => clock.steady,
  )
  const pass = (ms: number, setByMs = 0) => {
    clock.steady += ms
    clock.now += ms + setByMs
    return moved()
  }
  expect(pass(1000)).toBe(0)
  expect(pass(1000, 3)).toBe(0)
  expect(pass(1000, 3_600_000)).toBe(3_600_000)
  expect(pass(1000)).toBe(0)
  expect(pass(60_000, -3_600_000)).toBe(-3_600_000)
  expect(pass(1000, 1500)).toBe(0)
  expect(pass(1000, 1500)).toBe(0)
})

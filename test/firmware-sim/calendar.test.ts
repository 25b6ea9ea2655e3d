import { expect, test } from 'vitest'
import { createCalendar } from '../../firmware-sim/calendar.ts'

test('does what is due, in the order of time, once', () => {
  const calendar = createCalendar(1000)
  const done: string[] = []
  calendar.at(5000, () => done.push('late'))
  calendar.at(1500, () => done.push('soon'))
  calendar.at(500, () => done.push('overdue'))
  calendar.advance(1400)
  expect(done).toEqual(['overdue'])
  calendar.advance(4999)
  calendar.advance(6000)
  calendar.advance(9000)
  expect(done).toEqual(['overdue', 'soon', 'late'])
})

test('never does anything before its time, and catches up after a pause', () => {
  const calendar = createCalendar(0)
  const early: number[] = []
  let nowMs = 0
  for (let dueMs = 0; dueMs < 3000; dueMs += 7) calendar.at(dueMs, () => early.push(nowMs - dueMs))
  for (nowMs = 0; nowMs <= 1000; nowMs += 33) calendar.advance(nowMs)
  nowMs = 3100
  calendar.advance(nowMs)
  expect(early.length).toBe(Math.ceil(3000 / 7))
  expect(Math.min(...early)).toBeGreaterThanOrEqual(0)
})

test('what books itself anew is done again, and nothing after a clear', () => {
  const calendar = createCalendar(0)
  let times = 0
  const again = (dueMs: number) =>
    calendar.at(dueMs, () => {
      times += 1
      again(dueMs + 100)
    })
  again(0)
  calendar.advance(1000)
  expect(times).toBe(11)
  calendar.clear()
  calendar.advance(9000)
  expect(times).toBe(11)
})

import { expect, test } from 'vitest'
import { createReloadPolicy } from '../../../../dashboard/core/kiosk/reload-policy.ts'
import { someMs } from '../../../support/city/device-view.ts'

const minuteMs = 60_000

/** A tab: what it remembers outlives its pages. */
function tab({ unattended = true } = {}) {
  const kept = new Map<string, string>()
  const state = { nowMs: someMs, loads: 0 }
  const open = () =>
    createReloadPolicy({
      nowMs: () => state.nowMs,
      unattended: () => unattended,
      memory: { getItem: (key) => kept.get(key) ?? null, setItem: (key, words) => void kept.set(key, words) },
      reload: { after: () => void state.loads++ },
    })
  return { state, open }
}

test('too much memory loads the page anew, once; as much as is allowed does not', () => {
  const { state, open } = tab()
  const guard = open()
  guard.measured(null)
  guard.measured(600)
  expect(state.loads).toBe(0)
  for (let i = 0; i < 5; i++) guard.measured(600.1)
  expect(state.loads).toBe(1)
  expect(guard.fault.get()).toBeNull()
})

test('a page that stood still for more than 5 s is loaded anew', () => {
  const { state, open } = tab()
  const guard = open()
  guard.stoodStill(5000)
  expect(state.loads).toBe(0)
  guard.stoodStill(5001)
  expect(state.loads).toBe(1)
})

test('three errors within ten minutes load it anew, three in a longer time do not', () => {
  const { state, open } = tab()
  const guard = open()
  for (const atMinute of [0, 5, 10, 15]) {
    state.nowMs = someMs + atMinute * minuteMs
    guard.failed()
  }
  expect(state.loads).toBe(0)
  state.nowMs = someMs + 19 * minuteMs
  guard.failed()
  expect(state.loads).toBe(1)
})

test('after three times in an hour it stays and says so, and goes on when the hour is over', () => {
  const { state, open } = tab()
  for (let i = 0; i < 3; i++) {
    open().measured(700)
    state.nowMs += 10 * minuteMs
  }
  const last = open()
  last.measured(700)
  expect(state.loads).toBe(3)
  expect(last.fault.get()).toEqual({ key: 'own.page.memory', params: { n: 3 } })
  state.nowMs = someMs + 60 * minuteMs - 1
  last.measured(700)
  expect(state.loads).toBe(3)
  state.nowMs += 1
  last.measured(700)
  expect(state.loads).toBe(4)
})

test('a page under the hands of a person is left as it is', () => {
  const { state, open } = tab({ unattended: false })
  const guard = open()
  guard.measured(900)
  guard.stoodStill(20_000)
  for (let i = 0; i < 9; i++) guard.failed()
  expect(state.loads).toBe(0)
  expect(guard.fault.get()).toBeNull()
})

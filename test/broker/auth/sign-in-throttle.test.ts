import { expect, test } from 'vitest'
import { createSignInThrottle } from '../../../broker/auth/sign-in-throttle.ts'

function throttled(failedPerMinute = 10) {
  const clock = { ms: 1_000_000 }
  return { clock, throttle: createSignInThrottle(failedPerMinute, () => clock.ms) }
}

test('a wrong key waits after ten in a minute, for this name at this network only, and the minute ends', () => {
  const { clock, throttle } = throttled()
  const waits = Array.from({ length: 16 }, () => throttle.failed('10.0.0.1', 'bus-1'))
  expect(waits).toEqual([...new Array(10).fill(0), 250, 500, 1000, 2000, 3000, 3000])
  expect(throttle.failed('10.0.0.1', 'bus-2')).toBe(0)
  expect(throttle.failed('10.0.0.2', 'bus-1')).toBe(0)
  clock.ms += 60_000
  expect(throttle.failed('10.0.0.1', 'bus-1')).toBe(0)
})

test('the addresses of a /64 are one', () => {
  const { throttle } = throttled()
  for (let n = 0; n < 10; n++) throttle.failed(`2001:db8:1:2::${n}`, 'bus-1')
  expect(throttle.failed('2001:db8:1:2:9:9:9:9', 'bus-1')).toBe(250)
})

test('other names push no name out, and are slowed themselves at 200 from one network', () => {
  const { throttle } = throttled()
  for (let n = 0; n < 11; n++) throttle.failed('10.0.0.1', 'bus-1')
  const waits = Array.from({ length: 20_000 }, (_none, n) => throttle.failed('10.0.0.9', `name ${n}`))
  expect(waits.findIndex((wait) => wait > 0)).toBe(200)
  expect(waits.at(-1)).toBe(3000)
  expect(throttle.failed('10.0.0.1', 'bus-1')).toBe(500)
})

import { expect, test } from 'vitest'
import { createTokenBuckets } from '../../contract/token-buckets.ts'

test('a bucket fills up at its rate to its burst, also out of debt, and never by a clock that is set back', () => {
  const clock = { nowMs: 1000 }
  const buckets = createTokenBuckets({ perS: 4, burst: 10, most: 5, now: () => clock.nowMs })
  buckets.of('one').tokens -= 14
  expect(buckets.of('one').tokens).toBe(-4)
  expect(buckets.of('other').tokens).toBe(10)
  clock.nowMs += 1500
  expect(buckets.of('one').tokens).toBe(2)
  clock.nowMs -= 60_000
  expect(buckets.of('one').tokens).toBe(2)
  clock.nowMs += 3_600_000
  expect(buckets.of('one').tokens).toBe(10)
})

test('of more keys than the bound the one that was quiet longest goes', () => {
  const buckets = createTokenBuckets({ perS: 4, burst: 10, most: 2, now: () => 0 })
  for (const key of ['a', 'b', 'a', 'c']) buckets.of(key).tokens -= 1
  expect(buckets.size()).toBe(2)
  expect([buckets.of('a').tokens, buckets.of('c').tokens, buckets.of('b').tokens]).toEqual([8, 9, 10])
})

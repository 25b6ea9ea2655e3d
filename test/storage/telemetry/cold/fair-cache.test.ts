import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createFairCache } from '../../../../storage/telemetry/cold/fair-cache.ts'

const limits = { maxBytes: 100, maxOfOwner: 40 }

test('an owner that takes in more and more gives up its own, longest unused first', () => {
  const cache = createFairCache<number>(limits)
  cache.put('quiet', 'day', { value: 7, bytes: 40 })
  for (let n = 0; n < 1000; n += 1) {
    cache.get('loud', '0')
    cache.put('loud', String(n), { value: n, bytes: 10 })
    expect(cache.bytes()).toBeLessThanOrEqual(80)
  }
  expect(cache.get('quiet', 'day')).toBe(7)
  expect(['0', '996', '997', '998', '999'].map((key) => cache.get('loud', key))).toEqual([0, undefined, 997, 998, 999])
})

test('of all owners together what was used longest ago goes first', () => {
  const cache = createFairCache<string>(limits)
  for (const name of ['a', 'b', 'c']) cache.put(name, 'day', { value: name, bytes: 30 })
  cache.get('a', 'day')
  cache.put('d', 'day', { value: 'd', bytes: 30 })
  expect(['a', 'b', 'c', 'd'].map((name) => cache.get(name, 'day'))).toEqual(['a', undefined, 'c', 'd'])
})

test('what is larger than a share is kept alone, what is larger than the bound is not kept', () => {
  const cache = createFairCache<number>(limits)
  cache.put('one', 'small', { value: 1, bytes: 10 })
  cache.put('one', 'large', { value: 2, bytes: 90 })
  expect([cache.get('one', 'small'), cache.get('one', 'large')]).toEqual([undefined, 2])
  cache.put('one', 'larger', { value: 3, bytes: 101 })
  expect([cache.get('one', 'large'), cache.get('one', 'larger')]).toEqual([2, undefined])
  expect(cache.bytes()).toBe(90)
})

test('its bytes are those of what it answers, and never more than the bound', () => {
  const put = fc.record({
    owner: fc.constantFrom('a', 'b', 'c', 'd'),
    key: fc.constantFrom('1', '2', '3'),
    bytes: fc.integer({ min: 1, max: 120 }),
  })
  fc.assert(
    fc.property(fc.array(put, { maxLength: 60 }), (puts) => {
      const cache = createFairCache<number>(limits)
      for (const { owner, key, bytes } of puts) {
        cache.put(owner, key, { value: bytes, bytes })
        expect(cache.bytes()).toBeLessThanOrEqual(limits.maxBytes)
      }
      const kept = ['a', 'b', 'c', 'd'].flatMap((owner) => ['1', '2', '3'].map((key) => cache.get(owner, key) ?? 0))
      expect(kept.reduce((sum, one) => sum + one, 0)).toBe(cache.bytes())
      cache.clear()
      expect([cache.bytes(), cache.get('a', '1')]).toEqual([0, undefined])
    }),
  )
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createFailureTally } from '../../contract/failure-tally.ts'

const minuteMs = 60_000

function tallyOf({ most = 10, fromFirst = false } = {}) {
  const clock = { ms: minuteMs }
  return { clock, tally: createFailureTally({ most, forgetAfterMs: minuteMs, fromFirst, now: () => clock.ms }) }
}

describe('a tally', () => {
  test('forgets a key that was quiet, or began, so long ago', () => {
    for (const fromFirst of [false, true]) {
      const { clock, tally } = tallyOf({ fromFirst })
      tally.add('a')
      clock.ms += minuteMs - 1
      expect(tally.add('a')).toBe(2)
      clock.ms += 1
      expect(tally.countOf('a')).toBe(fromFirst ? 0 : 2)
      expect(tally.add('a')).toBe(fromFirst ? 1 : 3)
      clock.ms += minuteMs
      expect([tally.countOf('a'), tally.lastMsOf('a')]).toEqual([0, 0])
    }
  })

  test('keeps at its bound, and past it, what counted most', () => {
    const { clock, tally } = tallyOf()
    for (let n = 0; n < 5; n++) tally.add('victim')
    for (let n = 0; n < 9; n++) tally.add(`other ${n}`)
    expect(tally.size()).toBe(10)
    expect(tally.countOf('other 0')).toBe(1)
    clock.ms += 1
    tally.add('one more')
    expect(tally.size()).toBe(10)
    expect(tally.countOf('other 0')).toBe(0)
    for (let n = 0; n < 100_000; n++) tally.add(`flood ${n}`)
    expect(tally.countOf('victim')).toBe(5)
    expect(tally.countOf('flood 99999')).toBe(1)
    expect(tally.size()).toBe(10)
  })

  test('lets what is over go before anything that is not', () => {
    const { clock, tally } = tallyOf({ most: 3 })
    for (let n = 0; n < 20; n++) tally.add('heavy but long ago')
    clock.ms += minuteMs
    for (const key of ['a', 'b', 'c']) tally.add(key)
    expect(['a', 'b', 'c'].map((key) => tally.countOf(key))).toEqual([1, 1, 1])
    expect(tally.size()).toBe(3)
  })

  test('is a plain count while there is room', () => {
    const step = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.boolean())
    fc.assert(fc.property(fc.array(step, { maxLength: 200 }), expectPlainCount))
  })
})

function expectPlainCount(steps: readonly (readonly [key: string, forget: boolean])[]): void {
  const { tally } = tallyOf()
  const plain = new Map<string, number>()
  for (const [key, forget] of steps) {
    plain.set(key, forget ? 0 : (plain.get(key) ?? 0) + 1)
    if (forget) tally.forget(key)
    else expect(tally.add(key)).toBe(plain.get(key))
  }
  for (const [key, count] of plain) expect(tally.countOf(key)).toBe(count)
}

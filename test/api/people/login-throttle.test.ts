import { describe, expect, test } from 'vitest'
import { createLoginThrottle } from '../../../api/people/login-throttle.ts'

const minuteMs = 60_000
const clean = 1

function throttled() {
  const clock = { ms: Date.UTC(2026, 10, 29) }
  const throttle = createLoginThrottle({ now: () => clock.ms })
  const fail = (name: string, address: string, times = 1) => {
    for (let n = 0; n < times; n++) throttle.begin(name, address).failed()
  }
  const succeed = (name: string, address: string) => throttle.begin(name, address).succeeded()
  /** How an attempt would be treated, without making it. */
  function look(name: string, address: string) {
    const attempt = throttle.begin(name, address)
    attempt.dropped()
    return { rank: attempt.rank(), delayMs: Math.max(0, attempt.delayMs()) }
  }
  return { clock, throttle, fail, succeed, look }
}

describe('five wrong passwords', () => {
  test('make this account wait at this network only', () => {
    const { fail, look, throttle } = throttled()
    fail('adm2', '10.0.0.1', 5)
    expect(() => throttle.begin('ADM2', '10.0.0.1')).toThrow('Too many attempts')
    expect(look('adm2', '10.0.0.2')).toEqual({ rank: clean, delayMs: 0 })
    expect(look('op1', '10.0.0.1').delayMs).toBe(0)
  })

  test('from all of a /64 are five, whatever the rest of the address', () => {
    const { fail, look, throttle } = throttled()
    for (let n = 1; n <= 5; n++) fail('adm2', `2001:db8:1:2::${n}`)
    expect(() => throttle.begin('adm2', '2001:db8:1:2:ffff::')).toThrow('Too many attempts')
    expect(look('adm2', '2001:db8:1:3::1').rank).toBe(clean)
  })

  test.each([
    ['one address', () => '10.0.0.1'],
    ['as many addresses', (n: number) => `10.1.${n >> 8}.${n & 255}`],
  ])('are not forgotten for 10,050 other names from %s', (_what, addressOf) => {
    const { fail, throttle } = throttled()
    fail('adm2', '10.0.0.1', 5)
    for (let n = 0; n < 10_050; n++) fail(`name ${n}`, addressOf(n))
    expect(() => throttle.begin('adm2', '10.0.0.1')).toThrow('Too many attempts')
  })

  test('are forgotten when the password was right once the wait was over', () => {
    const { fail, succeed, throttle, clock } = throttled()
    fail('adm2', '10.0.0.1', 5)
    clock.ms += minuteMs
    succeed('adm2', '10.0.0.1')
    expect(() => fail('adm2', '10.0.0.1', 5)).not.toThrow()
    expect(() => throttle.begin('adm2', '10.0.0.1')).toThrow('Too many attempts')
  })
})

describe('nothing is held against', () => {
  test('whom we had no time for, however often', () => {
    const { throttle, look } = throttled()
    for (let n = 0; n < 1000; n++) throttle.begin('op1', '10.0.0.1').dropped()
    expect(look('op1', '10.0.0.1')).toEqual({ rank: clean, delayMs: 0 })
  })

  test('a clean network, however many guess at the account elsewhere', () => {
    const { fail, look } = throttled()
    for (let n = 0; n < 1000; n++) fail('op1', `10.1.${n >> 8}.${n & 255}`, 2)
    expect(look('op1', '10.9.9.9')).toEqual({ rank: clean, delayMs: 0 })
  })

  test('somebody who signed in from here before, whoever else fails behind the same address', () => {
    const { succeed, fail, look } = throttled()
    succeed('op1', '10.0.0.1')
    for (let n = 0; n < 500; n++) fail(`name ${n}`, '10.0.0.1')
    expect(look('op1', '10.0.0.1')).toEqual({ rank: 0, delayMs: 0 })
    fail('op1', '10.0.0.1')
    expect(look('op1', '10.0.0.1')).toEqual({ rank: clean, delayMs: 0 })
  })

  test('a command centre whose fifty people sign in, when some of them mistype', () => {
    const { succeed, fail, look } = throttled()
    for (let n = 0; n < 20; n++) succeed(`op${n}`, '10.0.0.1')
    for (let n = 20; n < 40; n++) fail(`op${n}`, '10.0.0.1')
    expect(look('op50', '10.0.0.1')).toEqual({ rank: clean, delayMs: 0 })
  })
})

describe('turns become rare', () => {
  test('for a network that tries many names', () => {
    const { fail, look } = throttled()
    for (let n = 0; n < 59; n++) fail(`name ${n}`, '10.0.0.1')
    expect(look('op1', '10.0.0.1').delayMs).toBe(0)
    fail('name 59', '10.0.0.1')
    expect(look('op1', '10.0.0.1').delayMs).toBe(1000)
    for (let n = 60; n < 2000; n++) fail(`name ${n}`, '10.0.0.1')
    expect(look('op1', '10.0.0.1').delayMs).toBe(8000)
  })

  test('for an account at networks that fail', () => {
    const { fail, look, clock } = throttled()
    for (let n = 0; n < 200; n++) fail('op1', `10.1.0.${n}`)
    expect(look('op1', '10.1.0.3').delayMs).toBe(8000)
    expect(look('op2', '10.1.0.3').delayMs).toBe(0)
    clock.ms += 8000
    expect(look('op1', '10.1.0.3').delayMs).toBe(0)
  })
})

test('who was told to come again comes behind those who come for the first time', () => {
  const { throttle, look, clock } = throttled()
  throttle.begin('op1', '10.0.0.1').turnedAway()
  expect(look('op1', '10.0.0.1').rank).toBe(clean + 1)
  clock.ms += minuteMs
  expect(look('op1', '10.0.0.1').rank).toBe(clean)
})

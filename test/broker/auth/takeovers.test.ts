import { expect, test } from 'vitest'
import { createTakeovers } from '../../../broker/auth/takeovers.ts'

function underTest(perMinute = 6) {
  const clock = { ms: 0 }
  const told: string[] = []
  const takeovers = createTakeovers({
    perMinute,
    now: () => clock.ms,
    told: (deviceId, fighting) => told.push(`${deviceId} ${fighting ? 'begins' : 'ends'}`),
  })
  /** One that ends a connection which was heard this long ago. */
  const takeOver = (silentMs: number, [present, newcomer]: [string, string] = ['one', 'one'], deviceId = 'bus-1') =>
    takeovers.allow({ deviceId, present, newcomer, silentMs })
  return { clock, told, takeovers, takeOver }
}

test('however often a connection that is heard is taken over, no minute has more of it than it may', () => {
  const { clock, takeOver } = underTest()
  const allowedAt: number[] = []
  for (clock.ms = 0; clock.ms < 600_000; clock.ms += 50) if (takeOver(50)) allowedAt.push(clock.ms)
  for (const from of allowedAt)
    expect(allowedAt.filter((ms) => ms >= from && ms < from + 60_000).length).toBeLessThanOrEqual(6)
  expect(allowedAt.length).toBeGreaterThan(28)
})

test.each([
  ['every half minute', 31_000],
  ['every five seconds', 5000],
  ['every two seconds', 2000],
])('a client that lost its network and comes back %s never waits, and is not flagged', (_how, everyMs) => {
  const { clock, told, takeovers, takeOver } = underTest()
  for (let times = 0; times < 40; times += 1) {
    expect(takeOver(everyMs)).toBe(true)
    clock.ms += everyMs
    takeovers.sweep()
  }
  expect(told).toEqual([])
})

test('a device that has a new client id at each start is not flagged', () => {
  const { clock, told, takeOver } = underTest()
  for (let start = 0; start < 20; start += 1) {
    expect(takeOver(5000, [`client-${start}`, `client-${start + 1}`])).toBe(true)
    clock.ms += 5000
  }
  expect(told).toEqual([])
})

test('two clients that end each other are told, however long they wait between their tries', () => {
  const { clock, told, takeOver } = underTest()
  const allowed: boolean[] = []
  for (let times = 0; times < 8; times += 1) {
    allowed.push(takeOver(5000, times % 2 === 0 ? ['one', 'two'] : ['two', 'one']))
    clock.ms += 5000
  }
  expect(told).toEqual(['bus-1 begins'])
  expect(allowed).toContain(false)
})

test('a client that comes back a minute after it was thrown out is forgotten', () => {
  const { clock, told, takeOver } = underTest()
  for (let times = 0; times < 8; times += 1) {
    expect(takeOver(20_000, times % 2 === 0 ? ['one', 'two'] : ['two', 'one'])).toBe(true)
    clock.ms += 61_000
  }
  expect(told).toEqual([])
})

test('a fight is told once, and its end when a minute was quiet', () => {
  const { clock, told, takeovers, takeOver } = underTest()
  for (let times = 0; times < 50; times += 1) {
    takeOver(100)
    clock.ms += 100
  }
  takeOver(100, ['one', 'one'], 'bus-2')
  expect(told).toEqual(['bus-1 begins'])
  clock.ms += 59_000
  takeovers.sweep()
  expect(told).toEqual(['bus-1 begins'])
  clock.ms += 2000
  takeovers.sweep()
  expect(told).toEqual(['bus-1 begins', 'bus-1 ends'])
})

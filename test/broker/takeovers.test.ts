import { expect, test } from 'vitest'
import { createTakeovers } from '../../broker/takeovers.ts'

function underTest(perMinute = 6) {
  const clock = { ms: 0 }
  const told: string[] = []
  const takeovers = createTakeovers({
    perMinute,
    now: () => clock.ms,
    told: (deviceId, fighting) => told.push(`${deviceId} ${fighting ? 'begins' : 'ends'}`),
  })
  return { clock, told, takeovers }
}

test('however often it is tried, no minute has more takeovers than it may', () => {
  const { clock, takeovers } = underTest()
  const allowedAt: number[] = []
  for (clock.ms = 0; clock.ms < 600_000; clock.ms += 50) if (takeovers.allow('bus-1')) allowedAt.push(clock.ms)
  for (const from of allowedAt)
    expect(allowedAt.filter((ms) => ms >= from && ms < from + 60_000).length).toBeLessThanOrEqual(6)
  expect(allowedAt.length).toBeGreaterThan(28)
})

test('a device that comes back once in a while never waits, and is not flagged', () => {
  const { clock, told, takeovers } = underTest()
  for (let times = 0; times < 20; times += 1) {
    expect(takeovers.allow('bus-1')).toBe(true)
    clock.ms += 31_000
    takeovers.sweep()
  }
  expect(told).toEqual([])
})

test('a fight is told once, and its end when a minute was quiet', () => {
  const { clock, told, takeovers } = underTest()
  for (let times = 0; times < 50; times += 1) {
    takeovers.allow('bus-1')
    clock.ms += 100
  }
  takeovers.allow('bus-2')
  expect(told).toEqual(['bus-1 begins'])
  clock.ms += 59_000
  takeovers.sweep()
  expect(told).toEqual(['bus-1 begins'])
  clock.ms += 2000
  takeovers.sweep()
  expect(told).toEqual(['bus-1 begins', 'bus-1 ends'])
})

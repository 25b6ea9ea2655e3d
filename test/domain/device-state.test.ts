import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type DeviceState, linkStates, type StateReason } from '../../contract/state.ts'
import { ageLimits, deviceState, isLive, type StateFacts } from '../../domain/device-state.ts'

const now = Date.UTC(2026, 10, 21, 1)
const healthy: StateFacts = {
  measuredAtMs: now,
  receivedAtMs: now,
  skewMs: 0,
  expectedMs: 60_000,
  moving: false,
  link: 'up',
  linkSinceMs: now - 3_600_000,
  flappingUntilMs: null,
  status: 'online',
  frozen: false,
  disabled: false,
  maintenance: null,
}
const aged = (ageS: number, rest: Partial<StateFacts> = {}) => ({
  ...healthy,
  measuredAtMs: now - ageS * 1000,
  ...rest,
})
const bus = { expectedMs: 5000, moving: true }
const window = (fromMs: number, untilMs: number) => ({ fromMs: now + fromMs, untilMs: now + untilMs })

describe('deviceState', () => {
  test.each<[string, StateFacts, DeviceState]>([
    ['a fresh reading', healthy, 'online'],
    ['never a reading, though connected', { ...healthy, measuredAtMs: null }, 'unknown'],
    ['never a reading, and the link lost', { ...healthy, measuredAtMs: null, link: 'lost' }, 'unknown'],
    ['one and a half intervals', aged(90), 'online'],
    ['just past one and a half intervals', aged(91), 'late'],
    ['just past three intervals', aged(181), 'stale'],
    ['just past ten intervals', aged(601), 'offline'],
    ['silent, but said goodbye itself', aged(30, { link: 'closed' }), 'online'],
    ['a lost link with a fresh reading', aged(0, { link: 'lost' }), 'offline'],
    ['a lost link that comes and goes', aged(0, { link: 'lost', flappingUntilMs: now + 1 }), 'online'],
    ['a link that comes and goes, and silence', aged(601, { link: 'up', flappingUntilMs: now + 1 }), 'offline'],
    ['its own word offline', aged(0, { status: 'offline' }), 'offline'],
    ['its own word disabled', aged(0, { status: 'disabled', link: 'lost' }), 'disabled'],
    ['out of service in the registry', aged(10_000, { disabled: true }), 'disabled'],
    ['the first millisecond of its maintenance', aged(700, { maintenance: window(0, 1) }), 'disabled'],
    ['the last millisecond before its maintenance', aged(700, { maintenance: window(1, 2) }), 'offline'],
    ['the last millisecond of its maintenance', aged(0, { maintenance: window(-5, 1) }), 'disabled'],
    ['the first millisecond after its maintenance', aged(0, { maintenance: window(-5, 0) }), 'online'],
    [
      'maintenance of one that was never heard',
      { ...healthy, measuredAtMs: null, maintenance: window(-5, 5) },
      'disabled',
    ],
    ['a picture that stands still', aged(0, { frozen: true }), 'frozen'],
    ['a picture that stands still and is old', aged(181, { frozen: true }), 'stale'],
    ['a reading from our future', aged(-3600), 'online'],
    ['a fast sender has five seconds of grace', aged(4.9, { expectedMs: 1000 }), 'online'],
    ['a bus after 7.5 s', aged(7.6, bus), 'late'],
    ['a bus after 15 s', aged(15.1, bus), 'stale'],
    ['a slow tracker after 90 s', aged(91, { expectedMs: 300_000, moving: true }), 'stale'],
    ['a fast sender is not offline before ten minutes', aged(599, { expectedMs: 1000 }), 'stale'],
  ])('%s: %#', (_, input, state) => {
    expect(deviceState(input, now).state).toBe(state)
  })
})

describe('why, and since when', () => {
  const minute = 60_000
  test.each<[string, StateFacts, StateReason | null, number | null]>([
    ['fresh', healthy, null, null],
    ['never heard', { ...healthy, measuredAtMs: null }, 'never-heard', null],
    ['fresh, and its connection comes and goes', { ...healthy, flappingUntilMs: now + 1 }, 'flapping', null],
    ['late', aged(100, { receivedAtMs: now - 100_000 }), 'no-data', now - 100_000 + 1.5 * minute],
    ['stale', aged(200, { receivedAtMs: now - 200_000 }), 'no-data', now - 200_000 + 3 * minute],
    ['offline by its age', aged(700, { receivedAtMs: now - 700_000 }), 'no-data', now - 700_000 + 10 * minute],
    ['old, though it sends', aged(700, { skewMs: 700_000 }), 'clock-behind', now - 700_000 + 10 * minute],
    ['link lost', { ...healthy, link: 'lost', linkSinceMs: now - 5 }, 'link-lost', now - 5],
    [
      'link lost, which says nothing as it comes and goes, and old',
      aged(700, { receivedAtMs: null, link: 'lost', flappingUntilMs: now + 1 }),
      'no-data',
      now - 700_000 + 10 * minute,
    ],
    ['said so', { ...healthy, status: 'offline' }, 'said-offline', null],
    ['said that it is off', { ...healthy, status: 'disabled' }, 'said-disabled', null],
    ['frozen', { ...healthy, frozen: true }, 'same-values', null],
    ['in maintenance', { ...healthy, maintenance: window(-7, 5) }, 'maintenance', now - 7],
    ['out of service and in maintenance', { ...healthy, disabled: true, maintenance: window(-7, 5) }, 'registry', null],
  ])('%s', (_, facts, reason, sinceMs) => {
    expect(deviceState(facts, now)).toMatchObject({ reason, sinceMs })
  })
})

const anyInput: fc.Arbitrary<StateFacts> = fc.record({
  measuredAtMs: fc.option(fc.integer({ min: now - 10 * 86_400_000, max: now + 3_600_000 })),
  expectedMs: fc.integer({ min: 1, max: 86_400_000 }),
  receivedAtMs: fc.option(fc.integer({ min: now - 10 * 86_400_000, max: now })),
  skewMs: fc.option(fc.integer({ min: -3_600_000, max: 86_400_000 })),
  moving: fc.boolean(),
  link: fc.constantFrom(...linkStates),
  linkSinceMs: fc.constant(null),
  flappingUntilMs: fc.constantFrom(null, now + 3_600_000),
  status: fc.constantFrom('online', 'offline', 'disabled', null),
  frozen: fc.boolean(),
  disabled: fc.boolean(),
  maintenance: fc.option(
    fc.record({ fromMs: fc.integer({ min: now - 60_000, max: now + 60_000 }), untilMs: fc.constant(now + 120_000) }),
  ),
})

describe('for every device', () => {
  test('nothing is live once a link that held is lost or it said that it goes', () => {
    fc.assert(
      fc.property(anyInput, (any) => {
        const input = { ...any, flappingUntilMs: null }
        expect(isLive(deviceState({ ...input, link: 'lost' }, now).state)).toBe(false)
        expect(isLive(deviceState({ ...input, status: 'offline' }, now).state)).toBe(false)
      }),
    )
  })

  test('nothing is live that was never heard, or that is out of service', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        expect(isLive(deviceState({ ...input, measuredAtMs: null }, now).state)).toBe(false)
        expect(deviceState({ ...input, disabled: true }, now).state).toBe('disabled')
        expect(deviceState({ ...input, maintenance: window(-1, 1) }, now).state).toBe('disabled')
      }),
    )
  })

  test('silence only makes it worse', () => {
    const worse: DeviceState[] = ['online', 'late', 'frozen', 'stale', 'offline']
    const rank = (input: StateFacts, nowMs: number) => worse.indexOf(deviceState(input, nowMs).state)
    fc.assert(
      fc.property(anyInput, fc.nat({ max: 86_400_000 }), (input, longerMs) => {
        const before = { ...input, maintenance: null }
        const held = { ...before, flappingUntilMs: null }
        expect(rank(held, now + longerMs)).toBeGreaterThanOrEqual(rank(held, now))
      }),
    )
  })

  test('a vehicle is never live after 90 s', () => {
    fc.assert(
      fc.property(anyInput, fc.integer({ min: 90_001, max: 86_400_000 }), (input, ageMs) => {
        expect(isLive(deviceState({ ...input, moving: true, measuredAtMs: now - ageMs }, now).state)).toBe(false)
      }),
    )
  })

  test('the limits follow one another', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const { lateMs, staleMs, offlineMs } = ageLimits(input)
        expect(lateMs).toBeLessThanOrEqual(staleMs)
        expect(staleMs).toBeLessThanOrEqual(offlineMs)
      }),
    )
  })
})

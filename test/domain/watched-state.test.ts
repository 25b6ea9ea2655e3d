import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deviceStatuses } from '../../contract/reading.ts'
import { linkStates } from '../../contract/state.ts'
import { ageLimits, deviceState, type StateFacts } from '../../domain/device-state.ts'
import { nextStateMs, type Unwatched, watchedState } from '../../domain/watched-state.ts'

const now = Date.UTC(2026, 10, 21, 1)
const camera: StateFacts = {
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
const minuteMs = 60_000

const moment = fc.integer({ min: -2000, max: 2000 }).map((ms) => now + ms)
const maybe = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: null })
/** Also past the limits of seconds. */
const later = fc.integer({ min: -2000, max: 14_000 }).map((ms) => now + ms)
/** Limits of seconds, so that a few thousand milliseconds hold every change that time can make. */
const facts: fc.Arbitrary<StateFacts> = fc.record({
  measuredAtMs: maybe(moment),
  receivedAtMs: maybe(moment),
  skewMs: maybe(fc.integer({ min: -10_000, max: 20_000 })),
  expectedMs: fc.constantFrom(500, 1000, 3000),
  moving: fc.boolean(),
  link: fc.constantFrom(...linkStates),
  linkSinceMs: maybe(moment),
  flappingUntilMs: maybe(moment),
  status: maybe(fc.constantFrom(...deviceStatuses)),
  frozen: fc.boolean(),
  disabled: fc.boolean(),
  maintenance: maybe(
    fc.tuple(moment, fc.integer({ min: 1, max: 4000 })).map(([fromMs, ms]) => ({ fromMs, untilMs: fromMs + ms })),
  ),
})
const unwatched: fc.Arbitrary<Unwatched | null> = maybe(moment.map((untilMs) => ({ untilMs })))

describe('nextStateMs', () => {
  test('is never later than the next change that looking at every millisecond would find', () => {
    fc.assert(
      fc.property(facts, unwatched, later, (one, gap, fromMs) => {
        const verdict = (ms: number) => {
          const { state, cause } = watchedState(one, gap, ms)
          return `${state} ${cause}`
        }
        const next = nextStateMs(one, gap, fromMs)
        expect(next).toBeGreaterThan(fromMs)
        const endMs = Math.min(next, fromMs + 12_000)
        const first = verdict(fromMs)
        for (let ms = fromMs + 1; ms < endMs; ms += 1) if (verdict(ms) !== first) expect(ms).toBe(endMs)
      }),
      { numRuns: 300 },
    )
  })

  test('is the moment at which a device whose clock is behind counts as silent', () => {
    const behind = { ...camera, measuredAtMs: now - 5 * minuteMs, skewMs: 5 * minuteMs }
    const silentMs = now + ageLimits(camera).staleMs + 1
    expect(watchedState(behind, null, silentMs - 1).cause).toBe('clock-behind')
    expect(watchedState(behind, null, silentMs).cause).toBe('no-data')
    expect(nextStateMs(behind, null, now)).toBe(silentMs)
  })

  test('goes from limit to limit of a device that falls silent, and then there is nothing more to wait for', () => {
    const { lateMs, staleMs, offlineMs } = ageLimits(camera)
    expect(nextStateMs(camera, null, now)).toBe(now + lateMs + 1)
    expect(nextStateMs(camera, null, now + lateMs + 1)).toBe(now + staleMs + 1)
    expect(nextStateMs(camera, null, now + staleMs + 1)).toBe(now + offlineMs + 1)
    expect(nextStateMs(camera, null, now + offlineMs + 1)).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('watchedState', () => {
  test('is the state of the device while somebody watches, and long after nobody did', () => {
    fc.assert(
      fc.property(facts, moment, (one, ms) => {
        const { state, reason: cause, sinceMs } = deviceState(one, ms)
        expect(watchedState(one, null, ms)).toEqual({ state, cause, sinceMs })
        expect(watchedState(one, { untilMs: ms - ageLimits(one).lateMs }, ms)).toEqual({ state, cause, sinceMs })
      }),
    )
  })

  test.each<[string, Partial<StateFacts>, number, string]>([
    ['a value is still live', {}, now + minuteMs, 'online'],
    ['silence says nothing', {}, now + 20 * minuteMs, 'unknown'],
    ['an end of the connection from before says nothing', { link: 'lost' }, now + minuteMs, 'unknown'],
    ['a picture that stood still says nothing', { frozen: true }, now + minuteMs, 'unknown'],
    ['who is disabled is disabled', { disabled: true }, now + 20 * minuteMs, 'disabled'],
    [
      'maintenance goes by the clock',
      { maintenance: { fromMs: now, untilMs: now + 60 * minuteMs } },
      now + 20 * minuteMs,
      'disabled',
    ],
    ['who was never heard is unknown anyway', { measuredAtMs: null, receivedAtMs: null }, now + minuteMs, 'unknown'],
  ])('while nobody could hear it: %s', (_what, more, atMs, state) => {
    expect(watchedState({ ...camera, ...more }, { untilMs: now + 30 * minuteMs }, atMs).state).toBe(state)
  })

  test('after that, a device has as long as it may be late to say something; a lost connection says it at once', () => {
    const gap = { untilMs: now + 30 * minuteMs }
    const { lateMs } = ageLimits(camera)
    expect(watchedState(camera, gap, gap.untilMs + lateMs - 1).state).toBe('unknown')
    expect(watchedState(camera, gap, gap.untilMs + lateMs)).toMatchObject({ state: 'offline', cause: 'no-data' })
    const heard = { ...camera, receivedAtMs: gap.untilMs + 1000, measuredAtMs: gap.untilMs + 1000 }
    expect(watchedState(heard, gap, gap.untilMs + 1000).state).toBe('online')
    const lost = { ...camera, link: 'lost', linkSinceMs: gap.untilMs + 1000 } as const
    expect(watchedState(lost, gap, gap.untilMs + 1000)).toMatchObject({ state: 'offline', cause: 'link-lost' })
  })
})

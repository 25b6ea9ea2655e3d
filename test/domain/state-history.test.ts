import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { StateChange, Uptime } from '../../contract/ports/states.ts'
import { deviceStates, stateCauses } from '../../contract/state.ts'
import { periodsOf, uptimeClasses, uptimeOf, uptimePercent } from '../../domain/state-history.ts'

const forever = Number.POSITIVE_INFINITY
const offline = (atMs: number): StateChange => ({ atMs, state: 'offline', cause: 'link-lost' })
const online = (atMs: number): StateChange => ({ atMs, state: 'online', cause: null })
const unwatched = { state: 'unknown', cause: 'not-watched' } as const

const change = fc.record({
  atMs: fc.integer({ min: 0, max: 200 }),
  state: fc.constantFrom(...deviceStates),
  cause: fc.constantFrom(null, ...stateCauses),
})
const changes = fc
  .uniqueArray(change, { selector: ({ atMs }) => atMs, maxLength: 30 })
  .map((list) => list.toSorted((one, other) => one.atMs - other.atMs))
const span = fc.record({
  fromMs: fc.integer({ min: 0, max: 200 }),
  lengthMs: fc.integer({ min: 1, max: 200 }),
  knownUntilMs: fc.integer({ min: 0, max: 400 }),
})
const asked = span.map(({ fromMs, lengthMs, knownUntilMs }) => ({ fromMs, toMs: fromMs + lengthMs, knownUntilMs }))

/** What a device was in at one millisecond, by the plainest rule. */
function stateAt(list: readonly StateChange[], ms: number, knownUntilMs: number): Pick<StateChange, 'state' | 'cause'> {
  const last = list.findLast(({ atMs }) => atMs <= ms)
  return last === undefined || ms >= knownUntilMs ? unwatched : { state: last.state, cause: last.cause }
}

describe('periodsOf', () => {
  test('tells what held at the begin of the span, each change in it, and ends with the span', () => {
    const periods = periodsOf([online(0), offline(150), online(180)], { fromMs: 100, toMs: 200, knownUntilMs: forever })
    expect(periods).toEqual([
      { fromMs: 100, toMs: 150, state: 'online', cause: null },
      { fromMs: 150, toMs: 180, state: 'offline', cause: 'link-lost' },
      { fromMs: 180, toMs: 200, state: 'online', cause: null },
    ])
  })

  test('does not know what was before the first change, nor behind the last moment that was heard', () => {
    const periods = periodsOf([online(150)], { fromMs: 100, toMs: 200, knownUntilMs: 170 })
    expect(periods).toEqual([
      { fromMs: 100, toMs: 150, ...unwatched },
      { fromMs: 150, toMs: 170, state: 'online', cause: null },
      { fromMs: 170, toMs: 200, ...unwatched },
    ])
  })

  test('of any changes says for every millisecond what the last change before it says, in as few periods as can be', () => {
    fc.assert(
      fc.property(changes, asked, (list, query) => {
        const periods = periodsOf(list, query)
        expect(periods[0]?.fromMs).toBe(query.fromMs)
        expect(periods.at(-1)?.toMs).toBe(query.toMs)
        for (const [index, { fromMs, toMs, state, cause }] of periods.entries()) {
          const next = periods[index + 1]
          if (next !== undefined) {
            expect(next.fromMs).toBe(toMs)
            expect([next.state, next.cause]).not.toEqual([state, cause])
          }
          for (let ms = fromMs; ms < toMs; ms += 1) {
            expect({ state, cause }).toEqual(stateAt(list, ms, query.knownUntilMs))
          }
        }
      }),
    )
  })
})

describe('uptimeOf', () => {
  test('counts each millisecond of each bucket once, in the class of the state that it was in', () => {
    const bounds = fc
      .uniqueArray(fc.integer({ min: 0, max: 400 }), { minLength: 2, maxLength: 8 })
      .map((list) => list.toSorted((one, other) => one - other))
    fc.assert(
      fc.property(changes, bounds, fc.integer({ min: 0, max: 400 }), (list, boundsMs, knownUntilMs) => {
        const query = { fromMs: boundsMs[0] ?? 0, toMs: boundsMs.at(-1) ?? 0, knownUntilMs }
        const sums = uptimeOf(periodsOf(list, query), boundsMs)
        const counted = boundsMs.slice(1).map((toMs, index) => {
          const sum: Uptime = { up: 0, down: 0, excluded: 0, unknown: 0 }
          for (let ms = boundsMs[index] ?? 0; ms < toMs; ms += 1) {
            sum[uptimeClasses[stateAt(list, ms, knownUntilMs).state]] += 1
          }
          return sum
        })
        expect(sums).toEqual(counted)
      }),
    )
  })

  test('excludes maintenance and what nobody watched from the share, and says 100 only without any downtime', () => {
    expect(uptimePercent({ up: 1000, down: 0, excluded: 5000, unknown: 5000 })).toBe(100)
    expect(uptimePercent({ up: 86_399_999, down: 1, excluded: 0, unknown: 0 })).toBe(99.999)
    expect(uptimePercent({ up: 1, down: 2, excluded: 0, unknown: 0 })).toBe(33.333)
    expect(uptimePercent({ up: 0, down: 0, excluded: 1, unknown: 1 })).toBeNull()
  })
})

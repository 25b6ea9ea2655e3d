import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { futureToleranceMs, type Reading } from '../../contract/reading.ts'
import { newDeviceState } from '../../ingest/device-state.ts'
import { stampMessage } from '../../ingest/steps/stamp.ts'
import { countersOf, message, morningMs, openEngine, takeAll } from '../support/storage/engine-under-test.ts'
import { tempDir } from '../support/system/temp-dir.ts'

const minuteMs = 60_000
const hourMs = 3_600_000
const dayMs = 86_400_000
const keptMs = 365 * dayMs

function reading(ts: number | null): Reading {
  return { deviceId: 'bus-07', kind: 'bus', ts, receivedAt: morningMs, metrics: { speed_kmh: 1 } }
}

/** Moments after our clock, ms, of a message whose readings say these. */
function stamped(offsets: readonly (number | null)[]) {
  const readings = offsets.map((ms) => reading(ms === null ? null : morningMs + ms))
  return stampMessage(readings, newDeviceState('bus-07'), keptMs).map((one) => ({ ...one, ms: one.tsMs - morningMs }))
}

const times = (offsets: readonly (number | null)[]) => stamped(offsets).map(({ ms }) => ms)
const tenMinutes = Array.from({ length: 10 }, (_, n) => (n - 9) * minuteMs)

describe('one time that cannot be', () => {
  test.each([
    ['at the end', 10],
    ['at the beginning', 0],
    ['among them', 5],
  ])('%s of a backlog gets ours, marked, and its neighbours keep theirs', (_where, at) => {
    const found = stamped(tenMinutes.toSpliced(at, 0, dayMs))
    expect(found.toSpliced(at, 1).map(({ ms, clockFixed }) => [ms, clockFixed])).toEqual(
      tenMinutes.map((ms) => [ms, false]),
    )
    expect(found[at]).toMatchObject({ clockFixed: true, tsSource: 'server' })
    expect(Math.abs(found[at]?.ms ?? dayMs)).toBeLessThan(10)
  })

  test('so do two of them, and one without a time; all have moments of their own', () => {
    const found = times([dayMs, ...tenMinutes, 3 * minuteMs, null, 400 * dayMs])
    expect(found.slice(1, 11)).toEqual(tenMinutes)
    expect(new Set(found).size).toBe(14)
    for (const ms of found) expect(ms).toBeLessThan(10)
  })

  test('far back is that of one reading, which is refused alone', () => {
    const under = openEngine(tempDir())
    const at = (ms: number) => ({ ts: morningMs + ms, speed_kmh: 1 })
    takeAll(under, [message([...tenMinutes.map(at), at(-400 * dayMs)]), message([at(-400 * dayMs), at(1000)])])
    expect(countersOf(under, 13)).toMatchObject({ stored: 11, rejected: { 'older-than-retention': 2 } })
    under.close()
  })

  test('far back says nothing about a clock that is ahead for all others', () => {
    const ahead = tenMinutes.map((ms) => ms + hourMs)
    expect(times([-400 * dayMs, ...ahead]).slice(1)).toEqual(tenMinutes)
  })

  test('of the newest of a backlog does not put it behind what was measured before it', () => {
    const found = times([0, minuteMs, 2 * minuteMs, 3 * minuteMs, 4 * minuteMs])
    expect(found).toEqual([0, minuteMs, 2 * minuteMs, 2 * minuteMs + 1, 2 * minuteMs + 2])
  })

  test.each([
    ['that is followed by good ones, is not the newest', 5, { metrics: { passengers: 9 }, clockWrong: false }],
    ['that comes last, is the newest, and is marked', 10, { metrics: { passengers: 99 }, clockWrong: true }],
  ])('of a reading %s', (_what, place, picture) => {
    const under = openEngine(tempDir())
    const at = (ms: number, passengers: number) => ({ ts: morningMs - 500 + ms, passengers })
    const backlog = tenMinutes.map((ms, n) => at(ms, n)).toSpliced(place, 0, at(dayMs, 99))
    expect(takeAll(under, [message(backlog)])).toMatchObject(picture)
    expect(countersOf(under, 1)).toEqual({ received: 11, stored: 11, duplicates: 0, rejected: {}, waiting: 0 })
    expect(under.engine.ledger.notes().clockFixed).toBe(1)
    under.close()
  })
})

describe('a clock that is ahead', () => {
  test.each([
    ['in order', tenMinutes],
    ['newest first', tenMinutes.toReversed()],
    ['in no order', [...tenMinutes.slice(4), ...tenMinutes.slice(0, 4)]],
    ['twice the same moment', [-minuteMs, 0, 0]],
    ['with a night without readings', [-12 * hourMs, -11 * hourMs, -10 * hourMs, 0]],
  ])('keeps the distances of its backlog: %s', (_what, backlog) => {
    const found = stamped(backlog.map((ms) => ms + 30 * dayMs))
    expect(found.map(({ ms }) => ms)).toEqual(backlog)
    expect(found.every(({ clockFixed, tsSource }) => clockFixed && tsSource === 'server')).toBe(true)
  })

  test.each([
    ['last', 10],
    ['first', 0],
  ])('is not that of one reading that is years ahead of the others, %s', (_where, at) => {
    const ahead = tenMinutes.map((ms) => ms + hourMs).toSpliced(at, 0, 3000 * dayMs)
    const found = times(ahead)
    expect(found.toSpliced(at, 1)).toEqual(tenMinutes)
    expect(Math.abs(found[at] ?? dayMs)).toBeLessThan(10)
  })
})

const behind = fc.integer({ min: -keptMs, max: futureToleranceMs })
const ahead = fc.integer({ min: futureToleranceMs + 1, max: 300_000 * dayMs })

test('no time that can be is ever moved by another one, and all readings have moments of their own', () => {
  const offsets = fc.uniqueArray(fc.oneof(behind, behind, ahead, fc.constant(null)), {
    maxLength: 30,
    selector: (ms) => ms ?? Symbol('each'),
  })
  fc.assert(
    fc.property(offsets, (said) => {
      const found = stamped(said)
      for (const [index, { ms, clockFixed, tsSource }] of found.entries()) {
        const offset = said[index] ?? null
        const canBe = offset !== null && offset <= futureToleranceMs
        if (canBe) expect(ms).toBe(offset)
        else expect(ms).toBeLessThanOrEqual(futureToleranceMs + said.length)
        expect(tsSource).toBe(canBe ? 'device' : 'server')
        expect(clockFixed).toBe(offset !== null && !canBe)
      }
      if (said.some((ms) => ms !== null && ms <= futureToleranceMs)) {
        expect(new Set(found.map(({ ms }) => ms)).size).toBe(said.length)
      }
    }),
    { numRuns: 1000 },
  )
})

test('a clock that is ahead by as much for all keeps every distance, whatever the order', () => {
  const steps = fc.array(fc.integer({ min: 0, max: hourMs }), { maxLength: 40 })
  const order = fc.infiniteStream(fc.nat())
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 10_000 * dayMs }), order, (gaps, aheadMs, ranks) => {
      const rank = [...ranks.take(gaps.length + 1)]
      let at = 0
      const backlog = [0, ...gaps.map((gap) => (at -= gap))]
        .map((ms, index) => ({ ms, rank: rank[index] ?? 0 }))
        .sort((one, other) => one.rank - other.rank)
        .map(({ ms }) => ms)
      const wholly = Math.max(aheadMs, futureToleranceMs + 1 - at)
      expect(times(backlog.map((ms) => ms + wholly))).toEqual(backlog)
    }),
    { numRuns: 500 },
  )
})

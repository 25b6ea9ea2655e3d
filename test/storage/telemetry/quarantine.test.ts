import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { JournalEntry } from '../../../contract/ports/journal.ts'
import { openQuarantine, readQuarantine } from '../../../storage/telemetry/quarantine.ts'
import {
  busTopic,
  countersOf,
  type EngineUnderTest,
  message,
  morningMs,
  openEngine,
  takeAll,
} from '../../support/storage/engine-under-test.ts'
import { tempDir } from '../../support/system/temp-dir.ts'

function engine(): EngineUnderTest {
  const under = openEngine(tempDir())
  onTestFinished(() => under.close())
  return under
}

function page({ db }: EngineUnderTest) {
  return readQuarantine(db, { limit: 500 }).rows
}

function text(payload: Uint8Array | undefined): string {
  return Buffer.from(payload ?? []).toString()
}

function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((total, n) => total + n, 0)
}

describe('what is refused of one message', () => {
  test('is one row with its own bytes where a thousand readings are wrong in the same way', () => {
    const under = engine()
    const wrong = message(Array.from({ length: 1000 }, (_, n) => ({ ts: `at ${n}`, speed_kmh: n })))
    takeAll(under, [wrong])
    const rows = page(under)
    expect(rows).toMatchObject([{ reason: 'invalid-time', readings: 1000, deviceId: 'bus-07' }])
    expect(text(rows[0]?.payload)).toBe(text(wrong.payload))
    expect(rows[0]?.detail).toContain('999 more')
    expect(countersOf(under)).toMatchObject({ received: 1000, rejected: { 'invalid-time': 1000 } })
  })

  test('is a row for each way of being wrong, with the bad readings as an array that can be sent again', () => {
    const under = engine()
    const good = { ts: morningMs, speed_kmh: 1 }
    const untimed = [1, 2, 3].map((n) => ({ ts: 'x', speed_kmh: n }))
    takeAll(under, [message([good, ...untimed, { ts: morningMs, speed_kmh: 'fast' }])])
    const [one, other] = page(under).toSorted((a, b) => b.readings - a.readings)
    expect(one).toMatchObject({ reason: 'invalid-time', readings: 3 })
    expect(JSON.parse(text(one?.payload))).toEqual(untimed)
    expect(other?.readings).toBe(1)
    expect(countersOf(under)).toMatchObject({ received: 5, stored: 1 })
    expect(under.engine.retry(one?.id ?? 0)?.result).toEqual({ outcome: 'rejected', reason: 'invalid-time' })
    expect(countersOf(under).rejected['invalid-time']).toBe(3)
  })

  test('is one note where many readings were taken without one of their values', () => {
    const under = engine()
    const fast = Array.from({ length: 200 }, (_, n) => ({ ts: morningMs + n, speed_kmh: 900, passengers: 3 }))
    takeAll(under, [message(fast)])
    expect(page(under)).toMatchObject([{ reason: 'implausible', readings: 0 }])
    expect(countersOf(under)).toMatchObject({ received: 200, stored: 200, rejected: {} })
    expect(under.engine.ledger.notes().implausibleValues).toBe(200)
  })

  test('balances whatever the readings are, also after a second chance for each row', { timeout: 60_000 }, () => {
    const value = fc.constantFrom<unknown>(1, 900, 'x', null, true, {}, [1])
    const ts = fc.constantFrom<unknown>(morningMs, morningMs - 1, 'x', 0, null, 1e300, Date.UTC(2010, 1))
    const part = fc.oneof(
      fc.record({ ts, speed_kmh: value, made_up: value }),
      fc.constantFrom<unknown>(1, [], {}, null),
    )
    fc.assert(
      fc.property(fc.array(fc.array(part, { minLength: 1, maxLength: 12 }), { maxLength: 5 }), (messages) => {
        const under = openEngine(tempDir())
        takeAll(
          under,
          messages.map((parts) => message(parts)),
        )
        const before = countersOf(under)
        for (const { id } of page(under)) under.engine.retry(id)
        const after = countersOf(under)
        for (const { received, stored, duplicates, rejected, waiting } of [before, after]) {
          expect(stored + duplicates + sum(rejected) + waiting).toBe(received)
        }
        const inRows = page(under).reduce((total, { readings }) => total + readings, 0)
        expect(inRows).toBe(sum(after.rejected))
        under.close()
      }),
      { numRuns: 60 },
    )
  })
})

describe('room in quarantine', () => {
  const refused = (deviceId: string | null, bytes = 100) => ({
    ...{ atMs: morningMs, topic: busTopic, deviceId, reason: 'not-json', detail: 'x', n: 1 },
    payload: new Uint8Array(bytes),
  })
  const rowsOf = ({ db }: EngineUnderTest, device: string | null) =>
    Number(db.prepare('SELECT count(*) AS n FROM quarantine WHERE device IS ?').get(device)?.n)

  test.each([
    ['rows', { rows: 300, bytes: 1e9 }],
    ['bytes', { rows: 1e6, bytes: 30_000 }],
  ])('that one device fills to the last of its %s is taken from that device alone', (_what, limits) => {
    const under = engine()
    // The second one finds the rows of the first.
    for (const flooder of ['bus-07', 'bus-07']) {
      const quarantine = openQuarantine(under.db, limits)
      for (const quiet of ['gauge-1', null]) for (let n = 0; n < 5; n += 1) quarantine.add(refused(quiet))
      for (let n = 0; n < 2000; n += 1) quarantine.add(refused(flooder))
    }
    expect([rowsOf(under, 'gauge-1'), rowsOf(under, null)]).toEqual([10, 10])
    expect(rowsOf(under, 'bus-07')).toBeGreaterThan(240)
    expect(rowsOf(under, 'bus-07')).toBeLessThanOrEqual(280)
  })

  test('is counted by what a row holds: few large payloads go before many small ones', () => {
    const under = engine()
    const quarantine = openQuarantine(under.db, { rows: 1000, bytes: 100_000 })
    for (let n = 0; n < 100; n += 1) quarantine.add(refused('gauge-1'))
    for (let n = 0; n < 100; n += 1) quarantine.add(refused('bus-07', 20_000))
    expect(rowsOf(under, 'gauge-1')).toBe(100)
    expect(rowsOf(under, 'bus-07')).toBe(4)
  })

  test('is not filled by words: a long detail is cut', () => {
    const under = engine()
    openQuarantine(under.db).add({ ...refused('bus-07'), detail: 'long '.repeat(10_000) })
    expect(page(under)[0]?.detail).toHaveLength(500)
  })

  test('is read a page at a time, and a page of large payloads is short', () => {
    const under = engine()
    const quarantine = openQuarantine(under.db)
    for (let n = 0; n < 20; n += 1) quarantine.add(refused('bus-07', 250_000))
    const ids: number[] = []
    for (let beforeId = Number.MAX_SAFE_INTEGER, more = true; more; ) {
      const { rows, more: further } = readQuarantine(under.db, { limit: 500, beforeId })
      expect(rows.length).toBeLessThanOrEqual(5)
      ids.push(...rows.map(({ id }) => id))
      beforeId = ids.at(-1) ?? 0
      more = further
    }
    expect(ids).toEqual(Array.from({ length: 20 }, (_, n) => 20 - n))
    expect(readQuarantine(under.db, { limit: 20, beforeId: 5 })).toMatchObject({ more: false })
  })
})

test('a message of which nobody knows whose it is goes to quarantine without a device', () => {
  const under = engine()
  const stray: JournalEntry = message('{"a":1}', { topic: 'binjai/v1/elsewhere' })
  takeAll(under, [stray])
  expect(page(under)).toMatchObject([{ reason: 'unknown-topic', deviceId: null, readings: 1 }])
})

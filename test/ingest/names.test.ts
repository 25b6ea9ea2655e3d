import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { metrics as dictionary } from '../../contract/metrics.ts'
import type { JournalEntry } from '../../contract/ports/journal.ts'
import { readingLimits } from '../../contract/reading.ts'
import { liveOf } from '../../ingest/device-state.ts'
import {
  batchesOf,
  countersOf,
  type EngineUnderTest,
  message,
  morningMs,
  openEngine,
  takeAll,
} from '../support/storage/engine-under-test.ts'
import { tempDir } from '../support/system/temp-dir.ts'

const most = readingLimits.otherNamesPerDevice
const hourMs = 3_600_000
const dayMs = 24 * hourMs

function engineIn(dir: string): EngineUnderTest {
  const under = openEngine(dir)
  onTestFinished(() => under.close())
  return under
}

/** A reading with so many names that no dictionary has. */
function named(count: number, { from = 0, atMs = morningMs, stem = 'made_up_' } = {}): JournalEntry {
  const names = Array.from({ length: count }, (_, n) => [`${stem}${from + n}`, n] as const)
  return message({ ts: atMs, ...Object.fromEntries(names) }, { receivedAtMs: atMs })
}

/** Names of all metrics that history holds of the bus, in columns with a value and beside them. */
function namesStored({ db }: EngineUnderTest): Set<string> {
  const tables = db.prepare("SELECT name FROM sqlite_master WHERE name LIKE 'r_trans%'").all()
  const names = new Set<string>()
  const take = (row: Record<string, unknown>) => {
    for (const name of Object.keys(JSON.parse(String(row.extra ?? row.metrics ?? '{}')))) names.add(name)
  }
  for (const { name } of tables) for (const row of db.prepare(`SELECT extra FROM ${name}`).all()) take(row)
  for (const row of db.prepare('SELECT metrics FROM late').all()) take(row)
  return names
}

function balance(under: EngineUnderTest): { received: number; accounted: number } {
  const { received, stored, duplicates, rejected, waiting } = countersOf(under)
  const refused = Object.values(rejected).reduce((sum, n) => sum + n, 0)
  return { received, accounted: stored + duplicates + refused + waiting }
}

function quarantine({ db }: EngineUnderTest): Record<string, unknown>[] {
  return db
    .prepare('SELECT reason, n FROM quarantine ORDER BY id')
    .all()
    .map((row) => ({ ...row }))
}

describe('names that a device makes up', () => {
  test('are all taken up to the bound', () => {
    const under = engineIn(tempDir())
    const { metrics } = takeAll(under, [named(most / 2), named(most / 2, { from: most / 2, atMs: morningMs + 1 })])
    expect(Object.keys(metrics)).toHaveLength(most)
    expect(quarantine(under)).toEqual([])
  })

  test('past the bound cost their own value alone, which is counted and kept', () => {
    const under = engineIn(tempDir())
    const further = message({ ts: morningMs + 1, speed_kmh: 30, made_up_0: 7, one_too_many: 1 })
    const { metrics } = takeAll(under, [named(most - 2), named(2, { from: most - 2, atMs: morningMs + 1 }), further])
    expect(metrics).toMatchObject({ speed_kmh: 30, made_up_0: 7 })
    expect(metrics.one_too_many).toBeUndefined()
    expect(namesStored(under)).toHaveLength(most)
    expect(quarantine(under)).toEqual([{ reason: 'too-many-names', n: 0 }])
    expect(under.engine.ledger.notes().namelessValues).toBe(1)
    expect(balance(under)).toEqual({ received: 3, accounted: 3 })
  })

  test('refuse a reading that holds nothing else', () => {
    const under = engineIn(tempDir())
    const late = message({ ts: morningMs - hourMs, one_too_many: 1, another: 2 })
    takeAll(under, [named(most - 1), named(1, { from: most - 1 }), late])
    expect(quarantine(under)).toEqual([{ reason: 'too-many-names', n: 1 }])
    expect(countersOf(under)).toMatchObject({ received: 3, stored: 2, rejected: { 'too-many-names': 1 } })
  })

  test.each(['temperature_c_', 'count_', 'voltage_v_1_'])('count also as %s…, of which there is no end', (stem) => {
    const under = engineIn(tempDir())
    takeAll(under, [
      named(60, { stem, from: 10 }),
      named(60, { stem: `${stem}1_`, from: 10, atMs: morningMs + 1 }),
      named(60, { stem: `${stem}2_`, from: 10, atMs: morningMs + 2 }),
    ])
    expect(Object.keys(under.engine.memories.get('bus-07').metrics)).toHaveLength(most)
  })

  test('leave room for every name of the dictionary', () => {
    const under = engineIn(tempDir())
    const known = Object.entries(dictionary).map(([name, { min, type }]) => [name, type === 'boolean' ? true : min])
    const half = Math.ceil(known.length / 2)
    const { metrics } = takeAll(under, [
      named(60),
      named(60, { from: 60, atMs: morningMs + 1 }),
      message({ ts: morningMs + 2, ...Object.fromEntries(known.slice(0, half)) }),
      message({ ts: morningMs + 3, ...Object.fromEntries(known.slice(half)) }),
    ])
    expect(Object.keys(metrics)).toHaveLength(most + known.length)
  })

  test('give their place to a new one when they were not heard for a day, and not before', () => {
    const under = engineIn(tempDir())
    takeAll(under, [named(60), named(60, { from: 60, atMs: morningMs + 1 })])
    const kept = named(1, { atMs: morningMs + hourMs })
    takeAll(under, [kept, named(1, { stem: 'new_', atMs: morningMs + dayMs - 1 })])
    expect(under.engine.memories.get('bus-07').metrics).not.toHaveProperty('new_0')
    const { metrics } = takeAll(under, [named(1, { stem: 'new_', atMs: morningMs + dayMs })])
    expect(metrics).toMatchObject({ new_0: 0, made_up_0: 0 })
    expect(metrics).not.toHaveProperty('made_up_1')
    expect(Object.keys(metrics)).toHaveLength(most)
  })

  test('of a memory that an older release let grow are let go down to the bound, at the opening and for good', () => {
    const dir = tempDir()
    const before = openEngine(dir)
    const memory = takeAll(before, [message({ ts: morningMs, speed_kmh: 30, lat: 3.6, lon: 98.48 })])
    for (let n = 0; n < 20_000; n += 1) memory.metrics[`made_up_${n}`] = n
    const olderMs = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`made_up_${n}`, morningMs - n]))
    before.engine.tidy()
    const { namesMs: _names, timesMs: _times, ...grown } = memory
    before.db.prepare('UPDATE memory SET json = ?').run(JSON.stringify({ ...grown, olderMs }))
    before.close()
    const after = openEngine(dir)
    expect(after.engine.memories.namesLetGo).toEqual({ devices: 1, names: 20_000 - most })
    const { metrics } = after.engine.memories.get('bus-07')
    expect(Object.keys(metrics)).toHaveLength(most + 1)
    expect(metrics).toMatchObject({ speed_kmh: 30, made_up_0: 0, [`made_up_${most - 1}`]: most - 1 })
    after.close()
    expect(engineIn(dir).engine.memories.namesLetGo).toEqual({ devices: 0, names: 0 })
  })

  test('never make more of a device than the bound, in whatever form, order and time they come', {
    timeout: 60_000,
  }, () => {
    const stem = fc.constantFrom('x', 'temperature_c_', 'count_', 'Outputs/LED ', 'a.b.')
    const reading = fc.record({
      stem,
      from: fc.nat(3000),
      count: fc.integer({ min: 1, max: 60 }),
      behindMs: fc.constantFrom(0, 1, hourMs, 40 * dayMs),
    })
    const messages = fc.array(fc.array(reading, { minLength: 1, maxLength: 8 }), { minLength: 4, maxLength: 12 })
    const readingOf = ({
      stem: of,
      from,
      count,
      behindMs,
    }: typeof reading extends fc.Arbitrary<infer T> ? T : never) => ({
      ts: morningMs - behindMs,
      ...Object.fromEntries(Array.from({ length: count }, (_, n) => [`${of}${from + n}`, n])),
    })
    fc.assert(
      fc.property(messages, (list) => {
        const under = openEngine(tempDir())
        const batches = batchesOf(list.map((parts) => [message(parts.map(readingOf))]))
        const [changed] = under.engine.processBatches(batches)
        const live = changed && liveOf(changed)
        expect(Object.keys(live?.metrics ?? {}).length).toBeLessThanOrEqual(most)
        expect(Object.keys(live?.olderMs ?? {}).length).toBeLessThanOrEqual(most)
        expect(namesStored(under).size).toBeLessThanOrEqual(most)
        expect(JSON.stringify(live).length).toBeLessThan(16_384)
        const { received, accounted } = balance(under)
        expect(accounted).toBe(received)
        under.close()
      }),
      { numRuns: 40 },
    )
  })
})

import { describe, expect, test } from 'vitest'
import type { JournalEntry } from '../../contract/ports/journal.ts'
import { liveOf } from '../../ingest/device-state.ts'
import { readManual } from '../../storage/telemetry/sqlite/manual-table.ts'
import {
  batchesOf,
  countersOf,
  dyingBefore,
  message,
  morningMs,
  openEngine,
  takeAll,
} from '../support/storage/engine-under-test.ts'
import { tempDir } from '../support/system/temp-dir.ts'

const hourMs = 3_600_000
const span = { deviceId: 'gauge-1', fromMs: 0, toMs: morningMs * 2 }
const gaugeTopic = 'binjai/v1/sensor/gauge-1/telemetry'

/** What the broker would write for a reading by hand. */
function byHand(payload: unknown, more: Partial<JournalEntry> = {}): JournalEntry {
  const words = typeof payload === 'object' ? { role: 'operator', ...payload } : payload
  const topic = 'binjai/v1/sensor/gauge-1/manual'
  return message(words, { type: 'manual', principal: 'user:siti', topic, ...more })
}

function measured(payload: unknown, receivedAtMs = morningMs): JournalEntry {
  return message(payload, { topic: gaugeTopic, receivedAtMs })
}

function after(...entries: JournalEntry[]) {
  const under = openEngine(tempDir())
  takeAll(under, entries)
  const found = {
    kept: readManual(under.db, span),
    live: liveOf(under.engine.memories.get('gauge-1')),
    rows: under.db.prepare('SELECT reason, topic, device FROM quarantine').all().map(Object.values),
    counters: countersOf(under, entries.length),
  }
  under.close()
  return found
}

test('a reading by hand is kept with author, role and note, and counts as one reading', () => {
  const { kept, counters } = after(byHand({ ts: morningMs - 60_000, water_level_m: 2.34, note: 'dari jembatan' }))
  expect(kept).toEqual([
    {
      atMs: morningMs - 60_000,
      receivedAtMs: morningMs,
      ...{ author: 'siti', role: 'operator', metrics: { water_level_m: 2.34 }, note: 'dari jembatan' },
    },
  ])
  expect(counters).toMatchObject({ received: 1, stored: 1, duplicates: 0, rejected: {}, waiting: 0 })
})

test('it touches nothing of the live state but its own compartment', () => {
  const before = measured({ ts: morningMs - hourMs, water_level_m: 1 }, morningMs - hourMs)
  const alone = after(before).live
  const both = after(before, byHand({ ts: morningMs, water_level_m: 4 })).live
  expect(both).toEqual({
    ...alone,
    manual: { atMs: morningMs, role: 'operator', metrics: { water_level_m: 4 } },
  })
  expect(after(byHand({ ts: morningMs, water_level_m: 4 })).live).toMatchObject({
    measuredAtMs: null,
    receivedAtMs: null,
  })
})

test('the newest by its own time stands in the live state', () => {
  const { live } = after(
    byHand({ ts: morningMs, water_level_m: 2 }),
    byHand({ ts: morningMs - hourMs, water_level_m: 1 }, { receivedAtMs: morningMs + 1000 }),
  )
  expect(live.manual?.metrics).toEqual({ water_level_m: 2 })
})

test('of one moment neither changes the other, whichever comes first', () => {
  for (const turn of [1, -1]) {
    const entries = [measured({ ts: morningMs, water_level_m: 1 }), byHand({ ts: morningMs, water_level_m: 2 })]
    const { kept, live, counters } = after(...(turn === 1 ? entries : entries.toReversed()))
    expect(live.metrics).toEqual({ water_level_m: 1 })
    expect(kept.map(({ metrics }) => metrics)).toEqual([{ water_level_m: 2 }])
    expect(counters).toMatchObject({ stored: 2, duplicates: 0 })
  }
})

test('the same once more is a duplicate; other values of its author correct it; another author has a moment of his own', () => {
  const reading = { ts: morningMs, water_level_m: 2 }
  const { kept, counters } = after(
    byHand(reading),
    byHand(reading, { receivedAtMs: morningMs + 5000 }),
    byHand({ ts: morningMs, water_level_m: 2.2 }, { receivedAtMs: morningMs + 6000 }),
    byHand(reading, { principal: 'user:budi' }),
    byHand(reading, { principal: 'user:budi' }),
  )
  expect(kept.map(({ atMs, author, metrics }) => [atMs - morningMs, author, metrics.water_level_m])).toEqual([
    [0, 'siti', 2.2],
    [1, 'budi', 2],
  ])
  expect(counters).toMatchObject({ received: 5, stored: 3, duplicates: 2, waiting: 0 })
})

describe('what the api would have refused is refused here too, whole', () => {
  test.each([
    ['implausible', { ts: morningMs, water_level_m: 327.67, battery_v: 12 }, {}],
    ['invalid-time', { ts: morningMs + hourMs, water_level_m: 1 }, {}],
    ['invalid-time', { water_level_m: 1 }, {}],
    ['older-than-retention', { ts: morningMs - 366 * 24 * hourMs, water_level_m: 1 }, {}],
    ['invalid-metric', { ts: morningMs, water_level_m: '2', battery_v: 12 }, {}],
    ['invalid-metric', { ts: morningMs, made_up: 2 }, {}],
    ['nothing-measured', { ts: morningMs, note: 'x' }, {}],
    ['nothing-measured', { ts: morningMs, water_level_m: 1, role: 'king' }, {}],
    ['nothing-measured', { ts: morningMs, water_level_m: 1 }, { principal: 'gauge-1' }],
    ['nothing-measured', [{ ts: morningMs, water_level_m: 1, role: 'operator' }], {}],
    ['not-json', '{"ts":', {}],
    ['unknown-device', { ts: morningMs, water_level_m: 1 }, { topic: 'binjai/v1/sensor/nobody/manual' }],
    ['unknown-topic', { ts: morningMs, water_level_m: 1 }, { topic: gaugeTopic }],
  ] as const)('%s: %j', (reason, payload, more) => {
    const { kept, live, counters, rows } = after(byHand(payload, more))
    expect(rows.map(([why]) => why)).toEqual([reason])
    expect([kept, live.manual]).toEqual([[], null])
    expect(counters).toMatchObject({ received: 1, stored: 0, rejected: { [reason]: 1 }, waiting: 0 })
  })
})

test('neither a message of a device nor a second chance out of quarantine can become one', () => {
  const under = openEngine(tempDir())
  const payload = { ts: morningMs, water_level_m: 1, role: 'admin' }
  const topic = 'binjai/v1/sensor/gauge-1/manual'
  takeAll(under, [message(payload, { topic }), byHand({ ts: morningMs, water_level_m: 99 })])
  for (const { id } of under.db.prepare('SELECT id FROM quarantine').all())
    expect(under.engine.retry(Number(id))?.result).toEqual({ outcome: 'rejected', reason: 'unknown-topic' })
  expect(readManual(under.db, span)).toEqual([])
  expect(under.engine.memories.get('gauge-1').measuredAtMs).toBeNull()
  expect(countersOf(under, 2)).toMatchObject({ received: 2, stored: 0, rejected: { 'unknown-topic': 2 } })
  under.close()
})

test('a process that dies anywhere in the middle keeps it once', () => {
  const batches = batchesOf([
    [byHand({ ts: morningMs, water_level_m: 2 })],
    [measured({ ts: morningMs, water_level_m: 1 })],
  ])
  let died = 0
  for (let call = 1; call < 400; call += 7) {
    const dir = tempDir()
    try {
      const dying = openEngine(dir, { through: dyingBefore(call) })
      dying.engine.processBatches(batches)
      dying.close()
    } catch {
      died += 1
    }
    const again = openEngine(dir)
    again.engine.processBatches(batches.filter(({ seq }) => seq > again.engine.ledger.position('local').seq))
    expect(readManual(again.db, span)).toHaveLength(1)
    expect(countersOf(again, 2)).toMatchObject({ received: 2, stored: 2, duplicates: 0, waiting: 0 })
    expect(liveOf(again.engine.memories.get('gauge-1'))).toMatchObject({
      metrics: { water_level_m: 1 },
      manual: { atMs: morningMs },
    })
    again.close()
  }
  expect(died).toBeGreaterThan(10)
})

test('it waits for the configured store with device and author, and goes with the retention of readings', () => {
  const under = openEngine(tempDir(), { forwards: true })
  takeAll(under, [byHand({ ts: morningMs, water_level_m: 2 })])
  const waiting = under.engine.ledger.nextWaiting(10)
  expect(waiting?.history.manual).toMatchObject([
    { deviceId: 'gauge-1', kind: 'sensor', profile: 'river-gauge', author: 'siti', atMs: morningMs },
  ])
  under.engine.dropBefore({ telemetryMs: morningMs, eventsMs: 0 })
  expect(readManual(under.db, span)).toHaveLength(1)
  under.engine.dropBefore({ telemetryMs: morningMs + 1, eventsMs: 0 })
  expect(readManual(under.db, span)).toEqual([])
  expect(under.db.prepare('SELECT class, cause, points FROM dropped').all().map(Object.values)).toEqual([
    ['telemetry', 'retention', 1],
  ])
  under.close()
})

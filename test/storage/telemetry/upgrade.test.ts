import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { localPartition } from '../../../storage/journal/local-partition.ts'
import { openSqliteStore } from '../../../storage/telemetry/sqlite/sqlite.ts'
import { countersOf, message, openEngine, takeAll } from '../../support/storage/engine-under-test.ts'
import { tempDir } from '../../support/system/temp-dir.ts'

const morningMs = Date.UTC(2026, 10, 21, 1)
const dayMs = 86_400_000

/** A folder as release 0.1.0 left it. */
function oldFolder(): string {
  const dir = tempDir()
  const db = new DatabaseSync(join(dir, 'hot.db'))
  db.exec('PRAGMA journal_mode = WAL')
  db.exec(readFileSync('test/fixtures/store-0.1.0.sql', 'utf8'))
  db.close()
  return dir
}

const bus = { deviceId: 'bus-07', profile: 'trans-binjai-bus', fromMs: 0, toMs: morningMs + 9 * dayMs, limit: 100 }
const gauge = { ...bus, deviceId: 'gauge-1', profile: 'river-gauge' }

test('a hot database of 0.1.0 opens, counts on, joins into its old tables and hands its outbox on', () => {
  const dir = oldFolder()
  const opened = openEngine(dir, { forwards: true })
  onTestFinished(() => opened.close())
  expect(countersOf(opened, 8)).toEqual({
    received: 8,
    stored: 1,
    duplicates: 1,
    rejected: { 'not-json': 1 },
    waiting: 5,
  })
  const entry = { ts: morningMs, lat: 3.6001, lon: 98.4854, speed_kmh: 30.5, passengers: 12, door_2: 1 }
  takeAll(opened, [message(entry), message({ ...entry, satellites: 9 }), message({ ...entry, ts: morningMs + 1 })])
  expect(countersOf(opened, 11)).toMatchObject({ received: 11, duplicates: 2, waiting: 7 })
  expect(opened.engine.ledger.nextWaiting(5000)?.readings).toHaveLength(7)
})

test('a ledger that had one position and what came before its journal keeps both, as its only partition', () => {
  const dir = tempDir()
  const db = new DatabaseSync(join(dir, 'hot.db'))
  db.exec(`
    CREATE TABLE ledger (
      one INTEGER PRIMARY KEY CHECK (one = 1), offset_seq INTEGER NOT NULL, cum INTEGER NOT NULL, stored INTEGER NOT NULL,
      duplicates INTEGER NOT NULL, outbox INTEGER NOT NULL, notes TEXT NOT NULL, base INTEGER NOT NULL DEFAULT 0
    );
    INSERT INTO ledger VALUES (1, 7, 40, 130, 10, 0, '{"late":3}', 100);
  `)
  db.close()
  for (const _start of ['the first', 'the next']) {
    const { engine, ...opened } = openEngine(dir)
    expect(engine.ledger.position(localPartition)).toEqual({ seq: 7, cum: 40 })
    expect(engine.ledger.position('another')).toEqual({ seq: 0, cum: 0 })
    expect(countersOf({ engine, ...opened }, 42)).toMatchObject({
      received: 142,
      stored: 130,
      duplicates: 10,
      waiting: 2,
    })
    expect(engine.ledger.notes()).toMatchObject({ late: 3 })
    opened.close()
  }
})

test('the days of 0.1.0 are read, and sealed as all others', async () => {
  const store = openSqliteStore({
    path: join(oldFolder(), 'hot.db'),
    sealing: { sealAfterMs: 0, now: () => morningMs + 9 * dayMs },
  })
  onTestFinished(() => store.close())
  const answers = async () => [
    await store.range(bus),
    await store.range(gauge),
    await store.range({ ...bus, everyMs: 60_000 }),
    await store.latest(),
    await store.city({
      profile: 'river-gauge',
      metric: 'water_level_m',
      fromMs: 0,
      toMs: bus.toMs - 1,
      everyMs: 60_000,
    }),
  ]
  const before = await answers()
  expect((await store.range(bus)).metrics).toEqual({
    speed_kmh: [30.5, 31.5, 32.5].map((speed, index) => [morningMs + index * 5000, speed]),
    passengers: [12, 12, 12].map((count, index) => [morningMs + index * 5000, count]),
    door_2: [1, 1, 1].map((count, index) => [morningMs + index * 5000, count]),
  })
  await store.settle()
  expect(store.status().coldBytes).toBeGreaterThan(0)
  expect(await answers()).toEqual(before)
})

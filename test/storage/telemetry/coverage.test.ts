import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { openCoverage, readCoverage } from '../../../storage/telemetry/coverage.ts'
import { openHotDatabase } from '../../../storage/telemetry/sqlite/sqlite-open.ts'
import { openHotSchema } from '../../../storage/telemetry/sqlite/sqlite-tables.ts'
import { createSqliteWriter } from '../../../storage/telemetry/sqlite/sqlite-writer.ts'
import { gaugeReading } from '../../support/influx/influx-readings.ts'
import { batchesOf, busTopic, message, morningMs, openEngine } from '../../support/storage/engine-under-test.ts'
import { tempDir } from '../../support/system/temp-dir.ts'

const dayMs = 86_400_000
const dayOf = (ms: number) => Math.floor(ms / dayMs) * dayMs
const nothingKnown = { wholeFromMs: null, forwardedFromMs: null, gapDays: [] }

function open(): DatabaseSync {
  const db = openHotDatabase(join(tempDir(), 'hot.db'))
  onTestFinished(() => db.close())
  return db
}

test('a new database is whole, however old what is let go could be', () => {
  const db = open()
  const { days } = createSqliteWriter(db)
  days.dropBefore(Date.now())
  expect(readCoverage(db)).toEqual(nothingKnown)
})

test('a database that ingest of this release never opened says nothing', () => {
  expect(readCoverage(new DatabaseSync(':memory:'))).toEqual(nothingKnown)
})

test('what retention lets go, and what comes too late for it, is known to be gone', () => {
  const db = open()
  const writer = createSqliteWriter(db)
  const tsMs = gaugeReading().tsMs
  writer.write(gaugeReading())
  writer.flush()
  writer.days.dropBefore(tsMs + dayMs)
  expect(readCoverage(db).wholeFromMs).toBe(dayOf(tsMs) + dayMs)
  writer.days.dropBefore(tsMs)
  expect(readCoverage(db).wholeFromMs).toBe(dayOf(tsMs) + dayMs)
})

test('what the budget lets go, a day that is missing and a database that was lost are known', () => {
  const db = open()
  const { days } = createSqliteWriter(db)
  const day = { profile: 'river-gauge', dayMs: 10 * dayMs, points: 5, bytes: 100 }
  days.sealed(day)
  days.sealed({ ...day, dayMs: 11 * dayMs })
  expect(days.dropOldestSealed(20 * dayMs)).toBe(true)
  expect(readCoverage(db).wholeFromMs).toBe(11 * dayMs)
  days.missing('river-gauge', 11 * dayMs)
  expect(readCoverage(db).wholeFromMs).toBe(12 * dayMs)
  // It was mislaid and is back; a day of which nothing was known tells of another database before this one.
  days.adopt({ ...day, dayMs: 11 * dayMs }, 30 * dayMs)
  expect(readCoverage(db).wholeFromMs).toBe(12 * dayMs)
  days.adopt({ ...day, dayMs: 12 * dayMs }, 30 * dayMs)
  expect(readCoverage(db).wholeFromMs).toBe(30 * dayMs)
  days.lostBefore(40 * dayMs)
  expect(readCoverage(db).wholeFromMs).toBe(40 * dayMs)
})

test('of a database of an older release what is left is taken for whole', () => {
  const db = open()
  openHotSchema(db)
  db.exec("INSERT INTO dropped VALUES ('telemetry', 'retention', 3, 1000)")
  db.exec(`INSERT INTO day_table VALUES ('r_river_gauge_19700121', 'river-gauge', ${20 * dayMs}, 0)`)
  openCoverage(db)
  expect(readCoverage(db).wholeFromMs).toBe(20 * dayMs)
})

test('the moment since which a place gets all readings is kept, and begins anew with another place or after a pause', () => {
  const db = open()
  openHotSchema(db)
  const book = openCoverage(db)
  const since = () => readCoverage(db).forwardedFromMs
  book.forwardTo('http://a city', 1000)
  book.notForwarded([5 * dayMs, 5 * dayMs + 7, 6 * dayMs - 1, 9 * dayMs])
  expect(readCoverage(db)).toMatchObject({ forwardedFromMs: 1000, gapDays: [5 * dayMs, 9 * dayMs] })
  book.forwardTo('http://a city', 2000)
  expect(readCoverage(db)).toMatchObject({ forwardedFromMs: 1000, gapDays: [5 * dayMs, 9 * dayMs] })
  book.forwardTo('http://a other', 3000)
  expect(readCoverage(db)).toMatchObject({ forwardedFromMs: 3000, gapDays: [] })
  book.forwardTo(undefined, 4000)
  expect(since()).toBeNull()
  book.forwardTo('http://a other', 5000)
  expect(since()).toBe(5000)
})

test('a place is known again by its mark: one that has lost it, or another one, begins anew', () => {
  const db = open()
  openHotSchema(db)
  const book = openCoverage(db)
  const aheadMs = 120_000
  book.forwardTo('http://a city', 1000)
  expect(book.mark()).toBeUndefined()
  const mark = book.confirm({ place: 'http://a city', holdsMark: undefined }, 2000)
  expect(book.mark()).toBe(mark)
  expect(mark).toMatch(/^[0-9a-f-]{36}$/)
  expect(readCoverage(db).forwardedFromMs).toBe(1000)
  book.notForwarded([5 * dayMs])
  expect(book.confirm({ place: 'http://a city', holdsMark: true }, 3000)).toBeUndefined()
  expect(book.confirm({ place: 'http://a city' }, 4000)).toBeUndefined()
  expect(readCoverage(db)).toMatchObject({ forwardedFromMs: 1000, gapDays: [5 * dayMs] })
  const next = book.confirm({ place: 'http://a city', holdsMark: false }, 5000)
  expect(next).not.toBe(mark)
  expect(readCoverage(db)).toMatchObject({ forwardedFromMs: 5000 + aheadMs, gapDays: [] })
  expect(book.confirm({ place: 'http://a id-of-pemko city', holdsMark: true }, 6000)).toEqual(expect.any(String))
  expect(readCoverage(db).forwardedFromMs).toBe(6000 + aheadMs)
  book.forwardTo('http://a city', 7000)
  expect(readCoverage(db).forwardedFromMs).toBe(6000 + aheadMs)
})

test('what a retention policy of the place has taken is not there any more, nor with a longer one afterwards', () => {
  const db = open()
  openHotSchema(db)
  const book = openCoverage(db)
  const sinceAt = (nowMs: number) => readCoverage(db, nowMs).forwardedFromMs
  book.forwardTo('http://a city', 1000)
  book.confirm({ place: 'http://a city', keepsMs: 30 * dayMs }, 2000)
  expect(sinceAt(dayMs)).toBe(1000)
  expect(sinceAt(100 * dayMs)).toBe(70 * dayMs)
  expect(book.confirm({ place: 'http://a city', holdsMark: true }, 100 * dayMs)).toBeUndefined()
  expect(sinceAt(110 * dayMs)).toBe(80 * dayMs)
  book.confirm({ place: 'http://a city', holdsMark: true, keepsMs: 0 }, 110 * dayMs)
  expect(sinceAt(500 * dayMs)).toBe(80 * dayMs)
  book.confirm({ place: 'http://a city', holdsMark: true, keepsMs: dayMs }, 500 * dayMs)
  book.confirm({ place: 'http://a city', holdsMark: false, keepsMs: dayMs }, 500 * dayMs)
  expect(sinceAt(600 * dayMs)).toBe(599 * dayMs)
})

test('the book of an older release goes on where its place answers again', () => {
  const db = open()
  openHotSchema(db)
  db.exec(`
    CREATE TABLE forwarding (one INTEGER PRIMARY KEY CHECK (one = 1), place TEXT NOT NULL, since_ms INTEGER NOT NULL);
    INSERT INTO forwarding VALUES (1, 'http://a city', 1000)
  `)
  const book = openCoverage(db)
  book.forwardTo('http://a  city city', 2000)
  expect(book.confirm({ place: 'http://a city' }, 3000)).toBe(book.mark())
  expect(readCoverage(db).forwardedFromMs).toBe(1000)
})

test('days of which the configured store refused readings, or was not sent them, are known', () => {
  const refusing = openEngine(tempDir(), { forwards: true })
  onTestFinished(refusing.close)
  refusing.engine.processBatches(
    batchesOf([[message({ ts: morningMs, speed_kmh: 1 }), message({ ts: morningMs + 1, speed_kmh: 2 })]]),
  )
  const batch = refusing.engine.ledger.nextWaiting(10)
  refusing.engine.settle(batch?.upTo ?? 0, batch?.readings ?? [], [])
  expect(readCoverage(refusing.db).gapDays).toEqual([])

  const short = openEngine(tempDir(), { forwards: true, outboxBytes: 1 })
  onTestFinished(short.close)
  short.engine.processBatches(batchesOf([[message({ ts: morningMs, speed_kmh: 1 })]]))
  expect(readCoverage(short.db).gapDays).toEqual([dayOf(morningMs)])

  const entries = [
    message({ ts: morningMs - dayMs, speed_kmh: 1 }, { topic: busTopic }),
    message({ ts: morningMs, speed_kmh: 1 }),
  ]
  const other = openEngine(tempDir(), { forwards: true })
  onTestFinished(other.close)
  other.engine.processBatches(batchesOf([entries]))
  const sent = other.engine.ledger.nextWaiting(10)
  other.engine.settle(sent?.upTo ?? 0, sent?.readings ?? [], [{ index: 1, detail: 'field type conflict' }])
  expect(readCoverage(other.db).gapDays).toEqual([dayOf(morningMs)])
})

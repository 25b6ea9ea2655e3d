import type { DatabaseSync } from 'node:sqlite'
import { dayStart } from './sqlite/sqlite-tables.ts'

/** Which store holds which time in full, as the books know it. */
export interface StoreCoverage {
  /** All that was taken in of this moment and later lies in the embedded store; `null`: nothing was ever let go. */
  wholeFromMs: number | null
  /** Since then every reading goes to the configured store as well; `null`: there is none. */
  forwardedFromMs: number | null
  /** UTC days of which the configured store lacks readings: it refused them, or they were dropped before they were sent. */
  gapDays: number[]
}

export interface CoverageBook {
  /** What was before this moment may be gone from the embedded store. */
  letGoBefore(ms: number): void
  /** From now on readings go to this place, or to none; what went to another one before does not count. */
  forwardTo(place: string | undefined, nowMs: number): void
  /** Readings of these moments will never be in the configured store. */
  notForwarded(moments: Iterable<number>): void
}

const schema = `
  CREATE TABLE IF NOT EXISTS kept (one INTEGER PRIMARY KEY CHECK (one = 1), from_ms INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS forwarding (
    one INTEGER PRIMARY KEY CHECK (one = 1), place TEXT NOT NULL, since_ms INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS not_forwarded (day_ms INTEGER PRIMARY KEY);
`

/** All calls but the first belong inside a transaction of the caller's. */
export function openCoverage(db: DatabaseSync): CoverageBook {
  const isNew = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'kept'").get() === undefined
  db.exec(schema)
  const keep = db.prepare(
    'INSERT INTO kept VALUES (1, ?) ON CONFLICT DO UPDATE SET from_ms = max(from_ms, excluded.from_ms)',
  )
  if (isNew) noteEarlierLosses(db, (ms) => keep.run(ms))
  const gap = db.prepare('INSERT OR IGNORE INTO not_forwarded VALUES (?)')
  return {
    letGoBefore: (ms) => void keep.run(ms),
    forwardTo(place, nowMs) {
      const known = db.prepare('SELECT place FROM forwarding').get()?.place
      if (known === place) return
      db.exec('DELETE FROM forwarding; DELETE FROM not_forwarded')
      if (place !== undefined) db.prepare('INSERT INTO forwarding VALUES (1, ?, ?)').run(place, nowMs)
    },
    notForwarded(moments) {
      for (const day of new Set([...moments].map(dayStart))) gap.run(day)
    },
  }
}

/** An older release kept no such book: where it had let days go, what is here begins with the oldest that is left. */
function noteEarlierLosses(db: DatabaseSync, letGoBefore: (ms: number) => void): void {
  if (db.prepare("SELECT 1 FROM dropped WHERE class = 'telemetry'").get() === undefined) return
  const oldest = db
    .prepare('SELECT min(day) AS day FROM (SELECT day_ms AS day FROM day_table UNION ALL SELECT day_ms FROM sealed)')
    .get()?.day
  letGoBefore(typeof oldest === 'number' ? oldest : Date.now())
}

/** What the book says now; a database of an older release says nothing until ingest has opened it. */
export function readCoverage(db: DatabaseSync): StoreCoverage {
  const has = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'not_forwarded'").get()
  if (has === undefined) return { wholeFromMs: null, forwardedFromMs: null, gapDays: [] }
  const wholeFrom = db.prepare('SELECT from_ms FROM kept').get()?.from_ms
  const since = db.prepare('SELECT since_ms FROM forwarding').get()?.since_ms
  const gaps = db.prepare('SELECT day_ms FROM not_forwarded ORDER BY day_ms').all()
  return {
    wholeFromMs: typeof wholeFrom === 'number' ? wholeFrom : null,
    forwardedFromMs: typeof since === 'number' ? since : null,
    gapDays: gaps.map(({ day_ms: day }) => Number(day)),
  }
}

import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { PlaceFound } from '../../contract/ports/telemetry.ts'
import { futureToleranceMs } from '../../contract/reading.ts'
import { addColumn } from './sqlite/add-column.ts'
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
  /**
   * From now on readings go to the place that the settings name, or to none; what went to another one before does not count.
   * Which place it is in truth is known once it has answered: until then that of before counts, where the settings are the same.
   */
  forwardTo(target: string | undefined, nowMs: number): void
  /** By which mark the place is known again; `undefined`: none was left yet. */
  mark(): string | undefined
  /**
   * What was found at the target. Another place than before, or one that has lost its mark, begins anew. Returns the mark
   * that is to be left there, if one is missing.
   */
  confirm(found: PlaceFound, nowMs: number): string | undefined
  /** Readings of these moments will never be in the configured store. */
  notForwarded(moments: Iterable<number>): void
}

const schema = `
  CREATE TABLE IF NOT EXISTS kept (one INTEGER PRIMARY KEY CHECK (one = 1), from_ms INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS forwarding (
    one INTEGER PRIMARY KEY CHECK (one = 1), place TEXT NOT NULL, since_ms INTEGER NOT NULL,
    target TEXT NOT NULL DEFAULT '', mark TEXT NOT NULL DEFAULT '', keeps_ms INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE IF NOT EXISTS not_forwarded (day_ms INTEGER PRIMARY KEY);
`

/** No place has answered yet. */
const unknownPlace = ''

/** All calls but the first belong inside a transaction of the caller's. */
export function openCoverage(db: DatabaseSync): CoverageBook {
  const isNew = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'kept'").get() === undefined
  db.exec(schema)
  const keep = db.prepare(
    'INSERT INTO kept VALUES (1, ?) ON CONFLICT DO UPDATE SET from_ms = max(from_ms, excluded.from_ms)',
  )
  if (isNew) noteEarlierLosses(db, (ms) => keep.run(ms))
  addColumn(db, 'forwarding', "target TEXT NOT NULL DEFAULT ''")
  addColumn(db, 'forwarding', "mark TEXT NOT NULL DEFAULT ''")
  addColumn(db, 'forwarding', 'keeps_ms INTEGER NOT NULL DEFAULT 0')
  const gap = db.prepare('INSERT OR IGNORE INTO not_forwarded VALUES (?)')
  const read = db.prepare('SELECT place, target, mark, keeps_ms FROM forwarding')

  function row() {
    const found = read.get()
    return (
      found && {
        place: String(found.place),
        target: String(found.target),
        mark: String(found.mark),
        keepsMs: Number(found.keeps_ms),
      }
    )
  }

  function clear(): void {
    db.exec('DELETE FROM forwarding; DELETE FROM not_forwarded')
  }

  function begin({
    place,
    sinceMs,
    target,
    mark,
  }: {
    place: string
    sinceMs: number
    target: string
    mark: string
  }): void {
    clear()
    db.prepare('INSERT INTO forwarding (one, place, since_ms, target, mark) VALUES (1, ?, ?, ?, ?)').run(
      place,
      sinceMs,
      target,
      mark,
    )
  }

  /** What a policy of before took does not come back with another one. */
  function keepFor(keepsMs: number | undefined, nowMs: number): void {
    const beforeMs = row()?.keepsMs ?? 0
    if (keepsMs === undefined || keepsMs === beforeMs) return
    if (beforeMs > 0) db.prepare('UPDATE forwarding SET since_ms = max(since_ms, ?)').run(nowMs - beforeMs)
    db.prepare('UPDATE forwarding SET keeps_ms = ?').run(keepsMs)
  }

  return {
    letGoBefore: (ms) => void keep.run(ms),
    forwardTo(target, nowMs) {
      const known = row()
      if (target === undefined) return clear()
      // An older release kept no target: whether the place is still the same is found out when it answers.
      if (known?.target === '') db.prepare('UPDATE forwarding SET target = ?').run(target)
      else if (known?.target !== target) begin({ place: unknownPlace, sinceMs: nowMs, target, mark: '' })
    },
    mark: () => row()?.mark || undefined,
    confirm(found, nowMs) {
      const known = row()
      if (known === undefined) return undefined
      const { place, holdsMark } = found
      if (known.place !== unknownPlace && (known.place !== place || holdsMark === false)) {
        // Of what went with a lost database, none bears a later time than this.
        begin({ ...known, place, sinceMs: nowMs + futureToleranceMs, mark: randomUUID() })
      } else if (known.mark === '') {
        db.prepare('UPDATE forwarding SET place = ?, mark = ?').run(place, randomUUID())
      }
      keepFor(found.keepsMs, nowMs)
      const mark = row()?.mark
      return mark === known.mark ? undefined : mark
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
export function readCoverage(db: DatabaseSync, nowMs = Date.now()): StoreCoverage {
  const has = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'not_forwarded'").get()
  if (has === undefined) return { wholeFromMs: null, forwardedFromMs: null, gapDays: [] }
  const wholeFrom = db.prepare('SELECT from_ms FROM kept').get()?.from_ms
  const since = readSince(db, nowMs)
  const gaps = db.prepare('SELECT day_ms FROM not_forwarded ORDER BY day_ms').all()
  return {
    wholeFromMs: typeof wholeFrom === 'number' ? wholeFrom : null,
    forwardedFromMs: since,
    gapDays: gaps.map(({ day_ms: day }) => Number(day)),
  }
}

/** Since when the configured store has everything, less what it has let go by its own rule. */
function readSince(db: DatabaseSync, nowMs: number): number | null {
  const row = db.prepare('SELECT * FROM forwarding').get()
  if (row === undefined) return null
  const keepsMs = Number(row.keeps_ms ?? 0)
  return keepsMs > 0 ? Math.max(Number(row.since_ms), nowMs - keepsMs) : Number(row.since_ms)
}

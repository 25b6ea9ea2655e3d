import type { DatabaseSync } from 'node:sqlite'
import { dayMs } from '../../contract/time.ts'
import { openCoverage } from './coverage.ts'
import {
  type DayTable,
  dayStart,
  dayStates,
  keyOf,
  type ListedTable,
  listDayTables,
  sealedStates,
} from './sqlite/sqlite-tables.ts'

/** Why telemetry was let go. */
export type DropCause = 'retention' | 'budget'

/** What is kept apart: telemetry goes first, an event never before it. */
export type DropClass = 'telemetry' | 'event'

/** Where each day lies: in its table, frozen, in a cold file, gone. All calls belong inside a transaction of the caller's. */
export interface DayCatalogue {
  find(profile: string, dayMs: number): { table: ListedTable | undefined; sealed: boolean; hasLate: boolean }
  /** The oldest table that began before this moment and is not sealed yet; those that are named are left out. */
  nextToSeal(beforeMs: number, except: ReadonlySet<string>): ListedTable | undefined
  /** From now on the rows of this table change no more. */
  freeze(table: DayTable): void
  /** The day lies in its cold file; its table, if it had one, is emptied from now on. */
  sealed(day: SealedDay): void
  /** Its cold file cannot be read any more, or does not have it. */
  missing(profile: string, dayMs: number): void
  /** Lets whole days before this moment go. */
  dropBefore(ms: number): void
  /** Lets the oldest sealed day of before this moment go; false where there is none. */
  dropOldestSealed(beforeMs: number): boolean
  /** Sealed days that were let go and still lie in their files. */
  going(): { profile: string; dayMs: number }[]
  /** They are out of their files. */
  gone(days: readonly { profile: string; dayMs: number }[]): void
  /** Takes in a day that lies whole in a cold file and was missing, or was not known: then the hot database before this one is gone. */
  adopt(day: SealedDay, nowMs: number): void
  /** All that lay in the hot database before this moment is lost. */
  lostBefore(ms: number): void
  /** Counts what was let go. */
  countDropped(of: DropClass, cause: DropCause, points: number): void
  /** Takes away about so many rows of what has gone or is sealed; false when there is nothing left to do. */
  sweep(rows: number): boolean
}

export interface SealedDay {
  profile: string
  dayMs: number
  points: number
  bytes: number
}

/** `changed` is called after days have moved: what was remembered of where they lie is no longer true. */
export function createDayCatalogue(db: DatabaseSync, changed: () => void): DayCatalogue {
  /** Roll-ups before this moment are to go. */
  let rollupsFromMs = Number.NEGATIVE_INFINITY
  const coverage = openCoverage(db)
  const setState = db.prepare('UPDATE day_table SET state = ? WHERE profile = ? AND day_ms = ?')
  const note = db.prepare(`
    INSERT INTO sealed (profile, day_ms, points, bytes) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET points = excluded.points, bytes = excluded.bytes, state = ${sealedStates.here}
  `)
  const isSealed = db.prepare(`SELECT 1 FROM sealed WHERE profile = ? AND day_ms = ? AND state = ${sealedStates.here}`)
  const isLate = db.prepare('SELECT 1 FROM late WHERE profile = ? AND ts >= ? AND ts < ? LIMIT 1')
  const countDropped = db.prepare(`
    INSERT INTO dropped (class, cause, days, points) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET days = days + excluded.days, points = points + excluded.points
  `)

  function dropped(beforeMs: number, cause: DropCause, days: number, points: number): void {
    if (days > 0 || points > 0) coverage.letGoBefore(beforeMs)
    count(cause, days, points)
  }

  function count(cause: DropCause, days: number, points: number): void {
    if (days > 0 || points > 0) countDropped.run('telemetry', cause, days, points)
  }

  /** Sealed days of this span are let go; those that are missing were lost before and are not counted again. */
  function letGo(cause: DropCause, fromMs: number, toMs: number): void {
    const gone = db
      .prepare(`
        SELECT count(DISTINCT day_ms) AS days, ifnull(sum(points), 0) AS points FROM sealed
        WHERE day_ms >= ? AND day_ms < ? AND state = ${sealedStates.here}
      `)
      .get(fromMs, toMs)
    db.prepare('UPDATE sealed SET state = ? WHERE day_ms >= ? AND day_ms < ?').run(sealedStates.going, fromMs, toMs)
    dropped(toMs, cause, Number(gone?.days), Number(gone?.points))
  }

  return {
    find(profile, day) {
      const [table] = listDayTables(db, { profile, fromMs: day, toMs: day + 1 })
      return {
        table,
        sealed: isSealed.get(profile, day) !== undefined,
        hasLate: isLate.get(profile, day, day + dayMs) !== undefined,
      }
    },
    nextToSeal: (beforeMs, except) =>
      listDayTables(db, { toMs: beforeMs, upTo: dayStates.frozen }).find(({ name }) => !except.has(name)),
    freeze({ profile, fromMs }) {
      setState.run(dayStates.frozen, profile, fromMs)
      changed()
    },
    sealed({ profile, dayMs: day, points, bytes }) {
      note.run(profile, day, points, bytes)
      setState.run(dayStates.sealed, profile, day)
      changed()
    },
    missing(profile, day) {
      db.prepare('UPDATE sealed SET state = ? WHERE profile = ? AND day_ms = ?').run(sealedStates.missing, profile, day)
      coverage.letGoBefore(day + dayMs)
      changed()
    },
    dropBefore(ms) {
      const before = dayStart(ms)
      rollupsFromMs = before
      const tables = listDayTables(db, { toMs: before, upTo: dayStates.frozen })
      for (const { profile, fromMs } of tables) setState.run(dayStates.dropped, profile, fromMs)
      dropped(before, 'retention', new Set(tables.map(({ fromMs }) => fromMs)).size, 0)
      letGo('retention', Number.MIN_SAFE_INTEGER, before)
      const late = db.prepare('DELETE FROM late WHERE ts < ?').run(before)
      dropped(before, 'retention', 0, Number(late.changes))
      db.prepare('DELETE FROM newest WHERE ts < ?').run(before)
      changed()
    },
    dropOldestSealed(beforeMs) {
      const oldest = db
        .prepare('SELECT min(day_ms) AS day FROM sealed WHERE day_ms < ? AND state = ?')
        .get(beforeMs, sealedStates.here)?.day
      if (typeof oldest !== 'number') return false
      letGo('budget', oldest, oldest + dayMs)
      changed()
      return true
    },
    going: () =>
      db
        .prepare('SELECT profile, day_ms FROM sealed WHERE state = ?')
        .all(sealedStates.going)
        .map((row) => ({ profile: String(row.profile), dayMs: Number(row.day_ms) })),
    gone(days) {
      const forget = db.prepare('DELETE FROM sealed WHERE profile = ? AND day_ms = ? AND state = ?')
      for (const { profile, dayMs: day } of days) forget.run(profile, day, sealedStates.going)
    },
    adopt({ profile, dayMs: day, points, bytes }, nowMs) {
      const known = db.prepare('SELECT 1 FROM sealed WHERE profile = ? AND day_ms = ?').get(profile, day)
      const { changes } = db
        .prepare(`
        INSERT INTO sealed (profile, day_ms, points, bytes) SELECT ?1, ?2, ?3, ?4
        WHERE NOT EXISTS (SELECT 1 FROM day_table WHERE profile = ?1 AND day_ms = ?2 AND state <= ${dayStates.frozen})
        ON CONFLICT DO UPDATE SET points = excluded.points, bytes = excluded.bytes, state = ${sealedStates.here}
        WHERE state = ${sealedStates.missing}
      `)
        .run(profile, day, points, bytes)
      if (known === undefined && changes > 0) coverage.letGoBefore(nowMs)
      changed()
    },
    lostBefore: coverage.letGoBefore,
    countDropped(of, cause, points) {
      countDropped.run(of, cause, 0, points)
    },
    sweep(rows) {
      const leaving = listDayTables(db).find(({ state }) => state >= dayStates.sealed)
      if (leaving === undefined) return sweepRollups(db, rollupsFromMs)
      const gone = emptyTable(db, leaving, rows)
      if (leaving.state === dayStates.dropped) count('retention', 0, gone)
      return true
    },
  }
}

/**
 * Dropping a large table touches all of its pages in one go: 145 ms for a day of 600,000 rows, while nothing else can
 * be written. Emptied from its beginning in slices it costs as much in all, and no slice is felt.
 */
function emptyTable(db: DatabaseSync, table: ListedTable, rows: number): number {
  const key = table.slotted ? 'slot, dev, at' : 'ts, dev'
  const end = db.prepare(`SELECT * FROM ${table.name} ORDER BY ${key} LIMIT 1 OFFSET ?`).get(rows)
  if (end !== undefined) {
    const marks = table.slotted ? '(?, ?, ?)' : '(?, ?)'
    const before = keyOf(table, Number(end.ts), Number(end.dev))
    return Number(db.prepare(`DELETE FROM ${table.name} WHERE (${key}) < ${marks}`).run(...before).changes)
  }
  const left = db.prepare(`SELECT count(*) AS n FROM ${table.name}`).get()
  db.exec(`DROP TABLE ${table.name}`)
  db.prepare('DELETE FROM day_table WHERE name = ?').run(table.name)
  return Number(left?.n)
}

/** Old roll-ups of one metric; its key begins with profile and metric, so that nothing else is looked at. */
function sweepRollups(db: DatabaseSync, fromMs: number): boolean {
  if (fromMs === Number.NEGATIVE_INFINITY) return false
  const next = db.prepare(`
    SELECT profile, metric, bucket FROM rollup WHERE (profile, metric) > (?, ?) ORDER BY profile, metric, bucket LIMIT 1
  `)
  let [profile, metric] = ['', '']
  for (let row = next.get(profile, metric); row !== undefined; row = next.get(profile, metric)) {
    profile = String(row.profile)
    metric = String(row.metric)
    if (Number(row.bucket) >= fromMs) continue
    db.prepare('DELETE FROM rollup WHERE profile = ? AND metric = ? AND bucket < ?').run(profile, metric, fromMs)
    db.prepare('DELETE FROM rollup_stale WHERE profile = ? AND metric = ? AND bucket < ?').run(profile, metric, fromMs)
    return true
  }
  return false
}

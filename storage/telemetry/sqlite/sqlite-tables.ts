import type { DatabaseSync } from 'node:sqlite'
import { findProfile } from '../../../contract/profiles/index.ts'
import { dayMs } from '../../../contract/time.ts'
import { addColumn } from './add-column.ts'
import { inTransaction } from './sqlite-open.ts'

/**
 * Layout of the hot database: one wide table per (profile, UTC day), clustered by (ten minutes, dev, moment): rows come
 * in at the end of the table, and a device's day is 144 short runs instead of single rows among all others. What is
 * outside the profile's own metrics goes to `extra` as JSON: an unknown key can never add a column. INTEGER is SQLite's
 * affinity, not a type: a value that is no whole number stays a float (see sqlite-values.ts).
 */

/** Width of the runs of a day table, and of the city-wide roll-up that is made on the way in. */
export const slotMs = 600_000

export interface DayTable {
  name: string
  profile: string
  fromMs: number
  /** Metrics with a column of their own, in order. */
  columns: readonly string[]
  /** False: made by an older release, clustered by (ts, dev). */
  slotted: boolean
}

/** How far a day has come. The numbers stand in the file. */
export const dayStates = {
  /** Written to. */
  open: 0,
  /** Being sealed: its rows change no more, what comes for it goes to `late`. */
  frozen: 1,
  /** Its rows lie in a cold file; the table is being emptied. */
  sealed: 2,
  /** Past what is kept; the table is being emptied. */
  dropped: 3,
} as const
export type DayState = (typeof dayStates)[keyof typeof dayStates]

/** What became of a sealed day. The numbers stand in the file. */
export const sealedStates = {
  here: 0,
  /** Its cold file could not be read and was put aside. */
  missing: 1,
  /** Let go; the seal worker takes it out of its file. */
  going: 2,
} as const

export function metricColumns(profile: string): readonly string[] {
  return findProfile(profile)?.metrics ?? []
}

export function dayStart(ms: number): number {
  return Math.floor(ms / dayMs) * dayMs
}

export function dayTableName(profile: string, ms: number): string {
  const day = new Date(dayStart(ms)).toISOString().slice(0, 10).replaceAll('-', '')
  return `r_${profile.replaceAll('-', '_')}_${day}`
}

export interface ListedTable extends DayTable {
  state: DayState
}

export interface TableFilter {
  profile?: string
  fromMs?: number
  toMs?: number
  /** Up to this state; all when absent. */
  upTo?: DayState
}

/** (profile, day) tables, oldest first. */
export function listDayTables(db: DatabaseSync, filter: TableFilter = {}): ListedTable[] {
  const { profile = null, fromMs = Number.MIN_SAFE_INTEGER, toMs = Number.MAX_SAFE_INTEGER, upTo } = filter
  const rows = db
    .prepare(`
      SELECT name, profile, day_ms, state FROM day_table
      WHERE (?1 IS NULL OR profile = ?1) AND day_ms > ?2 - ${dayMs} AND day_ms < ?3 AND state <= ?4 ORDER BY day_ms
    `)
    .all(profile, fromMs, toMs, upTo ?? dayStates.dropped)
  return rows.map((row) => ({
    ...storedTable(db, String(row.name)),
    profile: String(row.profile),
    fromMs: Number(row.day_ms),
    // Written from `dayStates` only.
    state: Number(row.state) as DayState,
  }))
}

function storedTable(db: DatabaseSync, name: string): Pick<DayTable, 'name' | 'columns' | 'slotted'> {
  const names = db
    .prepare('SELECT name FROM pragma_table_info(?)')
    .all(name)
    .map((row) => String(row.name))
  const metrics = names.filter((column) => column.startsWith('m_')).map((column) => column.slice(2))
  return { name, columns: metrics, slotted: names.includes('slot') }
}

/** Makes the table of a day, or brings one of an older release up to the profile's present metrics. */
export function openDayTable(db: DatabaseSync, profile: string, ms: number): DayTable {
  const name = dayTableName(profile, ms)
  const wanted = metricColumns(profile)
  const { columns: have, slotted } = storedTable(db, name)
  const made = have.length > 0 || slotted
  if (made) {
    for (const metric of wanted.filter((column) => !have.includes(column))) {
      db.exec(`ALTER TABLE ${name} ADD COLUMN m_${metric} INTEGER`)
    }
  } else createDayTable(db, name, wanted)
  db.prepare('INSERT OR IGNORE INTO day_table (name, profile, day_ms) VALUES (?, ?, ?)').run(
    name,
    profile,
    dayStart(ms),
  )
  return { name, profile, fromMs: dayStart(ms), columns: wanted, slotted: slotted || !made }
}

function createDayTable(db: DatabaseSync, name: string, metrics: readonly string[]): void {
  const columns = [
    'slot INTEGER',
    'dev INTEGER',
    'at INTEGER',
    `ts INTEGER AS (slot * ${slotMs} + at) VIRTUAL`,
    'arrival INTEGER',
    'lat INTEGER',
    'lon INTEGER',
    ...metrics.map((metric) => `m_${metric} INTEGER`),
    'extra TEXT',
    'PRIMARY KEY (slot, dev, at)',
  ]
  db.exec(`CREATE TABLE IF NOT EXISTS ${name} (${columns.join(', ')}) WITHOUT ROWID`)
}

export function slotOf(tsMs: number): number {
  return Math.floor(tsMs / slotMs)
}

/** Columns of a row's key, and its values. */
function keyColumns({ slotted }: DayTable): readonly string[] {
  return slotted ? ['slot', 'dev', 'at'] : ['ts', 'dev']
}

export function keyOf({ slotted }: DayTable, tsMs: number, dev: number): number[] {
  return slotted ? [slotOf(tsMs), dev, tsMs - slotOf(tsMs) * slotMs] : [tsMs, dev]
}

/** Columns between the key and the first metric in the insert. */
export const arrivalAndPosition = 3

/** Values in this order: the key, arrival, lat, lon, metrics, extra. */
export function insertSql(table: DayTable): string {
  const columns = [
    ...keyColumns(table),
    'arrival',
    'lat',
    'lon',
    ...table.columns.map((metric) => `m_${metric}`),
    'extra',
  ]
  const marks = columns.map(() => '?').join(', ')
  return `INSERT INTO ${table.name} (${columns.join(', ')}) VALUES (${marks}) ON CONFLICT DO NOTHING`
}

/** Values in this order: metrics, extra, lat, lon, then the key of the row. */
export function updateSql(table: DayTable): string {
  const sets = [...table.columns.map((metric) => `m_${metric} = ?`), 'extra = ?', 'lat = ?', 'lon = ?']
  return `UPDATE ${table.name} SET ${sets.join(', ')} WHERE ${whereKey(table)}`
}

/** The row of a moment, by its key. */
export function selectRowSql(table: DayTable): string {
  return `SELECT * FROM ${table.name} WHERE ${whereKey(table)}`
}

function whereKey(table: DayTable): string {
  return keyColumns(table)
    .map((column) => `${column} = ?`)
    .join(' AND ')
}

/** Slots of `$from` and of the last moment before `$to`; numbers are bound as floats, which do not divide to wholes. */
export const firstSlot = `CAST($from / ${slotMs} AS INTEGER)`
export const lastSlot = `CAST(($to - 1) / ${slotMs} AS INTEGER)`

/** Condition for the moments from `$from` to before `$to`, over all devices. */
export function inRange({ slotted }: DayTable): string {
  const exact = 'ts >= $from AND ts < $to'
  return slotted ? `slot >= ${firstSlot} AND slot <= ${lastSlot} AND ${exact}` : exact
}

export const hotSchema = `
  CREATE TABLE IF NOT EXISTS day_table (
    name TEXT PRIMARY KEY, profile TEXT NOT NULL, day_ms INTEGER NOT NULL, state INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE IF NOT EXISTS device (
    dev INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, profile TEXT NOT NULL, area TEXT
  );
  CREATE TABLE IF NOT EXISTS newest (dev INTEGER PRIMARY KEY, ts INTEGER NOT NULL, profile TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS rollup (
    profile TEXT NOT NULL, metric TEXT NOT NULL, bucket INTEGER NOT NULL, area TEXT NOT NULL,
    n INTEGER NOT NULL, sum REAL NOT NULL, min REAL NOT NULL, max REAL NOT NULL,
    PRIMARY KEY (profile, metric, bucket, area)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS rollup_stale (
    profile TEXT NOT NULL, metric TEXT NOT NULL, bucket INTEGER NOT NULL, PRIMARY KEY (profile, metric, bucket)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS sealed (
    profile TEXT NOT NULL, day_ms INTEGER NOT NULL, points INTEGER NOT NULL, bytes INTEGER NOT NULL,
    state INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (profile, day_ms)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS late (
    profile TEXT NOT NULL, dev INTEGER NOT NULL, ts INTEGER NOT NULL, arrival INTEGER NOT NULL, lat REAL, lon REAL,
    metrics TEXT NOT NULL, rev INTEGER NOT NULL, PRIMARY KEY (profile, dev, ts)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS late_ts ON late (profile, ts);
  CREATE TABLE IF NOT EXISTS dropped (
    class TEXT NOT NULL, cause TEXT NOT NULL, days INTEGER NOT NULL, points INTEGER NOT NULL,
    PRIMARY KEY (class, cause)
  ) WITHOUT ROWID;
`

/** Makes the tables, or adds to those of an older release what they lack; in one transaction, which is one sync. */
export function openHotSchema(db: DatabaseSync): void {
  inTransaction(db, () => {
    db.exec(hotSchema)
    addColumn(db, 'day_table', 'state INTEGER NOT NULL DEFAULT 0')
  })
}

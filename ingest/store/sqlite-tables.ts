import type { DatabaseSync } from 'node:sqlite'
import { findProfile } from '../../contract/profiles/index.ts'

/**
 * Layout of the hot database: one wide table per (profile, UTC day), clustered by (ts, dev), so that a day's readings
 * are appended in the order they come and a day is dropped as a whole. What is outside the profile's own metrics goes
 * to `extra` as JSON: an unknown key can never add a column. INTEGER is SQLite's affinity, not a type: a value that is no
 * whole number stays a float (see sqlite-values.ts).
 */

const dayMs = 86_400_000

export interface DayTable {
  name: string
  profile: string
  fromMs: number
  /** Metrics with a column of their own, in order. */
  columns: readonly string[]
}

/** Columns before the metrics; `arrival` is `encodeArrival` of receivedAt - ts and the two marks of a reading. */
const fixedColumns = ['ts', 'dev', 'arrival', 'lat', 'lon'] as const

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

/** All (profile, day) tables, oldest first. */
export function listDayTables(db: DatabaseSync): DayTable[] {
  const rows = db.prepare('SELECT name, profile, day_ms FROM day_table ORDER BY day_ms').all()
  return rows.map((row) => ({
    name: String(row.name),
    profile: String(row.profile),
    fromMs: Number(row.day_ms),
    columns: storedColumns(db, String(row.name)),
  }))
}

function storedColumns(db: DatabaseSync, table: string): string[] {
  return db
    .prepare('SELECT name FROM pragma_table_info(?)')
    .all(table)
    .map((row) => String(row.name))
    .filter((name) => name.startsWith('m_'))
    .map((name) => name.slice(2))
}

/** Makes the table of a day, or brings one of an older release up to the profile's present metrics. */
export function openDayTable(db: DatabaseSync, profile: string, ms: number): DayTable {
  const name = dayTableName(profile, ms)
  const wanted = metricColumns(profile)
  const have = storedColumns(db, name)
  if (have.length === 0) {
    const columns = wanted.map((metric) => `m_${metric} INTEGER`)
    const fixed = ['ts INTEGER', 'dev INTEGER', 'arrival INTEGER', 'lat INTEGER', 'lon INTEGER']
    db.exec(`
      CREATE TABLE IF NOT EXISTS ${name} (${[...fixed, ...columns, 'extra TEXT', 'PRIMARY KEY (ts, dev)'].join(', ')})
        WITHOUT ROWID;
    `)
    db.prepare('INSERT OR IGNORE INTO day_table (name, profile, day_ms) VALUES (?, ?, ?)').run(
      name,
      profile,
      dayStart(ms),
    )
  } else {
    for (const metric of wanted.filter((column) => !have.includes(column))) {
      db.exec(`ALTER TABLE ${name} ADD COLUMN m_${metric} INTEGER`)
    }
  }
  return { name, profile, fromMs: dayStart(ms), columns: wanted }
}

export function insertSql(table: DayTable): string {
  const columns = [...fixedColumns, ...table.columns.map((metric) => `m_${metric}`), 'extra']
  const marks = columns.map(() => '?').join(', ')
  return `INSERT INTO ${table.name} (${columns.join(', ')}) VALUES (${marks}) ON CONFLICT DO NOTHING`
}

/** Values in this order: metrics, extra, lat, lon, then ts and dev of the row. */
export function updateSql(table: DayTable): string {
  const sets = [...table.columns.map((metric) => `m_${metric} = ?`), 'extra = ?', 'lat = ?', 'lon = ?']
  return `UPDATE ${table.name} SET ${sets.join(', ')} WHERE ts = ? AND dev = ?`
}

export const hotSchema = `
  CREATE TABLE IF NOT EXISTS day_table (name TEXT PRIMARY KEY, profile TEXT NOT NULL, day_ms INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS device (
    dev INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, profile TEXT NOT NULL, area TEXT
  );
  CREATE TABLE IF NOT EXISTS newest (dev INTEGER PRIMARY KEY, ts INTEGER NOT NULL, profile TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS rollup (
    profile TEXT NOT NULL, metric TEXT NOT NULL, bucket INTEGER NOT NULL, area TEXT NOT NULL,
    n INTEGER NOT NULL, sum REAL NOT NULL, min REAL NOT NULL, max REAL NOT NULL,
    PRIMARY KEY (profile, metric, bucket, area)
  ) WITHOUT ROWID;
`

/** Width of the city-wide roll-up that is made on the way in. */
export const rollupMs = 600_000

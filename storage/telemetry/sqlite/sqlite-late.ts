import type { DatabaseSync } from 'node:sqlite'
import type { StoredReading } from '../../../contract/ports/telemetry.ts'
import { addExtra, compareMetrics, isEmpty, rowOfReading, type StoredRow } from './sqlite-rows.ts'
import { decodeArrival, encodeArrival } from './sqlite-values.ts'

/**
 * What comes for a day that is closed: a table of its own lies over the day's rows, wherever those are, and a row of it
 * wins. A moment that the day has already is joined here, so that duplicates and counts are told as exactly as on any
 * other day. The seal worker folds these rows into the day's chunks.
 */
export interface LateBook {
  /** Writes a whole row, joined by the caller. */
  put(profile: string, dev: number, row: StoredRow): void
  find(profile: string, dev: number, tsMs: number): StoredRow | undefined
  /** Number of the newest write; rows up to it may be taken out once they are folded in. */
  revision(): number
}

export function createLateBook(db: DatabaseSync): LateBook {
  let revision = Number(db.prepare('SELECT ifnull(max(rev), 0) AS rev FROM late').get()?.rev)
  const upsert = db.prepare(`
    INSERT INTO late (profile, dev, ts, arrival, lat, lon, metrics, rev) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET lat = excluded.lat, lon = excluded.lon, metrics = excluded.metrics, rev = excluded.rev
  `)
  const select = db.prepare('SELECT * FROM late WHERE profile = ? AND dev = ? AND ts = ?')
  return {
    put(profile, dev, row) {
      revision += 1
      const { tsMs, lat = null, lon = null, metrics } = row
      upsert.run(profile, dev, tsMs, encodeArrival(row), lat, lon, JSON.stringify(metrics), revision)
    },
    find(profile, dev, tsMs) {
      const row = select.get(profile, dev, tsMs)
      return row === undefined ? undefined : rowOfLate(row)
    },
    revision: () => revision,
  }
}

export function rowOfLate({ ts, arrival, lat, lon, metrics }: Record<string, unknown>): StoredRow {
  const row: StoredRow = { tsMs: Number(ts), ...decodeArrival(Number(arrival)), metrics: {} }
  addExtra(row.metrics, String(metrics))
  return typeof lat === 'number' && typeof lon === 'number' ? { ...row, lat, lon } : row
}

/** Rows of a device that came late, in order of time. */
export function lateRowsOf(
  db: DatabaseSync,
  { profile, dev, fromMs, toMs }: { profile: string; dev: number; fromMs: number; toMs: number },
): StoredRow[] {
  return db
    .prepare('SELECT * FROM late WHERE profile = ? AND dev = ? AND ts >= ? AND ts < ? ORDER BY ts')
    .all(profile, dev, fromMs, toMs)
    .map(rowOfLate)
}

/** Two lists of one device in order of time; where both have a moment, what came late is the whole of it. */
export function* mergeLate(rows: Iterable<StoredRow>, late: readonly StoredRow[]): Generator<StoredRow> {
  let next = 0
  for (const row of rows) {
    for (let first = late[next]; first !== undefined && first.tsMs < row.tsMs; first = late[next]) {
      yield first
      next += 1
    }
    const same = late[next]
    if (same?.tsMs === row.tsMs) {
      yield same
      next += 1
    } else yield row
  }
  yield* late.slice(next)
}

/** A reading of a moment that is there already: `undefined` where it says nothing new. */
export function joinRow(before: StoredRow, reading: StoredReading) {
  const { fresh, changed } = compareMetrics(before.metrics, reading.metrics)
  const { lat, lon } = reading
  const moves = lat !== undefined && (before.lat !== lat || before.lon !== lon)
  if (!moves && isEmpty(fresh) && isEmpty(changed)) return undefined
  const row = { ...before, ...rowOfReading(reading), metrics: { ...before.metrics, ...reading.metrics } }
  const { lagMs, serverTime, simulated } = before
  return { fresh, changed, row: { ...row, lagMs, serverTime, simulated } }
}

import type { DatabaseSync } from 'node:sqlite'
import { metricNamePattern } from '../../../contract/metrics.ts'
import {
  type CityBucket,
  type CityQuery,
  type ManualQuery,
  type ManualReading,
  maxRangePoints,
  type Point,
  type Position,
  type RangeQuery,
  type RangeResult,
  type StoredReading,
} from '../../../contract/ports/telemetry.ts'
import { kindSchema } from '../../../contract/topics.ts'
import type { ColdFiles } from '../cold/cold-files.ts'
import { readManual } from './manual-table.ts'
import { type NewestRow, readNewest } from './newest.ts'
import { bucketsOf } from './sqlite-buckets.ts'
import { cityFromRows, toCityBucket } from './sqlite-city.ts'
import { type DeviceDay, deviceDays } from './sqlite-days.ts'
import type { StoredRow } from './sqlite-rows.ts'
import { metricColumns, slotMs } from './sqlite-tables.ts'

/** The reading side of the embedded store; synchronous, for a worker thread or a test. */
export interface SqliteReader {
  range(query: RangeQuery): RangeResult
  city(query: CityQuery): CityBucket[]
  latest(): StoredReading[]
  manual(query: ManualQuery): ManualReading[]
}

type Row = Record<string, unknown>

/** Each call sees one moment of the hot database: a day that is sealed meanwhile is read from its table. */
export function createSqliteReader(db: DatabaseSync, cold: ColdFiles): SqliteReader {
  function deviceNumber(id: string): number | undefined {
    const row = db.prepare('SELECT dev FROM device WHERE id = ?').get(id)
    return row === undefined ? undefined : Number(row.dev)
  }

  function* daysOf(query: RangeQuery): Generator<DeviceDay> {
    const dev = deviceNumber(query.deviceId)
    if (dev !== undefined) yield* deviceDays(db, cold, { ...query, dev })
  }

  function* rowsOf(query: RangeQuery): Generator<StoredRow> {
    for (const day of daysOf(query)) yield* day.rows()
  }

  function rawRange(query: RangeQuery): RangeResult {
    const metrics: Record<string, Point[]> = {}
    const positions: Position[] = []
    let rows = 0
    let points = 0
    for (const row of rowsOf(query)) {
      const { tsMs: ms, lat, lon } = row
      if (rows === query.limit || points >= maxRangePoints) {
        return { engine: 'sqlite', metrics, positions, nextFromMs: ms }
      }
      rows += 1
      points += addPoints(metrics, row, query.metrics)
      if (lat !== undefined && lon !== undefined) positions.push([ms, lat, lon])
    }
    return { engine: 'sqlite', metrics, positions }
  }

  function bucketRange(query: RangeQuery, everyMs: number): RangeResult {
    const dev = deviceNumber(query.deviceId)
    if (dev === undefined) return { engine: 'sqlite', metrics: {}, positions: [] }
    return { engine: 'sqlite', ...bucketsOf(db, daysOf(query), { ...query, everyMs, dev }), positions: [] }
  }

  /** Ten-minute sums that were made on the way in, and those of the rows where they cannot be trusted for now. */
  function cityFromRollup(query: CityQuery): CityBucket[] {
    const { profile, metric, fromMs, toMs, everyMs } = query
    const stale = db
      .prepare('SELECT bucket FROM rollup_stale WHERE profile = ? AND metric = ? AND bucket >= ? AND bucket < ?')
      .all(profile, metric, fromMs, toMs)
    if (stale.length > 0) return cityFromRows(db, cold, query)
    return db
      .prepare(`
        SELECT bucket - bucket % ?1 AS ms, area, sum(n) AS n, sum(sum) AS sum, min(min) AS min, max(max) AS max
        FROM rollup WHERE profile = ?2 AND metric = ?3 AND bucket >= ?4 AND bucket < ?5
        GROUP BY 1, 2 ORDER BY 1, 2
      `)
      .all(everyMs, profile, metric, fromMs, toMs)
      .map(toCityBucket)
  }

  function latestOf({ dev, tsMs: fromMs, profile }: NewestRow): StoredReading | undefined {
    const device = db.prepare('SELECT * FROM device WHERE dev = ?').get(dev)
    if (device === undefined) return undefined
    const one = { profile, fromMs, toMs: fromMs + 1, dev, deviceId: String(device.id) }
    for (const day of deviceDays(db, cold, one)) {
      for (const row of day.rows()) return toReading(row, { ...device, profile })
    }
    return undefined
  }

  function atOneMoment<T>(read: () => T): T {
    if (db.isTransaction) return read()
    db.exec('BEGIN')
    try {
      return read()
    } finally {
      db.exec('ROLLBACK')
    }
  }

  return {
    range: (query) =>
      atOneMoment(() => (query.everyMs === undefined ? rawRange(query) : bucketRange(query, query.everyMs))),
    city: (query) =>
      atOneMoment(() => {
        if (!metricNamePattern.test(query.metric)) return []
        const aligned = [query.fromMs, query.toMs, query.everyMs].every((ms) => ms % slotMs === 0)
        const rolledUp = aligned && metricColumns(query.profile).includes(query.metric)
        return rolledUp ? cityFromRollup(query) : cityFromRows(db, cold, query)
      }),
    latest: () => atOneMoment(() => readNewest(db).flatMap((row) => latestOf(row) ?? [])),
    manual: (query) => readManual(db, query),
  }
}

/** Returns how many they are. */
function addPoints(points: Record<string, Point[]>, { tsMs, metrics }: StoredRow, names?: readonly string[]): number {
  let added = 0
  for (const [metric, value] of Object.entries(metrics)) {
    if (names !== undefined && !names.includes(metric)) continue
    if (Object.hasOwn(points, metric)) points[metric]?.push([tsMs, value])
    else points[metric] = [[tsMs, value]]
    added += 1
  }
  return added
}

function toReading({ tsMs, lagMs, serverTime, simulated, lat, lon, metrics }: StoredRow, device: Row): StoredReading {
  const reading: StoredReading = {
    deviceId: String(device.id),
    kind: kindSchema.parse(device.kind),
    profile: String(device.profile),
    areaCode: typeof device.area === 'string' ? device.area : null,
    tsMs,
    receivedAtMs: tsMs + lagMs,
    tsSource: serverTime ? 'server' : 'device',
    simulated,
    metrics,
  }
  return lat === undefined || lon === undefined ? reading : { ...reading, lat, lon }
}

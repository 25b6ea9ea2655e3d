import type { DatabaseSync } from 'node:sqlite'
import { metricNamePattern } from '../../contract/metrics.ts'
import type {
  CityBucket,
  CityQuery,
  Point,
  Position,
  RangeQuery,
  RangeResult,
  StoredReading,
} from '../../contract/ports.ts'
import { kindSchema } from '../../contract/topics.ts'
import { createBuckets } from './buckets.ts'
import { type NewestRow, readNewest } from './newest.ts'
import { bucketsBySql } from './sqlite-buckets.ts'
import { type DayTable, dayTableName, listDayTables, metricColumns, rollupMs } from './sqlite-tables.ts'
import { decodeArrival, decodeDegrees, decodedColumn } from './sqlite-values.ts'
import { rowMetrics } from './sqlite-writer.ts'

/** The reading side of the hot database; synchronous, for a worker thread or a test. */
export interface SqliteReader {
  range(query: RangeQuery): RangeResult
  city(query: CityQuery): CityBucket[]
  latest(): StoredReading[]
}

type Row = Record<string, unknown>

const dayMs = 86_400_000

export function createSqliteReader(db: DatabaseSync): SqliteReader {
  function tablesOf(profile: string, fromMs: number, toMs: number): DayTable[] {
    return listDayTables(db).filter(
      (table) => table.profile === profile && table.fromMs < toMs && table.fromMs + dayMs > fromMs,
    )
  }

  function deviceNumber(id: string): number | undefined {
    const row = db.prepare('SELECT dev FROM device WHERE id = ?').get(id)
    return row === undefined ? undefined : Number(row.dev)
  }

  /** Rows of one device in order, over the days. */
  function* rowsOf({ deviceId, profile, fromMs, toMs }: RangeQuery): Generator<{ row: Row; table: DayTable }> {
    const dev = deviceNumber(deviceId)
    if (dev === undefined) return
    for (const table of tablesOf(profile, fromMs, toMs)) {
      const select = db.prepare(`SELECT * FROM ${table.name} WHERE ts >= ? AND ts < ? AND dev = ? ORDER BY ts`)
      for (const row of select.iterate(fromMs, toMs, dev)) yield { row, table }
    }
  }

  function rawRange(query: RangeQuery): RangeResult {
    const metrics: Record<string, Point[]> = {}
    const positions: Position[] = []
    let rows = 0
    for (const { row, table } of rowsOf(query)) {
      const ms = Number(row.ts)
      if (rows === query.limit) return { engine: 'sqlite', metrics, positions, nextFromMs: ms }
      rows += 1
      addPoints(metrics, ms, wanted(rowMetrics(row, table.columns), query.metrics))
      const position = positionOf(row)
      if (position !== undefined) positions.push([ms, position.lat, position.lon])
    }
    return { engine: 'sqlite', metrics, positions }
  }

  function bucketRange(query: RangeQuery, everyMs: number): RangeResult {
    const dev = deviceNumber(query.deviceId)
    const tables = tablesOf(query.profile, query.fromMs, query.toMs)
    const quick = dev === undefined ? {} : bucketsBySql(db, tables, { ...query, everyMs, dev })
    return { engine: 'sqlite', metrics: quick ?? bucketsByRows(query, everyMs), positions: [] }
  }

  function bucketsByRows(query: RangeQuery, everyMs: number): Record<string, Point[]> {
    const buckets = createBuckets(everyMs, query.aggregate ?? 'mean')
    for (const { row, table } of rowsOf(query)) {
      const ms = Number(row.ts)
      const values = wanted(rowMetrics(row, table.columns), query.metrics)
      for (const metric in values) buckets.add(metric, ms, values[metric] ?? 0)
    }
    return buckets.points()
  }

  function cityFromRollup({ profile, metric, fromMs, toMs, everyMs }: CityQuery): CityBucket[] {
    return db
      .prepare(`
        SELECT bucket - bucket % ?1 AS ms, area, sum(n) AS n, sum(sum) AS sum, min(min) AS min, max(max) AS max
        FROM rollup WHERE profile = ?2 AND metric = ?3 AND bucket >= ?4 AND bucket < ?5
        GROUP BY 1, 2 ORDER BY 1, 2
      `)
      .all(everyMs, profile, metric, fromMs, toMs)
      .map(toCityBucket)
  }

  function cityFromRows({ profile, metric, fromMs, toMs, everyMs }: CityQuery): CityBucket[] {
    return tablesOf(profile, fromMs, toMs).flatMap((table) => {
      // A metric outside the profile's own has no column; its name is only ever a bound value.
      const value = table.columns.includes(metric) ? decodedColumn(metric) : "json_extract(extra, '$.' || ?4)"
      return db
        .prepare(`
          SELECT ts - ts % ?1 AS ms, ifnull(area, '') AS area, count(v) AS n, sum(v) AS sum, min(v) AS min, max(v) AS max
          FROM (SELECT ts, dev, ${value} AS v FROM ${table.name} WHERE ts >= ?2 AND ts < ?3 AND ?4 <> '')
          JOIN device USING (dev) WHERE v IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
        `)
        .all(everyMs, fromMs, toMs, metric)
        .map(toCityBucket)
    })
  }

  return {
    range: (query) => (query.everyMs === undefined ? rawRange(query) : bucketRange(query, query.everyMs)),
    city(query) {
      if (!metricNamePattern.test(query.metric)) return []
      const aligned = [query.fromMs, query.toMs, query.everyMs].every((ms) => ms % rollupMs === 0)
      const rolledUp = aligned && metricColumns(query.profile).includes(query.metric)
      return rolledUp ? cityFromRollup(query) : cityFromRows(query)
    },
    latest() {
      return readNewest(db).flatMap((row) => latestOf(row) ?? [])
    },
  }

  function latestOf({ dev, tsMs: ms, profile }: NewestRow): StoredReading | undefined {
    const device = db.prepare('SELECT * FROM device WHERE dev = ?').get(dev)
    const table = tablesOf(profile, ms, ms + 1)[0]
    if (table?.name !== dayTableName(profile, ms)) return undefined
    const row = db.prepare(`SELECT * FROM ${table.name} WHERE ts = ? AND dev = ?`).get(ms, dev)
    return row === undefined || device === undefined ? undefined : toReading(row, table, device)
  }
}

function addPoints(metrics: Record<string, Point[]>, ms: number, values: Record<string, number>): void {
  for (const metric in values) {
    const points = metrics[metric]
    if (points === undefined) metrics[metric] = [[ms, values[metric] ?? 0]]
    else points.push([ms, values[metric] ?? 0])
  }
}

function wanted(values: Record<string, number>, names: readonly string[] | undefined): Record<string, number> {
  if (names === undefined) return values
  return Object.fromEntries(Object.entries(values).filter(([metric]) => names.includes(metric)))
}

function toCityBucket(row: Row): CityBucket {
  return {
    ms: Number(row.ms),
    areaCode: row.area === '' ? null : String(row.area),
    n: Number(row.n),
    sum: Number(row.sum),
    min: Number(row.min),
    max: Number(row.max),
  }
}

function toReading(row: Row, table: DayTable, device: Row): StoredReading {
  const tsMs = Number(row.ts)
  const { lagMs, serverTime, simulated } = decodeArrival(Number(row.arrival))
  const reading: StoredReading = {
    deviceId: String(device.id),
    kind: kindSchema.parse(device.kind),
    profile: table.profile,
    areaCode: typeof device.area === 'string' ? device.area : null,
    tsMs,
    receivedAtMs: tsMs + lagMs,
    tsSource: serverTime ? 'server' : 'device',
    simulated,
    metrics: rowMetrics(row, table.columns),
  }
  return { ...reading, ...positionOf(row) }
}

function positionOf({ lat, lon }: Row): { lat: number; lon: number } | undefined {
  if (typeof lat !== 'number' || typeof lon !== 'number') return undefined
  return { lat: decodeDegrees(lat), lon: decodeDegrees(lon) }
}

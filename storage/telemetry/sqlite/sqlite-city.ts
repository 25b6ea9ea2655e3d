import type { DatabaseSync } from 'node:sqlite'
import type { CityBucket, CityQuery } from '../../../contract/ports/telemetry.ts'
import { dayMs } from '../../../contract/time.ts'
import type { ColdFiles } from '../cold/cold-files.ts'
import { firstFrom, type SealedChunk } from '../cold/sealed-rows.ts'
import { chunkRows, listDays, type StoredDay } from './sqlite-days.ts'
import { lateRowsOf, mergeLate } from './sqlite-late.ts'
import { rowOfTable, type StoredRow } from './sqlite-rows.ts'
import { type DayTable, inRange } from './sqlite-tables.ts'
import { decodedColumn } from './sqlite-values.ts'

interface Parts {
  db: DatabaseSync
  cold: ColdFiles
  query: CityQuery
  sums: CitySums
}

/** Sums over all devices of a profile from the rows themselves: exact, but only for what no roll-up answers. */
export function cityFromRows(db: DatabaseSync, cold: ColdFiles, query: CityQuery): CityBucket[] {
  const parts = { db, cold, query, sums: createCitySums(db, query.everyMs) }
  for (const day of listDays(db, query)) {
    const span = {
      ...query,
      fromMs: Math.max(query.fromMs, day.fromMs),
      toMs: Math.min(query.toMs, day.fromMs + dayMs),
    }
    addDay({ ...parts, query: span }, day)
  }
  return parts.sums.buckets()
}

function addDay(parts: Parts, day: StoredDay): void {
  const { db, cold, query, sums } = parts
  const { profile, metric, fromMs, toMs } = query
  const waiting = lateOfAll(db, query)
  if (day.table !== undefined) addTable(parts, day.table, waiting)
  for (const { deviceId, chunk } of day.sealed ? cold.chunks(profile, day.fromMs) : []) {
    const place = chunk.names.indexOf(metric)
    const over = waiting.get(deviceId)
    waiting.delete(deviceId)
    if (place >= 0 && over === undefined) addColumn(sums, { deviceId, chunk, place, query })
    else addRows(sums, { deviceId, metric, rows: mergeLate(chunkRows(chunk, fromMs, toMs), over ?? []) })
  }
  for (const [deviceId, rows] of waiting) addRows(sums, { deviceId, metric, rows })
}

/** What came late, by device. */
function lateOfAll(db: DatabaseSync, { profile, fromMs, toMs }: CityQuery): Map<string, StoredRow[]> {
  const devices = db
    .prepare('SELECT DISTINCT dev, id FROM late JOIN device USING (dev) WHERE late.profile = ? AND ts >= ? AND ts < ?')
    .all(profile, fromMs, toMs)
  return new Map(
    devices.map(({ dev, id }) => [String(id), lateRowsOf(db, { profile, dev: Number(dev), fromMs, toMs })]),
  )
}

/** SQLite adds up a table by itself, unless something came late over it: then row by row. */
function addTable({ db, query, sums }: Parts, table: DayTable, late: ReadonlyMap<string, readonly StoredRow[]>): void {
  const { metric, fromMs, toMs, everyMs } = query
  if (late.size > 0) {
    const hidden = new Map([...late].map(([deviceId, rows]) => [deviceId, new Set(rows.map(({ tsMs }) => tsMs))]))
    const select = db.prepare(`SELECT * FROM ${table.name} JOIN device USING (dev) WHERE ${inRange(table)}`)
    for (const row of select.iterate({ from: fromMs, to: toMs })) {
      const deviceId = String(row.id)
      if (hidden.get(deviceId)?.has(Number(row.ts)) === true) continue
      addRows(sums, { deviceId, metric, rows: [rowOfTable(row, table.columns)] })
    }
    return
  }
  // A metric outside the profile's own has no column; its name is only ever a bound value.
  const value = table.columns.includes(metric) ? decodedColumn(metric) : "json_extract(extra, '$.' || $metric)"
  const rows = db
    .prepare(`
      SELECT ts - ts % $every AS ms, ifnull(area, '') AS area, count(v) AS n, sum(v) AS sum, min(v) AS min, max(v) AS max
      FROM (SELECT ts, dev, ${value} AS v FROM ${table.name} WHERE ${inRange(table)} AND $metric <> '')
      JOIN device USING (dev) WHERE v IS NOT NULL GROUP BY 1, 2
    `)
    .all({ every: everyMs, metric, from: fromMs, to: toMs })
  for (const row of rows) sums.join(toCityBucket(row))
}

function addRows(
  sums: CitySums,
  { deviceId, metric, rows }: { deviceId: string; metric: string; rows: Iterable<StoredRow> },
): void {
  for (const { tsMs, metrics } of rows) {
    if (Object.hasOwn(metrics, metric)) sums.add(deviceId, tsMs, metrics[metric] ?? 0)
  }
}

function addColumn(
  sums: CitySums,
  { deviceId, chunk, place, query }: { deviceId: string; chunk: SealedChunk; place: number; query: CityQuery },
): void {
  const ts = chunk.fixed('ts')
  const values = chunk.metric(place)
  const end = firstFrom(ts, query.toMs)
  for (let index = firstFrom(ts, query.fromMs); index < end; index += 1) {
    const value = values[index] ?? Number.NaN
    if (!Number.isNaN(value)) sums.add(deviceId, ts[index] ?? 0, value)
  }
}

interface CitySums {
  add(deviceId: string, tsMs: number, value: number): void
  /** Sums that were made elsewhere. */
  join(bucket: CityBucket): void
  /** By time, then by kecamatan. */
  buckets(): CityBucket[]
}

function createCitySums(db: DatabaseSync, everyMs: number): CitySums {
  const areas = new Map(
    db
      .prepare('SELECT id, area FROM device')
      .all()
      .map(({ id, area }) => [id, area]),
  )
  const sums = new Map<string, CityBucket>()

  function join({ ms, areaCode, n, sum, min, max }: CityBucket): void {
    const key = `${ms} ${areaCode ?? ''}`
    const known = sums.get(key)
    if (known === undefined) {
      sums.set(key, { ms, areaCode, n, sum, min, max })
      return
    }
    known.n += n
    known.sum += sum
    known.min = Math.min(known.min, min)
    known.max = Math.max(known.max, max)
  }

  return {
    add(deviceId, tsMs, value) {
      const area = areas.get(deviceId)
      const ms = Math.floor(tsMs / everyMs) * everyMs
      join({ ms, areaCode: typeof area === 'string' ? area : null, n: 1, sum: value, min: value, max: value })
    },
    join,
    buckets: () => [...sums.values()].sort((a, b) => a.ms - b.ms || (a.areaCode ?? '').localeCompare(b.areaCode ?? '')),
  }
}

/** A row of sums as SQL gives it; an area of '' is none. */
export function toCityBucket(row: Record<string, unknown>): CityBucket {
  return {
    ms: Number(row.ms),
    areaCode: row.area === '' ? null : String(row.area),
    n: Number(row.n),
    sum: Number(row.sum),
    min: Number(row.min),
    max: Number(row.max),
  }
}

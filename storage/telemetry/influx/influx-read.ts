import type {
  CityBucket,
  Point,
  Position,
  RangeQuery,
  RangeResult,
  StoredReading,
  TelemetryReader,
} from '../../../contract/ports/telemetry.ts'
import { StoreUnavailableError } from '../../../contract/ports/telemetry.ts'
import { kinds } from '../../../contract/topics.ts'
import { readInfluxManual } from './influx-manual.ts'
import { readInSlices, type Slice } from './influx-pages.ts'
import type { InfluxQl, Series } from './influx-ql.ts'
import {
  fieldOfMetric,
  influxTimeLimitMs,
  isMeasurement,
  measurementPattern,
  metricOfField,
  ourSeries,
  tsSourceNumbers,
} from './influx-schema.ts'

type InfluxReader = TelemetryReader & {
  /** Deletes our own series only: other programs may keep theirs in the same database. */
  dropBefore(ms: number): Promise<void>
}

/**
 * Reads what `writeReadings` wrote, by InfluxQL. Identifiers pass the gates of `influx-schema.ts`, values are bound
 * parameters, and the few numbers that InfluxQL cannot bind (LIMIT, the width of a bucket) are checked integers.
 */
export function createInfluxReader({
  engine,
  influxQl,
}: {
  engine: 'influx1' | 'influx2'
  influxQl: InfluxQl
}): InfluxReader {
  const nothing: RangeResult = { engine, metrics: {}, positions: [] }

  async function raw(query: RangeQuery, rowsAsked: number): Promise<Slice> {
    const limit = positiveInteger(rowsAsked)
    const fields = query.metrics && fieldsOf(query.metrics).concat('lat', 'lon')
    const [series] = await influxQl.query(
      `SELECT ${fields ? fields.map(identifier).join(', ') : '*::field'} FROM ${identifier(query.profile)}` +
        ` WHERE "device" = $device AND time >= $from AND time < $to LIMIT ${limit + 1}`,
      { device: query.deviceId, ...bounds(query) },
    )
    if (!series) return { result: nothing, columns: 0, rows: 0 }
    const { rows, nextFromMs } = page(series, limit)
    const metrics = pointsOf(series.columns.map(metricOfField), rows)
    const positions = positionsOf(series.columns, rows)
    const result = { engine, metrics, positions, ...(nextFromMs !== undefined && { nextFromMs }) }
    return { result, columns: series.columns.length, rows: rows.length, cutByServer: series.partial ?? false }
  }

  /** Not by LIMIT, which 1.x counts for each field alone: by the time that so many buckets take. */
  async function buckets(query: RangeQuery, everyMs: number, rowsAsked: number): Promise<Slice> {
    const aggregate = query.aggregate ?? 'mean'
    const fields = query.metrics && fieldsOf(query.metrics)
    if (fields?.length === 0) return { result: nothing, columns: 0, rows: 0 }
    const endMs = (Math.floor(query.fromMs / everyMs) + rowsAsked) * everyMs
    const cut = endMs < query.toMs ? { nextFromMs: endMs } : {}
    const columns = fields?.map(
      (field) => `${aggregate}(${identifier(field)}) AS ${identifier(`${aggregate}_${field}`)}`,
    )
    const [series] = await influxQl.query(
      `SELECT ${columns?.join(', ') ?? `${aggregate}(*)`} FROM ${identifier(query.profile)}` +
        ` WHERE "device" = $device AND time >= $from AND time < $to` +
        ` GROUP BY time(${positiveInteger(everyMs)}ms) fill(none)`,
      { device: query.deviceId, ...bounds({ ...query, toMs: Math.min(query.toMs, endMs) }) },
    )
    if (!series) return { result: { ...nothing, ...cut }, columns: 0, rows: 0 }
    const names = requireWhole(series).columns.map((column) => metricOfColumn(column, aggregate))
    const result = { ...nothing, metrics: pointsOf(names, series.values), ...cut }
    return { result, columns: names.length, rows: series.values.length }
  }

  /** How many columns an answer may have, where the question says it. */
  const widthOf = ({ metrics }: RangeQuery): number | undefined => metrics && fieldsOf(metrics).length

  return {
    engine,
    async range(query) {
      const { everyMs, limit } = query
      if (!isMeasurement(query.profile) || !(query.fromMs < query.toMs)) return nothing
      if (everyMs === undefined) return readInSlices(query, { columns: widthOf(query), rows: limit }, raw)
      const bounds = { columns: widthOf(query), rows: Number.POSITIVE_INFINITY }
      return readInSlices(query, bounds, (slice, rows) => buckets(slice, positiveInteger(everyMs), rows))
    },

    async city(query) {
      const field = fieldOfMetric(query.metric)
      if (field === undefined || !isMeasurement(query.profile) || !(query.fromMs < query.toMs)) return []
      const column = identifier(field)
      const answer = await influxQl.query(
        `SELECT count(${column}), sum(${column}), min(${column}), max(${column}) FROM ${identifier(query.profile)}` +
          ` WHERE time >= $from AND time < $to GROUP BY time(${positiveInteger(query.everyMs)}ms), "area" fill(none)`,
        bounds(query),
      )
      return answer.flatMap((series) => cityBuckets(requireWhole(series)))
    },

    async latest() {
      const answer = await influxQl.query(
        `SELECT *::field FROM /${measurementPattern}/ WHERE ${ourSeries} GROUP BY * ORDER BY time DESC LIMIT 1`,
      )
      const newest = new Map<string, StoredReading>()
      for (const series of answer) {
        const reading = readingOf(requireWhole(series))
        if (reading && isNewest(reading, newest.get(reading.deviceId))) newest.set(reading.deviceId, reading)
      }
      return [...newest.values()]
    },

    manual: (query) => readInfluxManual(influxQl, query),

    async dropBefore(ms) {
      await influxQl.change(`DELETE FROM /${measurementPattern}/ WHERE ${ourSeries} AND time < $before`, {
        before: nanoseconds(ms),
      })
    },
  }
}

function identifier(name: string): string {
  return `"${name}"`
}

function fieldsOf(metrics: readonly string[]): string[] {
  return metrics.map(fieldOfMetric).filter((field) => field !== undefined)
}

/** Exact although it is past 2^53: a product of 15 digits and 10^6 is printed as those digits and zeros. */
function nanoseconds(ms: number): number {
  return Math.ceil(Math.min(influxTimeLimitMs, Math.max(-influxTimeLimitMs, ms))) * 1_000_000
}

function bounds({ fromMs, toMs }: { fromMs: number; toMs: number }): { from: number; to: number } {
  return { from: nanoseconds(fromMs), to: nanoseconds(toMs) }
}

function positiveInteger(count: number): number {
  if (!Number.isSafeInteger(count) || count < 1) throw new RangeError(`${count} is not a positive whole number`)
  return count
}

/** A cut answer to an aggregation would be wrong numbers, not fewer. */
function requireWhole(series: Series): Series {
  if (series.partial) throw new StoreUnavailableError('the server cut the answer (max-row-limit)')
  return series
}

function timeOf(row: unknown[] | undefined): number {
  return Number(row?.[0])
}

/**
 * The rows of one page. Two series of one device (it was moved to another area) may both have a row at one moment:
 * a page never ends between them.
 */
function page(series: Series, limit: number): { rows: unknown[][]; nextFromMs?: number } {
  const { values } = series
  if (values.length <= limit) {
    return series.partial ? { rows: values, nextFromMs: timeOf(values.at(-1)) + 1 } : { rows: values }
  }
  const nextFromMs = timeOf(values[limit])
  const rows = values.filter((row) => timeOf(row) < nextFromMs)
  return rows.length > 0 ? { rows, nextFromMs } : { rows: values, nextFromMs: nextFromMs + 1 }
}

function metricOfColumn(column: string, aggregate: string): string | undefined {
  return column.startsWith(`${aggregate}_`) ? metricOfField(column.slice(aggregate.length + 1)) : undefined
}

/** Points by metric; `names` says which metric a column holds, if any. Of two values of one moment the last stays. */
function pointsOf(names: (string | undefined)[], rows: unknown[][]): Record<string, Point[]> {
  const columns = names.flatMap((metric, at) => (metric === undefined ? [] : [{ metric, at, points: [] as Point[] }]))
  for (const row of rows) {
    const ms = timeOf(row)
    for (const { at, points } of columns) {
      const measured = row[at]
      if (typeof measured !== 'number') continue
      const last = points.at(-1)
      if (last?.[0] === ms) last[1] = measured
      else points.push([ms, measured])
    }
  }
  return Object.fromEntries(
    columns.filter(({ points }) => points.length > 0).map(({ metric, points }) => [metric, points]),
  )
}

function positionsOf(columns: string[], rows: unknown[][]): Position[] {
  const [latAt, lonAt] = [columns.indexOf('lat'), columns.indexOf('lon')]
  return rows.flatMap((row): Position[] => {
    const [lat, lon] = [row[latAt], row[lonAt]]
    return typeof lat === 'number' && typeof lon === 'number' ? [[timeOf(row), lat, lon]] : []
  })
}

function cityBuckets({ tags, values }: Series): CityBucket[] {
  return values.flatMap((row): CityBucket[] => {
    const [ms, n, sum, min, max] = row.map(Number)
    if (!n || ms === undefined || sum === undefined || min === undefined || max === undefined) return []
    return [{ ms, areaCode: tags?.area || null, n, sum, min, max }]
  })
}

function isNewest(reading: StoredReading, known: StoredReading | undefined): boolean {
  if (!known) return true
  return reading.tsMs > known.tsMs || (reading.tsMs === known.tsMs && reading.receivedAtMs >= known.receivedAtMs)
}

function readingOf({ name, tags, columns, values }: Series): StoredReading | undefined {
  const kind = kinds.find((known) => known === tags?.kind)
  const [row] = values
  if (!tags?.device || !kind || !row) return undefined
  const fields = new Map(
    columns.flatMap((column, at) => (typeof row[at] === 'number' ? [[column, row[at]] as const] : [])),
  )
  const [lat, lon] = [fields.get('lat'), fields.get('lon')]
  const metrics: Record<string, number> = {}
  for (const [field, measured] of fields) {
    const metric = metricOfField(field)
    if (metric !== undefined) metrics[metric] = measured
  }
  const tsMs = timeOf(row)
  return {
    deviceId: tags.device,
    kind,
    profile: name,
    areaCode: tags.area || null,
    tsMs,
    receivedAtMs: fields.get('received_ms') ?? tsMs,
    tsSource: fields.get('ts_source') === tsSourceNumbers.server ? 'server' : 'device',
    simulated: tags.sim === '1',
    ...(lat !== undefined && lon !== undefined && { lat, lon }),
    metrics,
  }
}

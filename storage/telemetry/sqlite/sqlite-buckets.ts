import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { Aggregation } from '../../../contract/metrics.ts'
import { maxRangePoints, type Point, type RangeQuery, type RangeResult } from '../../../contract/ports/telemetry.ts'
import { dayMs } from '../../../contract/time.ts'
import { createBuckets } from '../buckets.ts'
import { firstFrom, type SealedChunk } from '../cold/sealed-rows.ts'
import type { DeviceDay } from './sqlite-days.ts'
import { type DayTable, firstSlot, lastSlot } from './sqlite-tables.ts'
import { decodedColumn } from './sqlite-values.ts'

/** SQL of each aggregation; `last` has none that is right for several columns at once. */
const functions: Partial<Record<Aggregation, string>> = {
  mean: 'avg',
  min: 'min',
  max: 'max',
  sum: 'sum',
  count: 'count',
}

export interface BucketQuery extends RangeQuery {
  everyMs: number
  dev: number
}

type Points = Record<string, Point[]>
type Page = Pick<RangeResult, 'metrics' | 'nextFromMs'>
/** `room`: points that the answer has left. */
type DayQuery = BucketQuery & { room: number }

/**
 * Buckets of one device. Each day is joined where it lies: a table by SQLite itself, which skips the other devices' rows
 * without handing them out; a chunk by its columns. Where that cannot be, or a bucket reaches over midnight, row by row.
 */
export function bucketsOf(db: DatabaseSync, days: Iterable<DeviceDay>, query: BucketQuery): Page {
  if (dayMs % query.everyMs !== 0) return byRows(days, { ...query, room: maxRangePoints })
  const metrics: Points = {}
  let room = maxRangePoints
  for (const day of days) {
    const page = quickBuckets(db, day, { ...query, room }) ?? byRows([day], { ...query, room })
    room -= append(metrics, page.metrics)
    if (page.nextFromMs !== undefined) return { metrics, nextFromMs: page.nextFromMs }
  }
  return { metrics }
}

/** Returns how many they are. */
function append(points: Points, more: Points): number {
  let added = 0
  for (const [metric, list] of Object.entries(more)) {
    added += list.length
    if (Object.hasOwn(points, metric)) for (const point of list) points[metric]?.push(point)
    else points[metric] = list
  }
  return added
}

function quickBuckets(db: DatabaseSync, { day, chunk, hasLate }: DeviceDay, query: DayQuery): Page | undefined {
  if (hasLate) return undefined
  if (day.table !== undefined) return bucketsOfTable(db, day.table, query)
  return chunk === undefined ? { metrics: {} } : bucketsOfChunk(chunk, query)
}

/** What one moment holds. */
type Moment = readonly [tsMs: number, metrics: readonly (readonly [metric: string, value: number])[]]

function join(moments: Iterable<Moment>, { everyMs, aggregate = 'mean', room }: DayQuery): Page {
  const buckets = createBuckets(everyMs, aggregate, room)
  for (const [tsMs, metrics] of moments) {
    const nextFromMs = buckets.fullAt(tsMs)
    if (nextFromMs !== undefined) return { metrics: buckets.points(), nextFromMs }
    for (const [metric, value] of metrics) buckets.add(metric, tsMs, value)
  }
  return { metrics: buckets.points() }
}

function byRows(days: Iterable<DeviceDay>, query: DayQuery): Page {
  return join(momentsOfRows(days, query.metrics), query)
}

function* momentsOfRows(days: Iterable<DeviceDay>, names: readonly string[] | undefined): Generator<Moment> {
  for (const day of days) {
    for (const { tsMs, metrics } of day.rows()) {
      const found = Object.entries(metrics).filter(([metric]) => names?.includes(metric) ?? true)
      if (found.length > 0) yield [tsMs, found]
    }
  }
}

/** `undefined` where a metric asked for may lie among the extras. */
function bucketsOfChunk(chunk: SealedChunk, query: DayQuery): Page | undefined {
  const { metrics = chunk.names } = query
  const asksAll = query.metrics === undefined
  if (metrics.some((metric) => !chunk.names.includes(metric)) || (asksAll && chunk.extra() !== undefined)) {
    return undefined
  }
  const ts = chunk.fixed('ts')
  const span = { ts, start: firstFrom(ts, query.fromMs), end: firstFrom(ts, query.toMs) }
  const buckets = Math.floor(((ts[span.end - 1] ?? 0) - (ts[span.start] ?? 0)) / query.everyMs) + 2
  if (buckets * metrics.length > query.room) return join(momentsOfChunk(chunk, span, metrics), query)
  return { metrics: joinColumns(chunk, span, { ...query, metrics }) }
}

/** Rows of a chunk: their times, and which of them. */
interface ChunkSpan {
  ts: Float64Array
  start: number
  end: number
}

/** Quicker than row by row, where there is room for all of it. */
function joinColumns(
  chunk: SealedChunk,
  { ts, start, end }: ChunkSpan,
  { metrics, everyMs, aggregate = 'mean', room }: DayQuery & { metrics: readonly string[] },
): Points {
  const buckets = createBuckets(everyMs, aggregate, room)
  for (const metric of metrics) {
    const values = chunk.metric(chunk.names.indexOf(metric))
    for (let index = start; index < end; index += 1) {
      const value = values[index] ?? Number.NaN
      if (!Number.isNaN(value)) buckets.add(metric, ts[index] ?? 0, value)
    }
  }
  return buckets.points()
}

function* momentsOfChunk(chunk: SealedChunk, span: ChunkSpan, metrics: readonly string[]): Generator<Moment> {
  const { ts, start, end } = span
  const columns = metrics.map((metric) => [metric, chunk.metric(chunk.names.indexOf(metric))] as const)
  for (let index = start; index < end; index += 1) {
    const values = columns.map(([metric, column]) => [metric, column[index] ?? Number.NaN] as const)
    yield [ts[index] ?? 0, values.filter(([, value]) => !Number.isNaN(value))]
  }
}

/** `undefined` where SQL cannot: `last`, and metrics outside the table's own. */
function bucketsOfTable(db: DatabaseSync, table: DayTable, query: DayQuery): Page | undefined {
  const name = functions[query.aggregate ?? 'mean']
  const columns = query.metrics ?? table.columns
  if (name === undefined || columns.some((metric) => !table.columns.includes(metric))) return undefined
  const values = columns.map((metric) => `${name}(${decodedColumn(metric)})`)
  const select = db.prepare(`
    SELECT ${['ts - ts % $every', 'count(extra)', ...values].join(', ')} FROM ${ofDevice(table)}
    AND ts >= $from AND ts < $to GROUP BY 1 ORDER BY 1
  `)
  select.setReturnArrays(true)
  const parameters: Record<string, SQLInputValue> = {
    every: query.everyMs,
    from: Math.max(query.fromMs, table.fromMs),
    to: Math.min(query.toMs, table.fromMs + dayMs),
    dev: query.dev,
  }
  // With setReturnArrays a row is an array in the order of the columns.
  const rows = select.iterate(parameters) as unknown as Iterable<(number | null)[]>
  const metrics: Points = {}
  let room = query.room
  for (const [ms, extras, ...row] of rows) {
    if (query.metrics === undefined && extras !== 0) return undefined
    const values = { ms: ms ?? 0, row, isCount: name === 'count' }
    if (room <= 0) return { metrics, nextFromMs: values.ms }
    room -= addRow(metrics, columns, values)
  }
  return { metrics }
}

/** The rows of a device: in each run of ten minutes they lie together. */
function ofDevice({ name, slotted }: DayTable): string {
  if (!slotted) return `${name} WHERE dev = $dev`
  const slots = `WITH RECURSIVE run (slot) AS (
    VALUES (${firstSlot}) UNION ALL SELECT slot + 1 FROM run WHERE slot < ${lastSlot}
  ) SELECT slot FROM run`
  return `(${slots}) CROSS JOIN ${name} USING (slot) WHERE dev = $dev`
}

/** Returns how many points they are. */
function addRow(
  points: Points,
  columns: readonly string[],
  { ms, row, isCount }: { ms: number; row: (number | null)[]; isCount: boolean },
): number {
  let added = 0
  for (const [index, metric] of columns.entries()) {
    const value = row[index] ?? null
    // Where there is no value there is no bucket: count gives 0 for it, the others null.
    if (value === null || (isCount && value === 0)) continue
    points[metric] ??= []
    points[metric].push([ms, value])
    added += 1
  }
  return added
}

import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { Aggregation } from '../../contract/metrics.ts'
import type { Point, RangeQuery } from '../../contract/ports.ts'
import { createBuckets } from './buckets.ts'
import { firstFrom, type SealedChunk } from './cold/sealed-rows.ts'
import type { DeviceDay } from './sqlite-days.ts'
import { type DayTable, dayMs, firstSlot, lastSlot } from './sqlite-tables.ts'
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

/**
 * Buckets of one device. Each day is joined where it lies: a table by SQLite itself, which skips the other devices' rows
 * without handing them out; a chunk by its columns. Where that cannot be, or a bucket reaches over midnight, row by row.
 */
export function bucketsOf(db: DatabaseSync, days: Iterable<DeviceDay>, query: BucketQuery): Points {
  if (dayMs % query.everyMs !== 0) return byRows(days, query)
  const points: Points = {}
  for (const day of days) append(points, quickBuckets(db, day, query) ?? byRows([day], query))
  return points
}

function append(points: Points, more: Points): void {
  for (const [metric, list] of Object.entries(more)) {
    if (Object.hasOwn(points, metric)) for (const point of list) points[metric]?.push(point)
    else points[metric] = list
  }
}

function quickBuckets(db: DatabaseSync, { day, chunk, hasLate }: DeviceDay, query: BucketQuery): Points | undefined {
  if (hasLate) return undefined
  if (day.table !== undefined) return bucketsOfTable(db, day.table, query)
  return chunk === undefined ? {} : bucketsOfChunk(chunk, query)
}

function byRows(days: Iterable<DeviceDay>, { everyMs, aggregate = 'mean', metrics: names }: BucketQuery): Points {
  const buckets = createBuckets(everyMs, aggregate)
  for (const day of days) {
    for (const { tsMs, metrics } of day.rows()) {
      for (const [metric, value] of Object.entries(metrics)) {
        if (names?.includes(metric) ?? true) buckets.add(metric, tsMs, value)
      }
    }
  }
  return buckets.points()
}

/** `undefined` where a metric asked for may lie among the extras. */
function bucketsOfChunk(chunk: SealedChunk, query: BucketQuery): Points | undefined {
  const { metrics = chunk.names, everyMs, aggregate = 'mean', fromMs, toMs } = query
  const asksAll = query.metrics === undefined
  if (metrics.some((metric) => !chunk.names.includes(metric)) || (asksAll && chunk.extra() !== undefined)) {
    return undefined
  }
  const buckets = createBuckets(everyMs, aggregate)
  const ts = chunk.fixed('ts')
  const [start, end] = [firstFrom(ts, fromMs), firstFrom(ts, toMs)]
  for (const metric of metrics) {
    const values = chunk.metric(chunk.names.indexOf(metric))
    for (let index = start; index < end; index += 1) {
      const value = values[index] ?? Number.NaN
      if (!Number.isNaN(value)) buckets.add(metric, ts[index] ?? 0, value)
    }
  }
  return buckets.points()
}

/** `undefined` where SQL cannot: `last`, and metrics outside the table's own. */
function bucketsOfTable(db: DatabaseSync, table: DayTable, query: BucketQuery): Points | undefined {
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
  const rows = select.all(parameters) as unknown as (number | null)[][]
  if (query.metrics === undefined && rows.some(([, extras]) => extras !== 0)) return undefined
  const points: Points = {}
  for (const [ms, , ...row] of rows) addRow(points, columns, { ms: ms ?? 0, row, isCount: name === 'count' })
  return points
}

/** The rows of a device: in each run of ten minutes they lie together. */
function ofDevice({ name, slotted }: DayTable): string {
  if (!slotted) return `${name} WHERE dev = $dev`
  const slots = `WITH RECURSIVE run (slot) AS (
    VALUES (${firstSlot}) UNION ALL SELECT slot + 1 FROM run WHERE slot < ${lastSlot}
  ) SELECT slot FROM run`
  return `(${slots}) CROSS JOIN ${name} USING (slot) WHERE dev = $dev`
}

function addRow(
  points: Points,
  columns: readonly string[],
  { ms, row, isCount }: { ms: number; row: (number | null)[]; isCount: boolean },
): void {
  for (const [index, metric] of columns.entries()) {
    const value = row[index] ?? null
    // Where there is no value there is no bucket: count gives 0 for it, the others null.
    if (value === null || (isCount && value === 0)) continue
    points[metric] ??= []
    points[metric].push([ms, value])
  }
}

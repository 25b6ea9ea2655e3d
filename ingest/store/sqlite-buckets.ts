import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { Aggregation } from '../../contract/metrics.ts'
import type { Point, RangeQuery } from '../../contract/ports.ts'
import type { DayTable } from './sqlite-tables.ts'
import { decodedColumn } from './sqlite-values.ts'

/** SQL of each aggregation; `last` has none that is right for several columns at once. */
const functions: Partial<Record<Aggregation, string>> = {
  mean: 'avg',
  min: 'min',
  max: 'max',
  sum: 'sum',
  count: 'count',
}

const dayMs = 86_400_000

export interface BucketQuery extends RangeQuery {
  everyMs: number
  dev: number
}

/**
 * Buckets of one device by SQLite itself: it skips the other devices' rows without handing them out. `undefined` where
 * SQL cannot: `last`, buckets across two days, and metrics outside the profile's own.
 */
export function bucketsBySql(
  db: DatabaseSync,
  tables: readonly DayTable[],
  query: BucketQuery,
): Record<string, Point[]> | undefined {
  const name = functions[query.aggregate ?? 'mean']
  if (name === undefined || dayMs % query.everyMs !== 0) return undefined
  const points: Record<string, Point[]> = {}
  for (const table of tables) {
    const columns = query.metrics ?? table.columns
    if (columns.some((metric) => !table.columns.includes(metric))) return undefined
    if (!addTable(points, db, { table, columns, name, query })) return undefined
  }
  return points
}

interface TableQuery {
  table: DayTable
  columns: readonly string[]
  name: string
  query: BucketQuery
}

/** False where the table holds other metrics too and all were asked for. */
function addTable(
  points: Record<string, Point[]>,
  db: DatabaseSync,
  { table, columns, name, query }: TableQuery,
): boolean {
  const values = columns.map((metric) => `${name}(${decodedColumn(metric)})`)
  const select = db.prepare(`
    SELECT ${['ts - ts % ?1', 'count(extra)', ...values].join(', ')} FROM ${table.name}
    WHERE ts >= ?2 AND ts < ?3 AND dev = ?4 GROUP BY 1 ORDER BY 1
  `)
  select.setReturnArrays(true)
  const parameters: SQLInputValue[] = [query.everyMs, query.fromMs, query.toMs, query.dev]
  // With setReturnArrays a row is an array in the order of the columns.
  const rows = select.all(...parameters) as unknown as (number | null)[][]
  if (query.metrics === undefined && rows.some(([, extras]) => extras !== 0)) return false
  for (const [ms = 0, , ...row] of rows) addRow(points, columns, { ms: ms ?? 0, row, isCount: name === 'count' })
  return true
}

function addRow(
  points: Record<string, Point[]>,
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

import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { StoredReading } from '../../contract/ports.ts'
import { createNewestWriter, type NewestRow } from './newest.ts'
import { createRollup } from './sqlite-rollup.ts'
import {
  type DayTable,
  dayStart,
  hotSchema,
  insertSql,
  listDayTables,
  openDayTable,
  updateSql,
} from './sqlite-tables.ts'
import { decodeMetric, encodeArrival, encodeDegrees, encodeMetric, fitsColumn } from './sqlite-values.ts'

export type WriteOutcome = 'stored' | 'duplicate'

/** The writing side of the hot database. All calls belong inside one transaction of the caller's. */
export interface SqliteWriter {
  /**
   * `duplicate`: this moment is there already with all these values. New metrics of a known moment join its row; a
   * different value of the same metric replaces the older one.
   */
  write(reading: StoredReading): WriteOutcome
  /** Writes what was gathered over the batch; the last thing before COMMIT. */
  flush(): void
  /** Drops whole days before this moment. Returns the tables that went. */
  dropBefore(ms: number): string[]
}

interface OpenTable extends DayTable {
  insert: StatementSync
  select: StatementSync
  update: StatementSync
  params: SQLInputValue[]
}

/** Days with an open prepared statement; more only in a backlog that spans weeks. */
const mostOpenTables = 200
/** Columns before the first metric in the insert. */
const fixedParams = 5

interface WriterOptions {
  /** Takes where the newest readings of a batch lie; without it they are written in place. */
  keepNewest?: (row: NewestRow) => void
}

export function createSqliteWriter(db: DatabaseSync, options: WriterOptions = {}): SqliteWriter {
  db.exec(hotSchema)
  const rollup = createRollup(db)
  const tables = new Map<string, OpenTable>()
  const devices = new Map<string, { dev: number; area: string | null; profile: string }>()
  const newest = new Map<number, { tsMs: number; profile: string }>()
  const upsertDevice = db.prepare(`
    INSERT INTO device (id, kind, profile, area) VALUES (?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, profile = excluded.profile, area = excluded.area
    RETURNING dev
  `)
  const keepNewest = options.keepNewest ?? createNewestWriter(db)

  function tableOf(profile: string, tsMs: number): OpenTable {
    const key = `${profile} ${dayStart(tsMs)}`
    const known = tables.get(key)
    if (known !== undefined) return known
    if (tables.size >= mostOpenTables) tables.clear()
    const table = openDayTable(db, profile, tsMs)
    const open = {
      ...table,
      insert: db.prepare(insertSql(table)),
      select: db.prepare(`SELECT * FROM ${table.name} WHERE ts = ? AND dev = ?`),
      update: db.prepare(updateSql(table)),
      params: new Array<SQLInputValue>(fixedParams + table.columns.length + 1).fill(null),
    }
    tables.set(key, open)
    return open
  }

  function deviceNumber({ deviceId, kind, profile, areaCode }: StoredReading): number {
    const known = devices.get(deviceId)
    if (known !== undefined && known.area === areaCode && known.profile === profile) return known.dev
    const dev = Number(upsertDevice.get(deviceId, kind, profile, areaCode)?.dev)
    devices.set(deviceId, { dev, area: areaCode, profile })
    return dev
  }

  /** The moment is in its table already: join what is new, replace what differs. */
  function merge(table: OpenTable, dev: number, reading: StoredReading): WriteOutcome {
    const row = table.select.get(reading.tsMs, dev) ?? {}
    const before = rowMetrics(row, table.columns)
    const { fresh, changed } = compareMetrics(before, reading.metrics)
    if (!moves(row, reading) && isEmpty(fresh) && isEmpty(changed)) return 'duplicate'
    const merged = { ...before, ...reading.metrics }
    const values: SQLInputValue[] = [
      ...table.columns.map((metric) => columnValue(merged[metric])),
      extraOf(merged, table.columns),
      degrees(reading.lat) ?? row.lat ?? null,
      degrees(reading.lon) ?? row.lon ?? null,
    ]
    table.update.run(...values, reading.tsMs, dev)
    rollup.add(reading, onlyColumns(fresh, table.columns))
    for (const metric of Object.keys(onlyColumns(changed, table.columns))) rollup.recompute(reading, metric)
    return 'stored'
  }

  return {
    write(reading) {
      const dev = deviceNumber(reading)
      const table = tableOf(reading.profile, reading.tsMs)
      fillParams(table, dev, reading)
      if (table.insert.run(...table.params).changes === 0) return merge(table, dev, reading)
      rollup.add(reading, table.params.at(-1) === null ? reading.metrics : onlyColumns(reading.metrics, table.columns))
      if ((newest.get(dev)?.tsMs ?? 0) <= reading.tsMs) newest.set(dev, reading)
      return 'stored'
    },
    flush() {
      for (const [dev, { tsMs, profile }] of newest) keepNewest({ dev, tsMs, profile })
      newest.clear()
      rollup.flush()
    },
    dropBefore(ms) {
      const gone = listDayTables(db).filter((table) => table.fromMs < dayStart(ms))
      for (const { name, profile, fromMs } of gone) {
        tables.delete(`${profile} ${fromMs}`)
        db.exec(`DROP TABLE ${name}`)
        db.prepare('DELETE FROM day_table WHERE name = ?').run(name)
      }
      db.prepare('DELETE FROM rollup WHERE bucket < ?').run(dayStart(ms))
      db.prepare('DELETE FROM newest WHERE ts < ?').run(dayStart(ms))
      return gone.map(({ name }) => name)
    },
  }
}

/** Puts a reading into the parameters of its table's insert, which are used again for every row. */
function fillParams({ params, columns }: OpenTable, dev: number, reading: StoredReading): void {
  const { metrics } = reading
  params[0] = reading.tsMs
  params[1] = dev
  params[2] = encodeArrival({
    lagMs: reading.receivedAtMs - reading.tsMs,
    serverTime: reading.tsSource === 'server',
    simulated: reading.simulated,
  })
  params[3] = degrees(reading.lat)
  params[4] = degrees(reading.lon)
  let named = 0
  for (const [index, column] of columns.entries()) {
    const value = columnValue(metrics[column])
    params[fixedParams + index] = value
    named += Number(value !== null)
  }
  params[fixedParams + columns.length] = named === Object.keys(metrics).length ? null : extraOf(metrics, columns)
}

function columnValue(value: number | undefined): number | null {
  return value === undefined || !fitsColumn(value) ? null : encodeMetric(value)
}

function degrees(value: number | undefined): number | null {
  return value === undefined ? null : encodeDegrees(value)
}

/** Metrics that the moment did not have yet, and those that say something else than before. */
function compareMetrics(before: Record<string, number>, now: Record<string, number>) {
  const entries = Object.entries(now)
  return {
    fresh: Object.fromEntries(entries.filter(([metric]) => before[metric] === undefined)),
    changed: Object.fromEntries(
      entries.filter(([metric, value]) => before[metric] !== undefined && before[metric] !== value),
    ),
  }
}

function isEmpty(metrics: Record<string, number>): boolean {
  return Object.keys(metrics).length === 0
}

function moves(row: Record<string, unknown>, { lat, lon }: StoredReading): boolean {
  return lat !== undefined && (row.lat !== degrees(lat) || row.lon !== degrees(lon))
}

function extraOf(metrics: Record<string, number>, columns: readonly string[]): string | null {
  const rest = Object.entries(metrics).filter(([metric, value]) => !columns.includes(metric) || !fitsColumn(value))
  return rest.length === 0 ? null : JSON.stringify(Object.fromEntries(rest))
}

function onlyColumns(metrics: Record<string, number>, columns: readonly string[]): Record<string, number> {
  const entries = Object.entries(metrics)
  return Object.fromEntries(entries.filter(([metric, value]) => columns.includes(metric) && fitsColumn(value)))
}

/** Metrics of a row as it was read, columns and extras together. */
export function rowMetrics(row: Record<string, unknown>, columns: readonly string[]): Record<string, number> {
  const metrics: Record<string, number> = {}
  for (const metric of columns) {
    const value = row[`m_${metric}`]
    if (typeof value === 'number') metrics[metric] = decodeMetric(value)
  }
  const extra: unknown = typeof row.extra === 'string' ? JSON.parse(row.extra) : undefined
  if (typeof extra === 'object' && extra !== null) {
    for (const [metric, value] of Object.entries(extra)) if (typeof value === 'number') metrics[metric] = value
  }
  return metrics
}

import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { StoredReading } from '../../../contract/ports/telemetry.ts'
import { createDayCatalogue, type DayCatalogue } from '../day-catalogue.ts'
import { createNewestWriter, type NewestRow } from './newest.ts'
import { createLateBook, joinRow, type LateBook } from './sqlite-late.ts'
import { createRollup } from './sqlite-rollup.ts'
import { compareMetrics, isEmpty, rowMetrics, rowOfReading, rowOfTable, type StoredRow } from './sqlite-rows.ts'
import {
  type DayTable,
  dayStart,
  dayStates,
  insertSql,
  keyOf,
  metricColumns,
  openDayTable,
  openHotSchema,
  selectRowSql,
  slotMs,
  slotOf,
  updateSql,
} from './sqlite-tables.ts'
import { encodeArrival, encodeDegrees, encodeMetric, fitsColumn } from './sqlite-values.ts'

export type WriteOutcome = 'stored' | 'duplicate' | 'too-many-past-days'

/** The writing side of the hot database. All calls belong inside one transaction of the caller's. */
export interface SqliteWriter {
  /**
   * `duplicate`: this moment is there already with all these values. New metrics of a known moment join its row; a
   * different value of the same metric replaces the older one. `too-many-past-days`: nothing was written, since what its
   * sealed day says of the moment would hold everybody up; the same may be written later.
   */
  write(reading: StoredReading): WriteOutcome
  /** Writes what was gathered over the batch; the last thing before COMMIT. */
  flush(): void
  /** Where each day lies; what changes there is followed at once. */
  days: DayCatalogue
  late: Pick<LateBook, 'revision'>
}

/** The row of a moment in a sealed day; it is not looked up for a device that asks for too many days. */
export type SealedRowAt = (profile: string, tsMs: number, deviceId: string) => FoundRow

type FoundRow = StoredRow | Extract<WriteOutcome, 'too-many-past-days'> | undefined

export interface WriterOptions {
  /** A day without a table that is past: what comes for it goes to `late`. Absent: no day ever is. */
  isPast?: (dayMs: number) => boolean
  /** Takes where the newest readings of a batch lie; without it they are written in place. */
  keepNewest?: (row: NewestRow) => void
  sealedRow?: SealedRowAt
}

interface OpenTable extends DayTable {
  insert: StatementSync
  select: StatementSync
  update: StatementSync
  params: SQLInputValue[]
  /** Values of the key, at the front of `params`. */
  keySize: number
}

/** A day that is closed: what its rows say of a moment, wherever they lie. */
interface ClosedDay {
  rowAt: (reading: StoredReading, dev: number) => FoundRow
}

/** Days with an open prepared statement; more only in a backlog that spans weeks. */
const maxOpenTables = 200
/** Closed days, 100 bytes each: one device may send a reading of every day that is kept, again and again. */
const maxClosedDays = 20_000
/** Columns between the key and the first metric in the insert. */
const arrivalAndPosition = 3

export function createSqliteWriter(db: DatabaseSync, options: WriterOptions = {}): SqliteWriter {
  openHotSchema(db)
  const { isPast = () => false, sealedRow = () => undefined } = options
  const rollup = createRollup(db)
  const open = new Map<string, OpenTable>()
  const closed = new Map<string, ClosedDay>()
  const days = createDayCatalogue(db, () => {
    open.clear()
    closed.clear()
  })
  const late = createLateBook(db)
  const devices = new Map<string, { dev: number; area: string | null; profile: string }>()
  const newest = new Map<number, { tsMs: number; profile: string }>()
  const upsertDevice = db.prepare(`
    INSERT INTO device (id, kind, profile, area) VALUES (?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, profile = excluded.profile, area = excluded.area
    RETURNING dev
  `)
  const keepNewest = options.keepNewest ?? createNewestWriter(db)

  function placeOf(profile: string, tsMs: number): OpenTable | ClosedDay {
    const key = `${profile} ${dayStart(tsMs)}`
    const known = open.get(key) ?? closed.get(key)
    if (known !== undefined) return known
    const place = openPlace(profile, dayStart(tsMs))
    if ('rowAt' in place) remember(closed, maxClosedDays, key, place)
    else remember(open, maxOpenTables, key, place)
    return place
  }

  function openPlace(profile: string, dayMs: number): OpenTable | ClosedDay {
    const { table, sealed, hasLate } = days.find(profile, dayMs)
    if (table?.state === dayStates.open) return openTable(profile, dayMs)
    if (table?.state === dayStates.frozen) return { rowAt: rowsOf(table) }
    if (sealed) return { rowAt: ({ tsMs, deviceId }) => sealedRow(profile, tsMs, deviceId) }
    const isClosed = table !== undefined || hasLate || isPast(dayMs)
    return isClosed ? { rowAt: () => undefined } : openTable(profile, dayMs)
  }

  function rowsOf(table: DayTable): ClosedDay['rowAt'] {
    const select = db.prepare(selectRowSql(table))
    return ({ tsMs }, dev) => {
      const row = select.get(...keyOf(table, tsMs, dev))
      return row === undefined ? undefined : rowOfTable(row, table.columns)
    }
  }

  function openTable(profile: string, dayMs: number): OpenTable {
    const table = openDayTable(db, profile, dayMs)
    const keySize = keyOf(table, 0, 0).length
    return {
      ...table,
      keySize,
      insert: db.prepare(insertSql(table)),
      select: db.prepare(selectRowSql(table)),
      update: db.prepare(updateSql(table)),
      params: new Array<SQLInputValue>(keySize + arrivalAndPosition + table.columns.length + 1).fill(null),
    }
  }

  function deviceNumber({ deviceId, kind, profile, areaCode }: StoredReading): number {
    const known = devices.get(deviceId)
    if (known !== undefined && known.area === areaCode && known.profile === profile) return known.dev
    const dev = Number(upsertDevice.get(deviceId, kind, profile, areaCode)?.dev)
    devices.set(deviceId, { dev, area: areaCode, profile })
    return dev
  }

  function follow(dev: number, reading: StoredReading): void {
    if ((newest.get(dev)?.tsMs ?? 0) <= reading.tsMs) newest.set(dev, reading)
  }

  /** The moment is in its table already: join what is new, replace what differs. */
  function merge(table: OpenTable, dev: number, reading: StoredReading): WriteOutcome {
    const row = table.select.get(...keyOf(table, reading.tsMs, dev)) ?? {}
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
    table.update.run(...values, ...keyOf(table, reading.tsMs, dev))
    rollup.add(reading, onlyColumns(fresh, table.columns))
    for (const metric of Object.keys(onlyColumns(changed, table.columns))) {
      rollup.recompute(table, reading.tsMs, metric)
    }
    return 'stored'
  }

  function writeLate(day: ClosedDay, dev: number, reading: StoredReading): WriteOutcome {
    const { profile, tsMs } = reading
    const columns = metricColumns(profile)
    const before = late.find(profile, dev, tsMs) ?? day.rowAt(reading, dev)
    if (before === 'too-many-past-days') return before
    if (before === undefined) {
      late.put(profile, dev, rowOfReading(reading))
      rollup.add(reading, onlyColumns(reading.metrics, columns))
      follow(dev, reading)
      return 'stored'
    }
    const joined = joinRow(before, reading)
    if (joined === undefined) return 'duplicate'
    late.put(profile, dev, joined.row)
    rollup.add(reading, onlyColumns(joined.fresh, columns))
    for (const metric of Object.keys(onlyColumns(joined.changed, columns))) rollup.distrust(reading, metric)
    return 'stored'
  }

  return {
    write(reading) {
      const dev = deviceNumber(reading)
      const place = placeOf(reading.profile, reading.tsMs)
      if ('rowAt' in place) return writeLate(place, dev, reading)
      fillParams(place, dev, reading)
      if (place.insert.run(...place.params).changes === 0) return merge(place, dev, reading)
      rollup.add(reading, place.params.at(-1) === null ? reading.metrics : onlyColumns(reading.metrics, place.columns))
      follow(dev, reading)
      return 'stored'
    },
    flush() {
      for (const [dev, { tsMs, profile }] of newest) keepNewest({ dev, tsMs, profile })
      newest.clear()
      rollup.flush()
    },
    days,
    late,
  }
}

function remember<T>(places: Map<string, T>, most: number, key: string, place: T): void {
  if (places.size >= most) places.clear()
  places.set(key, place)
}

/** Puts a reading into the parameters of its table's insert, which are used again for every row. */
function fillParams({ params, columns, keySize, slotted }: OpenTable, dev: number, reading: StoredReading): void {
  const { metrics, tsMs } = reading
  const slot = slotOf(tsMs)
  params[0] = slotted ? slot : tsMs
  params[1] = dev
  if (slotted) params[2] = tsMs - slot * slotMs
  params[keySize] = encodeArrival({
    lagMs: reading.receivedAtMs - tsMs,
    serverTime: reading.tsSource === 'server',
    simulated: reading.simulated,
  })
  params[keySize + 1] = degrees(reading.lat)
  params[keySize + 2] = degrees(reading.lon)
  const firstMetric = keySize + arrivalAndPosition
  let named = 0
  for (const [index, column] of columns.entries()) {
    const value = columnValue(metrics[column])
    params[firstMetric + index] = value
    named += Number(value !== null)
  }
  params[firstMetric + columns.length] = named === Object.keys(metrics).length ? null : extraOf(metrics, columns)
}

function columnValue(value: number | undefined): number | null {
  return value === undefined || !fitsColumn(value) ? null : encodeMetric(value)
}

function degrees(value: number | undefined): number | null {
  return value === undefined ? null : encodeDegrees(value)
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

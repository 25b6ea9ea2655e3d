import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { StoredReading } from '../../../contract/ports/telemetry.ts'
import type { DayCatalogue } from '../day-catalogue.ts'
import { type ClosedDay, createDayPlaces, type DayPlacesOptions, type OpenTable } from './day-places.ts'
import { createNewestWriter, type NewestRow } from './newest.ts'
import { createLateBook, joinRow, type LateBook } from './sqlite-late.ts'
import { createRollup } from './sqlite-rollup.ts'
import { compareMetrics, isEmpty, rowMetrics, rowOfReading } from './sqlite-rows.ts'
import { arrivalAndPosition, keyOf, metricColumns, openHotSchema, slotMs, slotOf } from './sqlite-tables.ts'
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

export interface WriterOptions extends DayPlacesOptions {
  /** Takes where the newest readings of a batch lie; without it they are written in place. */
  keepNewest?: (row: NewestRow) => void
}

export function createSqliteWriter(db: DatabaseSync, options: WriterOptions = {}): SqliteWriter {
  openHotSchema(db)
  const rollup = createRollup(db)
  const { placeOf, days } = createDayPlaces(db, options)
  const late = createLateBook(db)
  const devices = new Map<string, { dev: number; area: string | null; profile: string }>()
  const newest = new Map<number, { tsMs: number; profile: string }>()
  const upsertDevice = db.prepare(`
    INSERT INTO device (id, kind, profile, area) VALUES (?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, profile = excluded.profile, area = excluded.area
    RETURNING dev
  `)
  const keepNewest = options.keepNewest ?? createNewestWriter(db)

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

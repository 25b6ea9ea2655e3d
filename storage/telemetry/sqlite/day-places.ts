import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { StoredReading } from '../../../contract/ports/telemetry.ts'
import { createDayCatalogue, type DayCatalogue } from '../day-catalogue.ts'
import { rowOfTable, type StoredRow } from './sqlite-rows.ts'
import {
  arrivalAndPosition,
  type DayTable,
  dayStart,
  dayStates,
  insertSql,
  keyOf,
  openDayTable,
  selectRowSql,
  updateSql,
} from './sqlite-tables.ts'

/** Where what comes for a moment goes: into the table of its day, or, where that is closed, to `late`. Known until days move. */
export interface DayPlaces {
  placeOf(profile: string, tsMs: number): OpenTable | ClosedDay
  days: DayCatalogue
}

export interface DayPlacesOptions {
  /** A day without a table that is past: what comes for it goes to `late`. Absent: no day ever is. */
  isPast?: (dayMs: number) => boolean
  sealedRow?: SealedRowAt
}

/** The row of a moment in a sealed day; it is not looked up for a device that asks for too many days. */
export type SealedRowAt = (profile: string, tsMs: number, deviceId: string) => FoundRow

type FoundRow = StoredRow | 'too-many-past-days' | undefined

/** The table of a day that is written to, with what is prepared for it. */
export interface OpenTable extends DayTable {
  insert: StatementSync
  select: StatementSync
  update: StatementSync
  params: SQLInputValue[]
  /** Values of the key, at the front of `params`. */
  keySize: number
}

/** A day that is closed: what its rows say of a moment, wherever they lie. */
export interface ClosedDay {
  rowAt: (reading: StoredReading, dev: number) => FoundRow
}

/** Days with an open prepared statement; more only in a backlog that spans weeks. */
const maxOpenTables = 200
/** Closed days, 100 bytes each: one device may send a reading of every day that is kept, again and again. */
const maxClosedDays = 20_000

export function createDayPlaces(db: DatabaseSync, options: DayPlacesOptions): DayPlaces {
  const { isPast = () => false, sealedRow = () => undefined } = options
  const open = new Map<string, OpenTable>()
  const closed = new Map<string, ClosedDay>()
  const days = createDayCatalogue(db, () => {
    open.clear()
    closed.clear()
  })

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

  return { placeOf, days }
}

function remember<T>(places: Map<string, T>, most: number, key: string, place: T): void {
  if (places.size >= most) places.clear()
  places.set(key, place)
}

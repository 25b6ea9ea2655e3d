import type { DatabaseSync } from 'node:sqlite'
import { dayMs } from '../../../contract/time.ts'
import type { ColdFiles } from '../cold/cold-files.ts'
import { firstFrom, type SealedChunk, sealedRow } from '../cold/sealed-rows.ts'
import { lateRowsOf, mergeLate } from './sqlite-late.ts'
import { rowOfTable, type StoredRow } from './sqlite-rows.ts'
import { type DayTable, dayStates, listDayTables, sealedStates, slotMs, slotOf } from './sqlite-tables.ts'

/** One day of a profile, and where its rows lie: a table or a cold file, with what came late over it. */
export interface StoredDay {
  fromMs: number
  table?: DayTable
  sealed: boolean
}

interface Span {
  profile: string
  fromMs: number
  toMs: number
}

/** Days that may hold rows of this span, in order. */
export function listDays(db: DatabaseSync, { profile, fromMs, toMs }: Span): StoredDay[] {
  const days = new Map<number, StoredDay>()
  for (const table of listDayTables(db, { profile, fromMs, toMs, upTo: dayStates.frozen })) {
    days.set(table.fromMs, { fromMs: table.fromMs, table, sealed: false })
  }
  const sealed = db.prepare(
    `SELECT day_ms FROM sealed WHERE profile = ? AND day_ms > ? AND day_ms < ? AND state = ${sealedStates.here}`,
  )
  for (const { day_ms: day } of sealed.all(profile, fromMs - dayMs, toMs)) {
    days.set(Number(day), { fromMs: Number(day), sealed: true })
  }
  const late = db.prepare(`SELECT DISTINCT ts / ${dayMs} AS day FROM late WHERE profile = ? AND ts >= ? AND ts < ?`)
  for (const { day } of late.all(profile, fromMs, toMs)) {
    const from = Number(day) * dayMs
    if (!days.has(from)) days.set(from, { fromMs: from, sealed: false })
  }
  return [...days.values()].sort((a, b) => a.fromMs - b.fromMs)
}

/** What one device has on one day, within the span. */
export interface DeviceDay {
  day: StoredDay
  /** The chunk, where nothing came late: its columns can be read as they are. */
  chunk?: SealedChunk
  hasLate: boolean
  rows(): Iterable<StoredRow>
}

export function* deviceDays(
  db: DatabaseSync,
  cold: ColdFiles,
  { deviceId, dev, ...span }: Span & { deviceId: string; dev: number },
): Generator<DeviceDay> {
  for (const day of listDays(db, span)) {
    const fromMs = Math.max(span.fromMs, day.fromMs)
    const toMs = Math.min(span.toMs, day.fromMs + dayMs)
    const late = lateRowsOf(db, { profile: span.profile, dev, fromMs, toMs })
    const chunk = day.sealed ? cold.chunk(span.profile, day.fromMs, deviceId) : undefined
    yield {
      day,
      hasLate: late.length > 0,
      ...(late.length === 0 && chunk !== undefined && { chunk }),
      rows: () => mergeLate(baseRows(db, { day, chunk, dev, fromMs, toMs }), late),
    }
  }
}

interface BaseQuery {
  day: StoredDay
  chunk: SealedChunk | undefined
  dev: number
  fromMs: number
  toMs: number
}

function baseRows(db: DatabaseSync, { day, chunk, dev, fromMs, toMs }: BaseQuery): Iterable<StoredRow> {
  if (day.table !== undefined) return tableRows(db, day.table, { dev, fromMs, toMs })
  return chunk === undefined ? [] : chunkRows(chunk, fromMs, toMs)
}

export function* chunkRows(chunk: SealedChunk, fromMs: number, toMs: number): Generator<StoredRow> {
  const ts = chunk.fixed('ts')
  const end = firstFrom(ts, toMs)
  for (let index = firstFrom(ts, fromMs); index < end; index += 1) yield sealedRow(chunk, index)
}

function* tableRows(
  db: DatabaseSync,
  table: DayTable,
  { dev, fromMs, toMs }: { dev: number; fromMs: number; toMs: number },
): Generator<StoredRow> {
  if (!table.slotted) {
    const select = db.prepare(`SELECT * FROM ${table.name} WHERE ts >= ? AND ts < ? AND dev = ? ORDER BY ts`)
    for (const row of select.iterate(fromMs, toMs, dev)) yield rowOfTable(row, table.columns)
    return
  }
  const select = db.prepare(`SELECT * FROM ${table.name} WHERE slot = ? AND dev = ? ORDER BY at`)
  for (let slot = slotOf(fromMs); slot * slotMs < toMs; slot += 1) {
    for (const row of select.all(slot, dev)) {
      const ts = Number(row.ts)
      if (ts >= fromMs && ts < toMs) yield rowOfTable(row, table.columns)
    }
  }
}

import type { SQLOutputValue } from 'node:sqlite'
import { addExtra, type StoredRow } from '../sqlite/sqlite-rows.ts'
import type { DayTable } from '../sqlite/sqlite-tables.ts'
import { decodeArrival, decodeDegrees, decodeMetric, encodeArrival } from '../sqlite/sqlite-values.ts'
import type { Chunk, OpenChunk } from './chunk.ts'

/** A sealed chunk with the names of its metrics. */
export interface SealedChunk extends OpenChunk {
  names: readonly string[]
}

/** The first row at or after a moment. */
export function firstFrom(ts: Float64Array | Uint32Array, ms: number): number {
  let low = 0
  let high = ts.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ts[middle] ?? 0) < ms) low = middle + 1
    else high = middle
  }
  return low
}

/** The row of exactly this moment. */
export function sealedRowAt(chunk: SealedChunk, tsMs: number): StoredRow | undefined {
  const index = firstFrom(chunk.fixed('ts'), tsMs)
  return chunk.fixed('ts')[index] === tsMs ? sealedRow(chunk, index) : undefined
}

export function sealedRow(chunk: SealedChunk, index: number): StoredRow {
  const at = (column: Float64Array) => column[index] ?? Number.NaN
  const metrics: Record<string, number> = {}
  for (const [place, name] of chunk.names.entries()) {
    const value = at(chunk.metric(place))
    if (!Number.isNaN(value)) metrics[name] = value
  }
  const extra = chunk.extra()?.[index]
  if (typeof extra === 'string') addExtra(metrics, extra)
  const { serverTime, simulated } = decodeArrival(at(chunk.fixed('marks')))
  const row: StoredRow = {
    tsMs: at(chunk.fixed('ts')),
    lagMs: at(chunk.fixed('lag')),
    serverTime,
    simulated,
    metrics,
  }
  const lat = at(chunk.fixed('lat'))
  return Number.isNaN(lat) ? row : { ...row, lat, lon: at(chunk.fixed('lon')) }
}

/** Gathers the rows of one device's day, in order of time. */
export interface ChunkBuilder {
  /** A row of a day table, its values in the order of `tableRowSql`. */
  addTableRow(values: readonly SQLOutputValue[]): void
  addRow(row: StoredRow): void
  rows(): number
  build(): Chunk
}

/** Reads what `addTableRow` takes: dev, ts, arrival, lat, lon, extra, then the metrics. */
export function tableRowSql({ name, columns }: DayTable): string {
  const metrics = columns.map((metric) => `m_${metric}`)
  return `SELECT ${['dev', 'ts', 'arrival', 'lat', 'lon', 'extra', ...metrics].join(', ')} FROM ${name}`
}

const firstMetric = 6

export function createChunkBuilder(names: readonly string[]): ChunkBuilder {
  const ts: number[] = []
  const lag: number[] = []
  const marks: number[] = []
  const lat: number[] = []
  const lon: number[] = []
  const metrics = names.map((): number[] => [])
  const extra: (string | null)[] = []

  return {
    addTableRow(values) {
      const { lagMs, ...mark } = decodeArrival(Number(values[2]))
      ts.push(Number(values[1]))
      lag.push(lagMs)
      marks.push(encodeArrival({ lagMs: 0, ...mark }))
      lat.push(decodedOr(values[3], decodeDegrees))
      lon.push(decodedOr(values[4], decodeDegrees))
      extra.push(typeof values[5] === 'string' ? values[5] : null)
      for (const [index, column] of metrics.entries()) {
        column.push(decodedOr(values[firstMetric + index], decodeMetric))
      }
    },
    addRow(row) {
      const rest = Object.entries(row.metrics).filter(([name]) => !names.includes(name))
      ts.push(row.tsMs)
      lag.push(row.lagMs)
      marks.push(encodeArrival({ lagMs: 0, serverTime: row.serverTime, simulated: row.simulated }))
      lat.push(row.lat ?? Number.NaN)
      lon.push(row.lon ?? Number.NaN)
      extra.push(rest.length === 0 ? null : JSON.stringify(Object.fromEntries(rest)))
      for (const [index, column] of metrics.entries()) column.push(row.metrics[names[index] ?? ''] ?? Number.NaN)
    },
    rows: () => ts.length,
    build: () => ({
      ts: Float64Array.from(ts),
      lag: Float64Array.from(lag),
      marks: Float64Array.from(marks),
      lat: Float64Array.from(lat),
      lon: Float64Array.from(lon),
      metrics: metrics.map((column) => Float64Array.from(column)),
      extra: extra.some((text) => text !== null) ? extra : undefined,
    }),
  }
}

function decodedOr(stored: SQLOutputValue | undefined, decode: (stored: number) => number): number {
  return typeof stored === 'number' ? decode(stored) : Number.NaN
}

/** What differs between a row of the table and the same row of its chunk; `undefined`: nothing, bit by bit. */
export function differs(values: readonly SQLOutputValue[], chunk: SealedChunk, index: number): string | undefined {
  const at = (column: Float64Array) => column[index] ?? Number.NaN
  const arrival = at(chunk.fixed('lag')) * 4 + at(chunk.fixed('marks'))
  if (at(chunk.fixed('ts')) !== values[1]) return 'ts'
  if (arrival !== values[2]) return 'arrival'
  if (!Object.is(at(chunk.fixed('lat')), decodedOr(values[3], decodeDegrees))) return 'lat'
  if (!Object.is(at(chunk.fixed('lon')), decodedOr(values[4], decodeDegrees))) return 'lon'
  if ((chunk.extra()?.[index] ?? null) !== values[5]) return 'extra'
  return chunk.names.find(
    (_name, place) => !Object.is(at(chunk.metric(place)), decodedOr(values[firstMetric + place], decodeMetric)),
  )
}

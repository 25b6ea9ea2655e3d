import type { StoredReading } from '../../../contract/ports/telemetry.ts'
import { decodeArrival, decodeDegrees, decodeMetric } from './sqlite-values.ts'

/** One moment of one device, wherever it lies: a day table, a sealed chunk, or what came late. */
export interface StoredRow {
  tsMs: number
  lagMs: number
  serverTime: boolean
  simulated: boolean
  lat?: number
  lon?: number
  metrics: Record<string, number>
}

/** A row of a day table as it was read. */
export function rowOfTable(row: Record<string, unknown>, columns: readonly string[]): StoredRow {
  const { lat, lon } = row
  const stored: StoredRow = {
    tsMs: Number(row.ts),
    ...decodeArrival(Number(row.arrival)),
    metrics: rowMetrics(row, columns),
  }
  if (typeof lat !== 'number' || typeof lon !== 'number') return stored
  return { ...stored, lat: decodeDegrees(lat), lon: decodeDegrees(lon) }
}

/** Metrics of a row of a day table, columns and extras together. */
export function rowMetrics(row: Record<string, unknown>, columns: readonly string[]): Record<string, number> {
  const metrics: Record<string, number> = {}
  for (const metric of columns) {
    const value = row[`m_${metric}`]
    if (typeof value === 'number') metrics[metric] = decodeMetric(value)
  }
  if (typeof row.extra === 'string') addExtra(metrics, row.extra)
  return metrics
}

/** Adds metrics that lie as JSON. */
export function addExtra(metrics: Record<string, number>, json: string): void {
  const extra: unknown = JSON.parse(json)
  if (typeof extra !== 'object' || extra === null) return
  for (const [metric, value] of Object.entries(extra)) if (typeof value === 'number') metrics[metric] = value
}

export function rowOfReading(reading: StoredReading): StoredRow {
  const { tsMs, receivedAtMs, tsSource, simulated, lat, lon, metrics } = reading
  const row: StoredRow = {
    tsMs,
    lagMs: receivedAtMs - tsMs,
    serverTime: tsSource === 'server',
    simulated,
    metrics: { ...metrics },
  }
  return lat === undefined || lon === undefined ? row : { ...row, lat, lon }
}

/** Metrics that the moment did not have yet, and those that say something else than before. */
export function compareMetrics(before: Record<string, number>, now: Record<string, number>) {
  const entries = Object.entries(now)
  const had = (metric: string) => Object.hasOwn(before, metric)
  return {
    fresh: Object.fromEntries(entries.filter(([metric]) => !had(metric))),
    changed: Object.fromEntries(entries.filter(([metric, value]) => had(metric) && before[metric] !== value)),
  }
}

export function isEmpty(metrics: Record<string, number>): boolean {
  return Object.keys(metrics).length === 0
}

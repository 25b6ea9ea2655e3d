import { maxManualOfDevice } from '../../../contract/manual.ts'
import type { ManualQuery, ManualReading } from '../../../contract/ports/telemetry.ts'
import { roles } from '../../../contract/roles.ts'
import { manualMeasurement } from './influx-history.ts'
import type { InfluxQl, Series } from './influx-ql.ts'
import { metricOfField } from './influx-schema.ts'

/** Reads the readings by hand that `writeHistory` wrote, oldest first. */
export async function readInfluxManual(
  influxQl: Pick<InfluxQl, 'query'>,
  { deviceId, fromMs, toMs }: ManualQuery,
): Promise<ManualReading[]> {
  if (!(fromMs < toMs)) return []
  const series = await influxQl.query(
    `SELECT *::field FROM "${manualMeasurement}" WHERE "device" = $device AND time >= ${bound(fromMs)} AND time < ${bound(toMs)}` +
      ` LIMIT ${maxManualOfDevice}`,
    { device: deviceId },
  )
  const byMoment = new Map<number, ManualReading>()
  for (const reading of series.flatMap(readingsOf)) {
    const known = byMoment.get(reading.atMs)
    // A device that was moved to another area has two series.
    if (known === undefined || known.receivedAtMs <= reading.receivedAtMs) byMoment.set(reading.atMs, reading)
  }
  return [...byMoment.values()].sort((one, other) => one.atMs - other.atMs)
}

/** A moment as InfluxQL writes it; it binds whole nanoseconds only, which are past what a number holds exactly. */
function bound(ms: number): string {
  if (!Number.isSafeInteger(ms)) throw new RangeError(`${ms} is not a whole number of ms`)
  return `${ms}ms`
}

function readingsOf({ columns, values }: Series): ManualReading[] {
  return values.flatMap((row) => {
    const cells = new Map(columns.map((column, at) => [column, row[at]]))
    const text = (column: string) => String(cells.get(column) ?? '')
    const role = roles.find((known) => known === text('role'))
    // Not ours.
    if (role === undefined) return []
    const atMs = Number(row[0])
    const receivedAtMs = Number(cells.get('received_ms') ?? atMs)
    return [{ atMs, receivedAtMs, author: text('author'), role, metrics: metricsOf(cells), note: text('note') || null }]
  })
}

function metricsOf(cells: ReadonlyMap<string, unknown>): Record<string, number> {
  const metrics: Record<string, number> = {}
  for (const [column, value] of cells) {
    const metric = column === 'time' ? undefined : metricOfField(column)
    if (metric !== undefined && typeof value === 'number') metrics[metric] = value
  }
  return metrics
}

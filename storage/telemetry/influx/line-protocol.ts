import type { StoredReading } from '../../../contract/ports/telemetry.ts'
import { deviceIdPattern, kinds } from '../../../contract/topics.ts'
import { fieldOfMetric, influxTimeLimitMs, isMeasurement, tsSourceNumbers } from './influx-schema.ts'

export interface LeftOut {
  metric: string
  detail: string
}

/** `leftOut`: what of the reading could not be written, and the rest of it could. */
type EncodedLine = { ok: true; line: string; leftOut: LeftOut[] } | { ok: false; detail: string }

/**
 * One reading as a line of line protocol, time in ms; a refusal where it cannot be written without forgery. A value that
 * cannot is left out by itself.
 * Never throws. Both client libraries encode unsafely: `influx` 5.12 lets a newline in a tag and anything in a
 * measurement through, which forges points; `@influxdata/influxdb-client` 1.35 breaks on a backslash at a tag's end.
 */
export function encodeLine(reading: StoredReading): EncodedLine {
  const fault = headFault(reading)
  if (fault) return { ok: false, detail: fault }
  const { fields, leftOut } = encodeMetrics(reading.metrics)
  const [first] = leftOut
  if (first !== undefined && fields === '' && reading.lat === undefined) return { ok: false, detail: first.detail }
  const area = reading.areaCode ? `,area=${escapeTag(reading.areaCode)}` : ''
  const sim = reading.simulated ? ',sim=1' : ''
  const ours = `received_ms=${reading.receivedAtMs},ts_source=${tsSourceNumbers[reading.tsSource]}`
  const place = reading.lat === undefined || reading.lon === undefined ? '' : `,lat=${reading.lat},lon=${reading.lon}`
  const tags = `${reading.profile}${area},device=${reading.deviceId},kind=${reading.kind}${sim}`
  return { ok: true, line: `${tags} ${ours}${place}${fields} ${reading.tsMs}`, leftOut }
}

function encodeMetrics(metrics: Record<string, number>): { fields: string; leftOut: LeftOut[] } {
  let fields = ''
  const leftOut: LeftOut[] = []
  for (const [metric, measured] of Object.entries(metrics)) {
    const field = fieldOfMetric(metric)
    if (field !== undefined && Number.isFinite(measured)) fields += `,${field}=${measured}`
    else leftOut.push({ metric, detail: metricFault(metric, field) })
  }
  return { fields, leftOut }
}

function metricFault(metric: string, field: string | undefined): string {
  return field === undefined
    ? `metric name ${quoted(metric)} is not allowed`
    : `metric ${metric} is not a finite number`
}

function headFault(reading: StoredReading): string | undefined {
  const { deviceId, kind, profile, areaCode, tsSource } = reading
  if (!isMeasurement(profile)) return `profile ${quoted(profile)} is not allowed`
  if (!deviceIdPattern.test(deviceId)) return `device id ${quoted(deviceId)} is not allowed`
  if (!kinds.includes(kind)) return `kind ${quoted(kind)} is unknown`
  if (areaCode !== null && !isTagText(areaCode)) return `area code ${quoted(areaCode)} is not allowed`
  if (!Object.hasOwn(tsSourceNumbers, tsSource)) return 'the source of the time is unknown'
  return numberFault(reading)
}

function numberFault({ tsMs, receivedAtMs, lat = 0, lon = 0 }: StoredReading): string | undefined {
  if (!Number.isInteger(tsMs) || Math.abs(tsMs) > influxTimeLimitMs) return `time ${tsMs} ms is out of InfluxDB's range`
  if (!Number.isFinite(receivedAtMs)) return 'the time of arrival is not a finite number'
  return Number.isFinite(lat) && Number.isFinite(lon) ? undefined : 'the position is not finite'
}

/**
 * Text that comes back as it went in. Line protocol cannot say a newline or a backslash before a comma, and a lone
 * surrogate is no UTF-8.
 */
function isTagText(text: string): boolean {
  return text.length <= 64 && text.isWellFormed() && !/[\p{Cc}\\\u2028\u2029]/u.test(text)
}

function escapeTag(text: string): string {
  return text.replace(/[ ,=]/g, '\\$&')
}

function quoted(text: string): string {
  return JSON.stringify(String(text).slice(0, 80))
}

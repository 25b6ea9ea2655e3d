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
  const ours = `received_ms=${reading.receivedAtMs},ts_source=${tsSourceNumbers[reading.tsSource]}`
  const place = reading.lat === undefined || reading.lon === undefined ? '' : `,lat=${reading.lat},lon=${reading.lon}`
  return { ok: true, line: `${reading.profile}${tagsOf(reading)} ${ours}${place}${fields} ${reading.tsMs}`, leftOut }
}

/** Tags that a line of a device bears, whatever it tells. */
type Tagged = Pick<StoredReading, 'deviceId' | 'kind' | 'profile' | 'areaCode' | 'simulated'>

/** `further`: of the line's own, a sign that sorts behind `kind`. */
export function tagsOf({ deviceId, kind, areaCode, simulated }: Tagged, further = ''): string {
  const area = areaCode ? `,area=${escapeTag(areaCode)}` : ''
  return `${area},device=${deviceId},kind=${kind}${further}${simulated ? ',sim=1' : ''}`
}

/** Why nothing of this device can be written; `undefined`: it can. */
export function tagFault({ deviceId, kind, profile, areaCode }: Tagged): string | undefined {
  if (!isMeasurement(profile)) return `profile ${quoted(profile)} is not allowed`
  if (!deviceIdPattern.test(deviceId)) return `device id ${quoted(deviceId)} is not allowed`
  if (!kinds.includes(kind)) return `kind ${quoted(kind)} is unknown`
  return areaCode === null || isTagText(areaCode) ? undefined : `area code ${quoted(areaCode)} is not allowed`
}

/** A string field. Line protocol takes any text between quotes but for what `unfit` names, for which a blank stands. */
export function stringField(text: string): string {
  return `"${text.replace(unfit, ' ').replace(/["\\]/g, '\\$&')}"`
}
/** Line ends, which are blanks in JSON, and NUL. */
const unfit = /[\r\n\0]/g

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
  const fault = tagFault(reading)
  if (fault !== undefined) return fault
  if (!Object.hasOwn(tsSourceNumbers, reading.tsSource)) return 'the source of the time is unknown'
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

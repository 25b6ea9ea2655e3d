import { findMetric, type Metric, metricSlug } from '../../contract/metrics.ts'
import {
  type Metrics,
  type MetricValue,
  type Reading,
  type RejectReason,
  readingLimits,
} from '../../contract/reading.ts'
import type { Kind } from '../../contract/topics.ts'
import { parseNativeTime } from './time.ts'

export type Parsed<T> = { ok: true; value: T } | { ok: false; reason: RejectReason; detail: string }

interface From {
  deviceId: string
  kind: Kind
  receivedAt: number
  /** Called for a key that is neither numeric nor boolean: it is left out, and counted. */
  ignored: (key: string) => void
}

const reserved = new Set(['ts', 'lat', 'lon', 'seq'])

function refuse(reason: RejectReason, detail: string): { ok: false; reason: RejectReason; detail: string } {
  return { ok: false, reason, detail }
}

/** One native reading: flat JSON, docs in contract.md's words: `{"ts","lat","lon","seq", …metrics}`. Never throws. */
export function parseReading(json: unknown, { deviceId, kind, receivedAt, ignored }: From): Parsed<Reading> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return refuse('not-an-object', 'a reading is a JSON object')
  }
  const entries = Object.entries(json)
  if (entries.length === 0) return refuse('empty', 'the reading has no keys')
  if (entries.length > readingLimits.keysPerReading) {
    return refuse('too-many-keys', `${entries.length} keys, at most ${readingLimits.keysPerReading}`)
  }
  const fields = new Map<string, unknown>(entries)
  const ts = parseNativeTime(fields.get('ts'))
  if (ts === undefined) return refuse('invalid-time', 'ts is ISO-8601 with zone, or epoch milliseconds')
  const position = parsePosition(fields.get('lat'), fields.get('lon'))
  if (!position.ok) return position
  const metrics = parseMetrics(entries, ignored)
  if (!metrics.ok) return metrics
  const reading: Reading = { deviceId, kind, ts, receivedAt, metrics: metrics.value }
  if (position.value !== undefined) {
    reading.lat = position.value.lat
    reading.lon = position.value.lon
  }
  const seq = fields.get('seq')
  if (typeof seq === 'number') reading.seq = seq
  if (position.value === undefined && Object.keys(metrics.value).length === 0) {
    return refuse('nothing-measured', 'neither a metric nor a position')
  }
  return { ok: true, value: reading }
}

/** Both or neither; 0,0 is a receiver without a fix, not the Gulf of Guinea. */
function parsePosition(lat: unknown, lon: unknown): Parsed<{ lat: number; lon: number } | undefined> {
  const none = { ok: true, value: undefined } as const
  if ((lat ?? null) === null || (lon ?? null) === null) return none
  if (typeof lat !== 'number' || typeof lon !== 'number') return refuse('invalid-position', 'lat and lon are numbers')
  if (lat === 0 && lon === 0) return none
  if (Math.abs(lat) <= 90 && Math.abs(lon) <= 180) return { ok: true, value: { lat, lon } }
  return refuse('invalid-position', `lat ${lat}, lon ${lon} is not on the earth`)
}

function parseMetrics(entries: readonly [string, unknown][], ignored: (key: string) => void): Parsed<Metrics> {
  const metrics: Metrics = {}
  for (const [key, value] of entries.filter(([name, part]) => !reserved.has(name) && part !== null)) {
    const known = findMetric(key)
    const name = known === undefined ? metricSlug(key) : key
    if (isUsable(value) && isFree(name)) metrics[name] = toMetric(value, known)
    else if (known === undefined) ignored(key)
    else return refuse('invalid-metric', `${key} is ${describe(value)}, not a number`)
  }
  return { ok: true, value: metrics }
}

/** Not empty, and not `constructor`, which every object has an idea of already. */
function isFree(name: string): boolean {
  return name !== '' && !(name in Object.prototype)
}

function isUsable(value: unknown): value is number | boolean {
  return typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
}

/** Firmware often writes a flag as 1 or 0. */
function toMetric(value: MetricValue, known: Metric | undefined): MetricValue {
  return known?.type === 'boolean' && (value === 1 || value === 0) ? value === 1 : value
}

function describe(value: unknown): string {
  if (typeof value === 'number') return 'beyond what a number holds'
  return typeof value === 'string' ? 'text' : Array.isArray(value) ? 'a list' : typeof value
}

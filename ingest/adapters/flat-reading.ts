import { nameKeys } from '../../contract/metric-names.ts'
import { findMetric, type Metric, metricNamePattern } from '../../contract/metrics.ts'
import { type Metrics, type MetricValue, type Reading, readingLimits, type SetAside } from '../../contract/reading.ts'
import type { FormatContext, FormatMessage } from './format.ts'
import { type Parsed, refusal } from './json.ts'
import { parsePosition } from './position.ts'
import { parseNativeTime } from './time.ts'

interface Fields {
  ts?: unknown
  lat?: unknown
  lon?: unknown
  seq?: unknown
}

const reserved = new Set(['ts', 'lat', 'lon', 'seq'])

/**
 * Makes a reading of flat fields, `{"ts","lat","lon","seq", …metrics}`: those of a native message, or those to which a
 * foreign format has renamed its own (`ts` in milliseconds). A part that says nothing usable is set aside by itself;
 * without any that does there is no reading. Never throws.
 */
export function parseReading(json: unknown, message: FormatMessage, context: FormatContext): Parsed<Reading> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return refusal('not-an-object', 'a reading is a JSON object')
  }
  const entries = Object.entries(json)
  if (entries.length === 0) return refusal('empty', 'the reading has no keys')
  if (entries.length > readingLimits.keysPerReading) {
    return refusal('too-many-keys', `${entries.length} keys, at most ${readingLimits.keysPerReading}`)
  }
  // Out of JSON it has no other prototype than that of all objects, which knows none of these four.
  const fields = json as Fields
  const ts = parseNativeTime(fields.ts, message.receivedAtMs)
  if ('fault' in ts) return refusal('invalid-time', ts.fault)
  return measured(entries, fields, { message, context, ts: ts.ms })
}

function measured(
  entries: readonly [string, unknown][],
  { lat, lon, seq }: Fields,
  { message, context, ts }: { message: FormatMessage; context: FormatContext; ts: number | null },
): Parsed<Reading> {
  const { deviceId, kind, receivedAtMs: receivedAt } = message
  const { names, ignored } = context
  const setAside: SetAside[] = []
  const { place, fault } = parsePosition(lat, lon)
  if (fault !== undefined) {
    setAside.push({
      reason: 'invalid-position',
      name: 'position',
      detail: fault,
      fields: [
        ['lat', lat],
        ['lon', lon],
      ],
    })
  }
  const metrics = parseMetrics(entries, { names, ignored, setAside })
  if (place === undefined && Object.keys(metrics).length === 0) {
    const [first] = setAside
    return refusal(first?.reason ?? 'nothing-measured', first?.detail ?? 'neither a metric nor a position')
  }
  const reading: Reading = { deviceId, kind, ts, receivedAt, metrics }
  if (place !== undefined) {
    reading.lat = place.lat
    reading.lon = place.lon
  }
  if (typeof seq === 'number') reading.seq = seq
  if (setAside.length > 0) reading.setAside = setAside
  return { ok: true, value: reading }
}

type Sorting = Pick<FormatContext, 'names' | 'ignored'> & { setAside: SetAside[] }

function parseMetrics(entries: readonly [string, unknown][], sorting: Sorting): Metrics {
  const { names, ignored, setAside } = sorting
  const { keys, values } = usableOf(entries, sorting)
  const named = nameKeys(keys, names)
  const metrics: Metrics = {}
  for (const [index, value] of values.entries()) {
    const name = named[index]
    const key = keys[index] ?? ''
    const known = name === undefined ? undefined : findMetric(name)
    if (name === undefined) {
      ignored(key)
      setAside.push(
        aside('', `no name can be made of the key ${JSON.stringify(key.slice(0, maxKeyChars))}`, key, value),
      )
    } else if (fits(value, known)) metrics[name] = known?.type === 'boolean' ? Boolean(value) : value
    else setAside.push(aside(name, `${key} is ${String(value)}, which is no ${known?.type}`, key, value))
  }
  return metrics
}

/** Numbers and flags; of the others those that the dictionary names are set aside, the rest is left out. */
function usableOf(entries: readonly [string, unknown][], { ignored, setAside }: Sorting) {
  const keys: string[] = []
  const values: MetricValue[] = []
  for (const [key, value] of entries) {
    if (value === null || reserved.has(key)) continue
    if (isUsable(value)) {
      keys.push(key)
      values.push(value)
    } else if (isKnown(key)) setAside.push(aside(key, `${key} is ${describe(value)}, not a number`, key, value))
    else ignored(key)
  }
  return { keys, values }
}

function aside(name: string, detail: string, key: string, value: unknown): SetAside {
  return { reason: 'invalid-metric', name, detail, fields: [[key, value]] }
}

const maxKeyChars = 64

function isKnown(key: string): boolean {
  return metricNamePattern.test(key) && findMetric(key) !== undefined
}

function isUsable(value: unknown): value is MetricValue {
  return typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
}

/** The dictionary's type decides. Firmware often writes a flag as 1 or 0; nothing else is one. */
function fits(value: MetricValue, known: Metric | undefined): boolean {
  if (known === undefined) return true
  if (known.type === 'boolean') return typeof value === 'boolean' || value === 0 || value === 1
  return typeof value === 'number'
}

function describe(value: unknown): string {
  if (typeof value === 'number') return 'beyond what a number holds'
  return typeof value === 'string' ? 'text' : Array.isArray(value) ? 'a list' : typeof value
}

import { clockUnsetBeforeMs, gpsRolloverMs } from '../../contract/reading.ts'

/** `ms` null: the device named no time, or its clock was evidently never set; ours is to be taken. */
type NativeTime = { ms: number | null } | { fault: string }

const isoWithZone = /^(\d{4})-(\d{2})-(\d{2})T\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/i
const weekMs = 7 * 86_400_000

/** Seconds since 1970 of the years 2004 to 2096; as milliseconds they are days of January and February 1970. */
const epochSeconds = { from: 1.1e9, to: 4e9 }
/** End of the year 9999, the last that RFC 3339 can say: beyond it lie micro- and nanoseconds of our time. */
const latestMs = Date.UTC(10_000, 0, 1) - 1

/**
 * A native `ts`: ISO-8601 with zone, or epoch milliseconds. What is neither has a fault, also what another unit would
 * make a time of: a wrong guess would move it by years, and a counter of uptime looks like seconds for days.
 */
export function parseNativeTime(ts: unknown, receivedAt: number): NativeTime {
  if (ts === undefined || ts === null || ts === '') return { ms: null }
  const ms = typeof ts === 'number' ? ts : parseIso(ts)
  if (ms === undefined) return { fault: 'ts is ISO-8601 with zone, or epoch milliseconds' }
  if (ms >= epochSeconds.from && ms < epochSeconds.to) return { fault: 'ts looks like seconds, not milliseconds' }
  // No calendar goes further back (ECMA-262, 21.4.1.1).
  if (!(ms <= latestMs && ms >= -8.64e15)) return { fault: 'ts is no time in milliseconds' }
  return { ms: ms < clockUnsetBeforeMs || isRolledOver(ms, receivedAt) ? null : Math.round(ms) }
}

function isRolledOver(ms: number, receivedAt: number): boolean {
  const periods = Math.round((receivedAt - ms) / gpsRolloverMs)
  return periods > 0 && Math.abs(receivedAt - ms - periods * gpsRolloverMs) <= weekMs
}

function parseIso(text: unknown): number | undefined {
  const match = typeof text === 'string' ? isoWithZone.exec(text) : null
  if (match === null) return undefined
  const [iso, year, month, day] = match
  // `Date.parse` takes 30 February for 2 March.
  if (Number(day) > daysIn(Number(year), Number(month))) return undefined
  const ms = Date.parse(iso.replace(',', '.').replace(/([+-]\d{2})(\d{2})$/, '$1:$2'))
  return Number.isNaN(ms) ? undefined : ms
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()
}

import { clockUnsetBeforeMs } from '../../contract/reading.ts'

const isoWithZone = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/i

/** No calendar goes further (ECMA-262, 21.4.1.1); a number beyond it is no time in milliseconds. */
const latestMs = 8.64e15

/**
 * A native `ts`: ISO-8601 with zone, or epoch milliseconds. `null`: absent or evidently unset (before 2005), our clock
 * is to be taken. `undefined`: it says something that is not a time.
 */
export function parseNativeTime(ts: unknown): number | null | undefined {
  if (ts === undefined || ts === null || ts === '') return null
  const ms = typeof ts === 'number' ? ts : parseIso(ts)
  if (ms === undefined || !(Math.abs(ms) <= latestMs)) return undefined
  return ms < clockUnsetBeforeMs ? null : Math.round(ms)
}

function parseIso(text: unknown): number | undefined {
  if (typeof text !== 'string' || !isoWithZone.test(text)) return undefined
  const ms = Date.parse(text.replace(',', '.').replace(/([+-]\d{2})(\d{2})$/, '$1:$2'))
  return Number.isNaN(ms) ? undefined : ms
}

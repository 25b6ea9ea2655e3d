import { dayMs } from '../contract/time.ts'

/** Of local time to UTC in one IANA time zone, with its summer times. */
export interface Zone {
  /** What a clock there is ahead of UTC at a moment, ms. */
  offsetMs(atMs: number): number
  /** The moment at which a clock there shows this, as if it were UTC; the first of two, or as if no hour were left out. */
  fromLocalMs(localMs: number): number
}

/** Offsets and names change at quarters of an hour only. */
export const quarterMs = 900_000

/** Throws RangeError where the name is no IANA time zone. */
export function createZone(timeZone: string): Zone {
  const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
  let known = { quarter: Number.NaN, offsetMs: 0 }

  function offsetMs(atMs: number): number {
    const quarter = Math.floor(atMs / quarterMs)
    if (quarter !== known.quarter) known = { quarter, offsetMs: readOffset(format, atMs) }
    return known.offsetMs
  }

  return {
    offsetMs,
    fromLocalMs(localMs) {
      const [before, after] = [offsetMs(localMs - dayMs), offsetMs(localMs + dayMs)]
      const earlier = localMs - before
      return offsetMs(earlier) === before || offsetMs(localMs - after) !== after ? earlier : localMs - after
    },
  }
}

function readOffset(format: Intl.DateTimeFormat, atMs: number): number {
  const text = format.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT'
  const [, sign, hours = 0, minutes = 0, seconds = 0] = /^GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(text) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000
}

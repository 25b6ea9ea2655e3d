export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs

/** A moment as the API writes it: ISO 8601, UTC, with milliseconds; `null` of a moment that is not known. */
export function iso(ms: number): string
export function iso(ms: number | null | undefined): string | null
export function iso(ms: number | null | undefined): string | null {
  return ms === null || ms === undefined ? null : isoText(ms)
}

/** End of the years that ISO 8601 writes with four digits. */
const endOfYearsMs = Date.UTC(10_000, 0)
let minute = -1
/** Of that minute, up to its seconds. */
let minuteText = ''

/**
 * As `Date` writes it. Most moments that are written one after the other lie in the same minute, whose text is kept:
 * 65 ns in the place of 450, some 20,000 times a second at 5,000 messages.
 */
function isoText(ms: number): string {
  if (!(Number.isInteger(ms) && ms >= 0 && ms < endOfYearsMs)) return new Date(ms).toISOString()
  const millis = ms % minuteMs
  const minuteNow = (ms - millis) / minuteMs
  if (minuteNow !== minute) {
    minuteText = new Date(ms).toISOString().slice(0, -7)
    minute = minuteNow
  }
  // Of five digits at most: the leading 1 keeps the zeros before them.
  const digits = String(100_000 + millis)
  return `${minuteText}${digits.slice(1, 3)}.${digits.slice(3)}Z`
}

/** The moment that such a text names, ms; `null` for `null`. */
export function msOf(time: string | null): number | null {
  return time === null ? null : Date.parse(time)
}

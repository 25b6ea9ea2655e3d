export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs

/** A moment as the API writes it: ISO 8601, UTC, with milliseconds; `null` of a moment that is not known. */
export function iso(ms: number): string
export function iso(ms: number | null | undefined): string | null
export function iso(ms: number | null | undefined): string | null {
  return ms === null || ms === undefined ? null : new Date(ms).toISOString()
}

/** The moment that such a text names, ms; `null` for `null`. */
export function msOf(time: string | null): number | null {
  return time === null ? null : Date.parse(time)
}

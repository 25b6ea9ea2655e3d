import type { Place } from '../../../domain/geo/geo.ts'

/** A phone's place that is less exact than this, m, is no place of a device: it is a quarter of the town. */
export const worstAccuracyM = 100

/** What is still to be done before a device counts as installed. */
export type Missing = 'message' | 'position'

/**
 * A device is installed when it was heard while somebody stood before it, and when its place is known.
 *
 * @param heard a message came since the page was opened
 */
export function missingOf({ heard, placed }: { heard: boolean; placed: boolean }): Missing[] {
  return [...(heard ? [] : (['message'] as const)), ...(placed ? [] : (['position'] as const))]
}

/** When a device was last heard: as it was when the page was opened, and now. Server time, ms; `null`: never. */
export interface HeardTimes {
  atFirstMs: number | null
  nowMs: number | null
}

/** Compares two times of the server, so it does not matter how wrong the phone's clock is. */
export function heardSince({ atFirstMs, nowMs }: HeardTimes): boolean {
  return nowMs !== null && nowMs > (atFirstMs ?? Number.NEGATIVE_INFINITY)
}

function degrees(words: string, most: number): number | undefined {
  if (!/^-?\d{1,3}([.,]\d+)?$/.test(words.trim())) return undefined
  const read = Number(words.trim().replace(',', '.'))
  return Math.abs(read) <= most ? read : undefined
}

/** Coordinates as people type them, with a comma or a point. */
export function typedPlace(lat: string, lon: string): Place | undefined {
  const [y, x] = [degrees(lat, 90), degrees(lon, 180)]
  return y === undefined || x === undefined ? undefined : { lat: y, lon: x }
}

/** Why a browser gives no place, by the number of its error; https://www.w3.org/TR/geolocation/#position_error_interface */
export type PlaceFault = 'insecure' | 'denied' | 'unavailable' | 'timeout'

export function placeFaultOf(code: number): PlaceFault {
  if (code === 1) return 'denied'
  return code === 3 ? 'timeout' : 'unavailable'
}

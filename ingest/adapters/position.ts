/** `place` absent: there is none. `fault`: what was said in its stead. */
export interface ParsedPosition {
  place?: { lat: number; lon: number }
  fault?: string
}

const nowhere: ParsedPosition = {}

/** Around 0,0 lies open sea; a receiver that is there has no fix. */
const nullIslandDegrees = 0.1

/** Both or neither. Without a fix a receiver says 0,0, or something near it, or 0, 90 or 180 for one of them. */
export function parsePosition(lat: unknown, lon: unknown): ParsedPosition {
  if ((lat ?? null) === null || (lon ?? null) === null) return nowhere
  if (typeof lat !== 'number' || typeof lon !== 'number') return { fault: 'lat and lon are numbers' }
  if (Math.abs(lat) > 90 || Math.abs(lon) > 180) return { fault: `lat ${lat}, lon ${lon} is not on the earth` }
  return isFix(lat, lon) ? { place: { lat, lon } } : nowhere
}

function isFix(lat: number, lon: number): boolean {
  if (lat === 0 || lon === 0 || Math.abs(lat) === 90 || Math.abs(lon) === 180) return false
  return Math.abs(lat) > nullIslandDegrees || Math.abs(lon) > nullIslandDegrees
}

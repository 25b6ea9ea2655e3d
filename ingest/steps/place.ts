import type { Reading } from '../../contract/reading.ts'

/** Degrees. A box that crosses the 180th meridian is none of ours. */
export interface Surroundings {
  west: number
  south: number
  east: number
  north: number
}

/** About 220 km: a bus may be hired for a journey, but a position of another country or with its sign lost is none. */
const marginDegrees = 2

/** Where things of a city can be: its box (west, south, east, north) with a generous margin. */
export function surroundingsOf([west, south, east, north]: readonly [number, number, number, number]): Surroundings {
  return {
    west: west - marginDegrees,
    south: south - marginDegrees,
    east: east + marginDegrees,
    north: north + marginDegrees,
  }
}

/** Whether a reading may be drawn where it says; one without a position says nothing wrong. */
export function isPlaceBelievable({ lat, lon }: Reading, surroundings: Surroundings | undefined): boolean {
  if (surroundings === undefined || lat === undefined || lon === undefined) return true
  const { west, south, east, north } = surroundings
  return lon >= west && lon <= east && lat >= south && lat <= north
}

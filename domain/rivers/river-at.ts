import { distanceToLineM, type Place } from '../geo/geo.ts'
import { type Feature, property } from '../geo/geojson.ts'

/** A gauge further from any river than this stands at none. */
const nearRiverM = 600

/** Id of the river that a place is at; `undefined`: it is at none. */
export function riverAt(place: Place, rivers: readonly Feature[]): string | undefined {
  let best: { id: string; m: number } | undefined
  for (const river of rivers) {
    if (river.geometry.type !== 'LineString') continue
    const m = distanceToLineM(place, river.geometry.coordinates)
    if (m <= nearRiverM && (best === undefined || m < best.m)) best = { id: property(river, 'id'), m }
  }
  return best?.id
}

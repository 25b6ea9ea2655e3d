import type { SeenDevice } from './city.ts'
import { distanceToLineM } from './geo.ts'
import type { Feature } from './geojson.ts'
import { property } from './site.ts'

/** A gauge further from any river than this is listed without one. */
const nearRiverM = 600

export interface RiverGauges {
  id: string
  name: string
  gauges: SeenDevice[]
}

function nearest(device: SeenDevice, rivers: readonly Feature[]): string | undefined {
  const { place } = device
  if (place === null) return undefined
  let best: { id: string; m: number } | undefined
  for (const river of rivers) {
    if (river.geometry.type !== 'LineString') continue
    const m = distanceToLineM(place, river.geometry.coordinates)
    if (m <= nearRiverM && (best === undefined || m < best.m)) best = { id: property(river, 'id'), m }
  }
  return best?.id
}

/** Gauges by the river they stand at; every river of the city is there, also one that nobody measures. */
export function gaugesByRiver(gauges: readonly SeenDevice[], rivers: readonly Feature[]): RiverGauges[] {
  const groups = rivers.map((river) => ({
    id: property(river, 'id'),
    name: property(river, 'name'),
    gauges: [] as SeenDevice[],
  }))
  const other: RiverGauges = { id: '', name: '', gauges: [] }
  for (const gauge of gauges) {
    const id = nearest(gauge, rivers)
    const group = groups.find((one) => one.id === id) ?? other
    group.gauges.push(gauge)
  }
  return other.gauges.length > 0 ? [...groups, other] : groups
}

import { type GeoPosition, linesOf } from '../../../domain/geo/geojson.ts'
import type { SeenDevice } from '../../core/city/city.ts'
import type { LoadedSite } from '../../core/city/site.ts'
import type { Bounds } from '../../map/projection.ts'

/** Half a degree of a sea in which no city lies. */
const nowhere: Bounds = [-0.25, -0.25, 0.25, 0.25]

function around(places: readonly GeoPosition[]): Bounds | undefined {
  if (places.length === 0) return undefined
  const lons = places.map(([lon = 0]) => lon)
  const lats = places.map(([, lat = 0]) => lat)
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)]
}

/** What the map shows: the city's outline; without map data whatever the devices span. */
export function mapBounds(site: LoadedSite, devices: readonly SeenDevice[]): Bounds {
  const rings = site.outline.flatMap(({ geometry }) => linesOf(geometry).flat())
  const places = devices.flatMap(({ place }) => (place === null ? [] : [[place.lon, place.lat]]))
  return around(rings) ?? around(places) ?? nowhere
}

/** Where single devices can be told apart on any glass, degrees: some 150 m. */
const minSpan = 0.00135

/** A part of the city, as large as the map can show it, with some room around. */
export function closeUp([west, south, east, north]: Bounds): Bounds {
  const grow = (from: number, to: number): [number, number] => {
    const by = Math.max(minSpan - (to - from), (to - from) * 0.2) / 2
    return [from - by, to + by]
  }
  const [left, right] = grow(west, east)
  const [bottom, top] = grow(south, north)
  return [left, bottom, right, top]
}

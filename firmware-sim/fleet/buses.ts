import { areaAt, busRoutes, type Site } from '../../contract/site/schema.ts'
import type { FleetDevice } from '../fleet-device.ts'
import { createPath } from '../geo.ts'

/** As many as a small city's service runs. */
const busCount = 14

/** Buses shared out over the routes by their length, evenly spaced on each. */
export function buses(site: Site, opd: string | null): FleetDevice[] {
  const routes = busRoutes(site).map((route) => ({ route, path: createPath(route.geometry.coordinates) }))
  const totalM = routes.reduce((sum, { path }) => sum + path.lengthM, 0)
  let left = busCount
  let leftM = totalM
  const places = routes.flatMap(({ route, path }) => {
    const share = Math.max(1, Math.round((left * path.lengthM) / leftM))
    left -= share
    leftM -= path.lengthM
    return Array.from({ length: share }, (_, index) => ({ route, path, startAt: index / share }))
  })
  return places.map(({ route, path, startAt }, index) => {
    const [lon, lat] = path.at(startAt * path.lengthM).position
    const number = String(index + 1).padStart(2, '0')
    return {
      id: `sim-bus-${number}`,
      profile: 'trans-binjai-bus',
      kind: 'bus',
      name: `${site.info.busService ?? 'Bus'} ${number}`,
      lat: Math.round(lat * 1e5) / 1e5,
      lon: Math.round(lon * 1e5) / 1e5,
      areaCode: areaAt(site, lat, lon) ?? null,
      parentId: null,
      opd,
      route: { id: route.properties.id, startAt },
    }
  })
}

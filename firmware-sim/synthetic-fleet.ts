import { profiles } from '../contract/profiles/index.ts'
import { areaAt, busRoutes, type LonLat, type Site } from '../contract/site/schema.ts'
import type { FleetDevice } from './fleet-device.ts'
import { createRandom, type Random } from './random.ts'

/** How a load is mixed, per hundred devices; the rest goes evenly over the other profiles. */
const weights: Record<string, number> = {
  'trans-binjai-bus': 10,
  'ip-camera': 30,
  'network-link': 4,
  'lorawan-gateway': 1,
}
const otherWeight = 7

/** Any number of devices of mixed profiles, spread over the city, for load tests: `sim-load-00001` and so on. */
export function syntheticFleet({ count, seed, site }: { count: number; seed: number; site: Site }): FleetDevice[] {
  const random = createRandom(seed, 'synthetic')
  const routes = busRoutes(site).map(({ properties }) => properties.id)
  const deck = profiles.flatMap((profile) => Array.from({ length: weights[profile.id] ?? otherWeight }, () => profile))
  return Array.from({ length: count }, (_, index): FleetDevice => {
    const number = String(index + 1).padStart(5, '0')
    const profile = deck[Math.floor(random() * deck.length)] ?? deck[0]
    if (profile === undefined) throw new RangeError('there are no profiles')
    const [lon, lat] = positionInCity(site, random)
    const device = {
      id: `sim-load-${number}`,
      profile: profile.id,
      kind: profile.kind,
      name: `${profile.label.id} ${number}`,
      lat,
      lon,
      areaCode: areaAt(site, lat, lon) ?? null,
      parentId: null,
      opd: null,
    }
    const route = routes[Math.floor(random() * routes.length)]
    return profile.moving && route !== undefined ? { ...device, route: { id: route, startAt: random() } } : device
  })
}

function positionInCity(site: Site, random: Random): LonLat {
  const [west, south, east, north] = site.info.bbox
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const lon = Math.round((west + (east - west) * random()) * 1e5) / 1e5
    const lat = Math.round((south + (north - south) * random()) * 1e5) / 1e5
    if (areaAt(site, lat, lon) !== undefined) return [lon, lat]
  }
  return site.info.centre
}

import type { DeviceState } from '../../../contract/state.ts'
import { isLive } from '../../../domain/device-state.ts'
import type { Fix } from '../../../domain/transit/fix.ts'
import { type Direction, routePosition } from '../../../domain/transit/route-match.ts'
import { type RouteLine, routesOf } from '../../../domain/transit/routes.ts'
import type { SeenDevice } from '../city/city.ts'
import type { LoadedSite } from '../city/site.ts'

/** A route drawn out straight: its stops and its buses, each at its share of the way. */
export interface LineStrip extends Pick<RouteLine, 'id' | 'name' | 'stops'> {
  buses: readonly StripBus[]
}

export interface StripBus {
  device: SeenDevice
  /** Of the way from the first stop to the last, 0 to 1. */
  share: number
  direction: Direction
}

export interface BusLines {
  strips: readonly LineStrip[]
  /** Route that each bus was found on, by its id. */
  routeOf: ReadonlyMap<string, string>
  /** Buses that are on no route, or of which it cannot be said on which. */
  elsewhere: readonly SeenDevice[]
}

interface Placed {
  routeId: string
  bus: StripBus
}

type TrackOf = (id: string) => readonly Fix[]
type Heading = ((bus: SeenDevice) => number | undefined) | undefined

interface Known {
  revision: number
  state: DeviceState
  placed: Placed | undefined
}

/** Keeps the route that each bus was found on, so that a bus does not jump between routes that share a street. */
export function createLineFinder(site: Pick<LoadedSite, 'routes'>): {
  /** `heading`: where a bus says that it drives to, degrees clockwise from north. */
  find(buses: readonly SeenDevice[], trackOf: TrackOf, heading?: Heading): BusLines
} {
  const routes = routesOf(site.routes)
  const found = new Map<string, string>()
  /** What was worked out of the newest reading of each, and for which of its states. */
  const known = new Map<string, Known>()

  function placeOne(device: SeenDevice, track: readonly Fix[], headingDeg: number | undefined): Placed | undefined {
    const { place, id } = device
    if (place === null) return undefined
    const position = routePosition(routes, { place, track, knownRouteId: found.get(id), headingDeg })
    if (position === undefined) return undefined
    const { routeId, share } = position
    return { routeId, bus: { device, share, direction: isLive(device.state) ? position.direction : null } }
  }

  function forget(buses: readonly SeenDevice[]): void {
    const present = new Set(buses.map(({ id }) => id))
    for (const id of known.keys()) if (!present.has(id)) known.delete(id)
    for (const id of found.keys()) if (!present.has(id)) found.delete(id)
  }

  /** Where a bus is follows from its newest reading; only whether it is live may change without one. */
  function placedNow(device: SeenDevice, trackOf: TrackOf, heading: Heading): Placed | undefined {
    const before = known.get(device.id)
    const same = before?.revision === device.revision && before.state === device.state
    const placed = same ? before.placed : placeOne(device, trackOf(device.id), heading?.(device))
    if (!same) known.set(device.id, { revision: device.revision, state: device.state, placed })
    return placed === undefined ? undefined : { ...placed, bus: { ...placed.bus, device } }
  }

  return {
    find(buses, trackOf, heading) {
      const on = new Map<string, StripBus[]>(routes.map(({ id }) => [id, []]))
      const elsewhere: SeenDevice[] = []
      for (const device of buses) {
        const placed = placedNow(device, trackOf, heading)
        if (placed === undefined) {
          found.delete(device.id)
          elsewhere.push(device)
        } else {
          found.set(device.id, placed.routeId)
          on.get(placed.routeId)?.push(placed.bus)
        }
      }
      if (known.size > buses.length) forget(buses)
      return {
        strips: routes.map(({ id, name, stops }) => ({ id, name, stops, buses: on.get(id) ?? [] })),
        routeOf: new Map(found),
        elsewhere,
      }
    },
  }
}

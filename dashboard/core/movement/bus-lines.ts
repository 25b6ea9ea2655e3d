import type { DeviceState } from '../../../contract/state.ts'
import { isLive } from '../../../domain/device-state.ts'
import { lineLengthM, onLine, type Place } from '../../../domain/geo/geo.ts'
import type { Feature } from '../../../domain/geo/geojson.ts'
import type { SeenDevice } from '../city/city.ts'
import { property, routeLines, type Site } from '../city/site.ts'
import type { Fix } from './motion.ts'

/** A route drawn out straight: its stops and its buses, each at its share of the way. */
export interface LineStrip {
  id: string
  name: string
  stops: readonly { name: string; share: number }[]
  buses: readonly StripBus[]
}

export interface StripBus {
  device: SeenDevice
  /** Of the way from the first stop to the last, 0 to 1. */
  share: number
  /** `forth`: in the order of the stops. `null`: it stands, or nobody can say. */
  direction: 'forth' | 'back' | null
}

export interface BusLines {
  strips: readonly LineStrip[]
  /** Which route each bus was found on, by its id. */
  routeOf: ReadonlyMap<string, string>
  /** Buses that are on no route, or of which it cannot be said on which. */
  elsewhere: readonly SeenDevice[]
}

/** A bus that is further from a street than this is not driving on it. */
const onRouteM = 60
/** Routes share streets: a bus stays where it was found until another route fits better by this. */
const betterByM = 15
/** Without an earlier finding, two routes that fit alike to this leave it open. */
const alikeM = 5
const samples = 12
/** Nearer moments say nothing of a direction, nor do shorter ways. */
const directionOverMs = 30_000
const directionLeastM = 40
/** A heading that is farther from the course of the route is not along it. */
const alongDeg = 55

interface Route {
  id: string
  name: string
  line: readonly (readonly number[])[]
  lengthM: number
  stops: LineStrip['stops']
}

interface Placed {
  routeId: string
  bus: StripBus
}

type Tracks = (id: string) => readonly Fix[]
type Heading = ((bus: SeenDevice) => number | undefined) | undefined

interface Known {
  revision: number
  state: DeviceState
  placed: Placed | undefined
}

function stopsOf(site: Pick<Site, 'routes'>, routeId: string, lengthM: number): LineStrip['stops'] {
  return site.routes
    .filter((feature) => property(feature, 'type') === 'stop' && property(feature, 'routeId') === routeId)
    .map((feature) => ({ name: property(feature, 'name'), share: shareOf(feature, lengthM) }))
    .sort((a, b) => a.share - b.share)
}

function shareOf(feature: Feature, lengthM: number): number {
  const along = Number(feature.properties?.distanceM)
  return Number.isFinite(along) && lengthM > 0 ? Math.min(1, Math.max(0, along / lengthM)) : 0
}

function routesOf(site: Pick<Site, 'routes'>): Route[] {
  return routeLines(site).flatMap((feature) => {
    if (feature.geometry.type !== 'LineString') return []
    const id = property(feature, 'id')
    const line = feature.geometry.coordinates
    const lengthM = lineLengthM(line)
    return [{ id, name: property(feature, 'name'), line, lengthM, stops: stopsOf(site, id, lengthM) }]
  })
}

/** A few of the fixes of a track, spread over all of it, with the newest. */
function spread(track: readonly Fix[], place: Place): Place[] {
  const step = Math.max(1, Math.ceil(track.length / samples))
  return [place, ...track.filter((_fix, i) => (track.length - 1 - i) % step === 0)]
}

function meanOffM(places: readonly Place[], route: Route): number {
  return places.reduce((sum, place) => sum + onLine(place, route.line).offM, 0) / places.length
}

function directionOn(route: Route, track: readonly Fix[]): StripBus['direction'] {
  const last = track.at(-1)
  const before = track.findLast((fix) => last !== undefined && last.measuredAtMs - fix.measuredAtMs >= directionOverMs)
  if (last === undefined || before === undefined) return null
  let movedM = onLine(last, route.line).alongM - onLine(before, route.line).alongM
  // Around a loop the end is followed by the beginning.
  if (Math.abs(movedM) > route.lengthM / 2) movedM -= Math.sign(movedM) * route.lengthM
  if (Math.abs(movedM) < directionLeastM) return null
  return movedM > 0 ? 'forth' : 'back'
}

/** By what a bus says of its own way, before it was seen to drive it; across a corner of the route it tells nothing. */
function directionByCourse(courseDeg: number, headingDeg: number | undefined): StripBus['direction'] {
  if (headingDeg === undefined) return null
  const apart = Math.abs(((headingDeg - courseDeg + 540) % 360) - 180)
  if (apart <= alongDeg) return 'forth'
  return apart >= 180 - alongDeg ? 'back' : null
}

/**
 * Finds the route that each bus drives on by where it has been in the last minutes, for nothing that it sends says so.
 * Keeps what it found, so that a bus does not jump between routes that share a street.
 */
export function createLineFinder(site: Pick<Site, 'routes'>): {
  /** `heading`: where a bus says that it drives to, degrees clockwise from north. */
  find(buses: readonly SeenDevice[], tracks: Tracks, heading?: Heading): BusLines
} {
  const routes = routesOf(site)
  const found = new Map<string, string>()
  /** What was worked out of the newest reading of each, and for which of its states. */
  const known = new Map<string, Known>()

  function routeAt(device: SeenDevice, place: Place, track: readonly Fix[]): Route | undefined {
    const places = spread(track, place)
    const near = routes
      .filter((route) => onLine(place, route.line).offM <= onRouteM)
      .map((route) => ({ route, offM: meanOffM(places, route) }))
      .sort((a, b) => a.offM - b.offM)
    const [best, second] = near
    if (best === undefined) return undefined
    const known = near.find(({ route }) => route.id === found.get(device.id))
    if (known !== undefined && known.offM <= best.offM + betterByM) return known.route
    return second !== undefined && second.offM - best.offM < alikeM ? undefined : best.route
  }

  function placeOne(device: SeenDevice, track: readonly Fix[], headingDeg: number | undefined): Placed | undefined {
    const route = device.place === null ? undefined : routeAt(device, device.place, track)
    if (route === undefined || device.place === null) return undefined
    const { alongM, courseDeg } = onLine(device.place, route.line)
    const share = route.lengthM === 0 ? 0 : Math.min(1, alongM / route.lengthM)
    const seen = directionOn(route, track) ?? directionByCourse(courseDeg, headingDeg)
    const direction = isLive(device.state) ? seen : null
    return { routeId: route.id, bus: { device, share, direction } }
  }

  function forget(buses: readonly SeenDevice[]): void {
    const present = new Set(buses.map(({ id }) => id))
    for (const id of known.keys()) if (!present.has(id)) known.delete(id)
    for (const id of found.keys()) if (!present.has(id)) found.delete(id)
  }

  /** Where a bus is follows from its newest reading; only whether it is live may change without one. */
  function placedNow(device: SeenDevice, tracks: Tracks, heading: Heading): Placed | undefined {
    const before = known.get(device.id)
    const same = before?.revision === device.revision && before.state === device.state
    const placed = same ? before.placed : placeOne(device, tracks(device.id), heading?.(device))
    if (!same) known.set(device.id, { revision: device.revision, state: device.state, placed })
    return placed === undefined ? undefined : { ...placed, bus: { ...placed.bus, device } }
  }

  return {
    find(buses, tracks, heading) {
      const on = new Map<string, StripBus[]>(routes.map(({ id }) => [id, []]))
      const elsewhere: SeenDevice[] = []
      for (const device of buses) {
        const placed = placedNow(device, tracks, heading)
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

/** Lines of text above one another so that none covers its neighbour: for each mark, in px along the strip, its line. */
export function stackLabels(positionsPx: readonly number[], widthsPx: readonly number[], lines: number): number[] {
  const ends: number[] = Array.from({ length: lines }, () => Number.NEGATIVE_INFINITY)
  const order = positionsPx.map((_px, i) => i).sort((a, b) => (positionsPx[a] ?? 0) - (positionsPx[b] ?? 0))
  const line: number[] = positionsPx.map(() => 0)
  for (const i of order) {
    const [at, width] = [positionsPx[i] ?? 0, widthsPx[i] ?? 0]
    const free = ends.findIndex((end) => at - width / 2 >= end)
    const chosen = free === -1 ? ends.indexOf(Math.min(...ends)) : free
    ends[chosen] = at + width / 2
    line[i] = chosen
  }
  return line
}

import { onLine, type Place } from '../geo/geo.ts'
import type { Fix } from './fix.ts'
import type { RouteLine } from './routes.ts'

/** Direction on a route: `forth` in the order of its stops. `null`: the bus stands, or nobody can say. */
export type Direction = 'forth' | 'back' | null

/** A bus on its route. */
export interface RoutePosition {
  routeId: string
  /** Of the way from the first stop to the last, 0 to 1. */
  share: number
  direction: Direction
}

/** What is known of a bus whose route is asked for. */
export interface BusTrack {
  place: Place
  /** Its last fixes, oldest first. */
  track: readonly Fix[]
  /** Route that it was found on last. */
  knownRouteId: string | undefined
  /** Where it says that it drives to, degrees clockwise from north. */
  headingDeg: number | undefined
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

/** A few of the fixes of a track, spread over all of it, with the newest. */
function spread(track: readonly Fix[], place: Place): Place[] {
  const step = Math.max(1, Math.ceil(track.length / samples))
  return [place, ...track.filter((_fix, i) => (track.length - 1 - i) % step === 0)]
}

function meanOffM(places: readonly Place[], route: RouteLine): number {
  return places.reduce((sum, place) => sum + onLine(place, route.line).offM, 0) / places.length
}

function directionOn(route: RouteLine, track: readonly Fix[]): Direction {
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
function directionByCourse(courseDeg: number, headingDeg: number | undefined): Direction {
  if (headingDeg === undefined) return null
  const apart = Math.abs(((headingDeg - courseDeg + 540) % 360) - 180)
  if (apart <= alongDeg) return 'forth'
  return apart >= 180 - alongDeg ? 'back' : null
}

function routeAt(routes: readonly RouteLine[], { place, track, knownRouteId }: BusTrack): RouteLine | undefined {
  const places = spread(track, place)
  const near = routes
    .filter((route) => onLine(place, route.line).offM <= onRouteM)
    .map((route) => ({ route, offM: meanOffM(places, route) }))
    .sort((a, b) => a.offM - b.offM)
  const [best, second] = near
  if (best === undefined) return undefined
  const known = near.find(({ route }) => route.id === knownRouteId)
  if (known !== undefined && known.offM <= best.offM + betterByM) return known.route
  return second !== undefined && second.offM - best.offM < alikeM ? undefined : best.route
}

/**
 * Finds the route that a bus drives on by where it has been in the last minutes, for nothing that it sends says so.
 * `undefined`: it is on none, or on a street of several and nobody can say which.
 */
export function routePosition(routes: readonly RouteLine[], bus: BusTrack): RoutePosition | undefined {
  const route = routeAt(routes, bus)
  if (route === undefined) return undefined
  const { alongM, courseDeg } = onLine(bus.place, route.line)
  const share = route.lengthM === 0 ? 0 : Math.min(1, alongM / route.lengthM)
  const direction = directionOn(route, bus.track) ?? directionByCourse(courseDeg, bus.headingDeg)
  return { routeId: route.id, share, direction }
}

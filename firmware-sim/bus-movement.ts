import type { BusRoute, BusStop, LonLat } from '../contract/site/schema.ts'
import { createPath, metresBetween, type Path } from './geo.ts'

export interface BusPosition {
  position: LonLat
  speedKmh: number
  headingDeg: number
}

/** What a bus accelerates and brakes with, m/s²: a comfortable ride for people who stand. */
const accelerationMs2 = 0.8
const dwellS = 20
const layoverS = 90
/** It comes to a halt at a corner sharper than this, and looks. */
const sharpDeg = 60
const cornerS = 3
/** A corner this near to a stop needs no halt of its own, m. */
const sameHaltM = 50
/** Ends closer together than this make the route a ring, m. */
const ringClosesWithinM = 50

interface Leg {
  startS: number
  driveS: number
  fromM: number
  lengthM: number
  /** 1 along the line, -1 on the way back. */
  direction: 1 | -1
}

export interface Timetable {
  /** One whole round, s. */
  periodS: number
  /** Where a bus is, so many seconds after it began a round. */
  at: (secondS: number) => BusPosition
}

/**
 * A bus's endless round: from stop to stop, accelerating and braking, waiting at each; to the end and back again, or
 * around if the route is a ring. A pure function of time, so that it goes on rightly through any gap.
 */
export function createTimetable({
  route,
  stops,
  cruiseKmh,
}: {
  route: BusRoute
  stops: readonly BusStop[]
  cruiseKmh: number
}): Timetable {
  const line = route.geometry.coordinates
  const path = createPath(line)
  const halts = haltsOf(path, stops)
  const there = pairs(halts).map(([from, to]) => ({ from, to, direction: 1 as const }))
  const back = pairs(halts.toReversed()).map(([from, to]) => ({ from, to, direction: -1 as const }))
  const legs: Leg[] = []
  let clockS = 0
  for (const { from, to, direction } of isRing(line) ? there : [...there, ...back]) {
    const lengthM = Math.abs(to.atM - from.atM)
    const driveS = driveSeconds(lengthM, cruiseKmh / 3.6)
    legs.push({ startS: clockS, driveS, fromM: from.atM, lengthM, direction })
    clockS += driveS + to.waitS
  }
  return { periodS: clockS, at: (secondS) => positionOn({ path, legs, cruiseMs: cruiseKmh / 3.6 }, secondS % clockS) }
}

function isRing(line: readonly LonLat[]): boolean {
  const [first, last] = [line[0], line.at(-1)]
  return first !== undefined && last !== undefined && metresBetween(first, last) < ringClosesWithinM
}

interface Halt {
  atM: number
  waitS: number
}

/** Where it stands still on its way: both ends, its stops, sharp corners. */
function haltsOf({ lengthM, bends }: Path, stops: readonly BusStop[]): Halt[] {
  const ends = [0, lengthM].map((atM) => ({ atM, waitS: layoverS }))
  const away = (halts: readonly Halt[]) => (one: Halt) => halts.every(({ atM }) => Math.abs(atM - one.atM) > sameHaltM)
  const atStops = stops.map(({ properties }) => ({ atM: properties.distanceM, waitS: dwellS })).filter(away(ends))
  const atCorners = bends
    .filter(({ turnDeg }) => turnDeg > sharpDeg)
    .map(({ atM }) => ({ atM, waitS: cornerS }))
    .filter(away(ends))
  const cornersAlone = atCorners.filter(away(atStops))
  return [...ends, ...atStops, ...cornersAlone].sort((a, b) => a.atM - b.atM)
}

function pairs(halts: readonly Halt[]): [Halt, Halt][] {
  return halts.flatMap((to, index) => {
    const from = halts[index - 1]
    return from === undefined ? [] : [[from, to] satisfies [Halt, Halt]]
  })
}

/** Up to speed, on, and down again; a short leg never reaches its cruising speed. */
function driveSeconds(lengthM: number, cruiseMs: number): number {
  const rampsM = cruiseMs ** 2 / accelerationMs2
  if (lengthM < rampsM) return 2 * Math.sqrt(lengthM / accelerationMs2)
  return lengthM / cruiseMs + cruiseMs / accelerationMs2
}

function positionOn(bus: { path: Path; legs: readonly Leg[]; cruiseMs: number }, secondS: number): BusPosition {
  const leg = bus.legs.findLast(({ startS }) => startS <= secondS) ?? bus.legs[0]
  if (leg === undefined) throw new RangeError('a timetable needs a leg')
  const { drivenM, speedMs } = drive(leg, Math.min(secondS - leg.startS, leg.driveS), bus.cruiseMs)
  const { position, headingDeg } = bus.path.at(leg.fromM + leg.direction * drivenM)
  return {
    position,
    speedKmh: speedMs * 3.6,
    headingDeg: leg.direction === 1 ? headingDeg : (headingDeg + 180) % 360,
  }
}

function drive({ lengthM, driveS }: Leg, elapsedS: number, cruiseMs: number): { drivenM: number; speedMs: number } {
  const peakMs = Math.min(cruiseMs, Math.sqrt(lengthM * accelerationMs2))
  const rampS = peakMs / accelerationMs2
  const rampM = (peakMs * rampS) / 2
  if (elapsedS < rampS) {
    return { drivenM: (accelerationMs2 * elapsedS ** 2) / 2, speedMs: accelerationMs2 * elapsedS }
  }
  const leftS = driveS - elapsedS
  if (leftS < rampS) {
    return { drivenM: lengthM - (accelerationMs2 * leftS ** 2) / 2, speedMs: accelerationMs2 * leftS }
  }
  return { drivenM: rampM + peakMs * (elapsedS - rampS), speedMs: peakMs }
}

import { areaAt, type LonLat, type Site } from '../../contract/site/schema.ts'
import { createPath, metresBetween, metresToLine, shifted } from '../geo.ts'
import type { Random } from '../random.ts'

/** A place on land where something can stand. */
export interface Spot {
  name: string
  position: LonLat
  areaCode: string
}

/** Nothing but a bridge or a gauge stands closer to a river's middle than this, m. */
const bankM = 15
/** Poles stand beside the lane, m from its middle. */
const kerbM = 7

/** `Jalan Jenderal Sudirman` as a sign has it: `Jl. Jenderal Sudirman`. */
function streetSign(name: string): string {
  return name.replace(/^Jalan /, 'Jl. ')
}

/** Whether a position lies in the city and not in a river; its kelurahan, or `undefined`. */
function landAt(site: Site, [lon, lat]: LonLat): string | undefined {
  const wet = site.rivers.features.some(({ geometry }) => metresToLine([lon, lat], geometry.coordinates) < bankM)
  return wet ? undefined : areaAt(site, lat, lon)
}

export function rounded([lon, lat]: LonLat): LonLat {
  return [Math.round(lon * 1e5) / 1e5, Math.round(lat * 1e5) / 1e5]
}

/** A spot on land within so many metres; the position itself if nothing else is found near it. */
export function spotNear(site: Site, { name, position, areaCode }: Spot, radiusM: number, random: Random): Spot {
  for (let attempt = 0; attempt < 30; attempt += 1) {
    const [eastM, northM] = [(2 * random() - 1) * radiusM, (2 * random() - 1) * radiusM]
    const tried = rounded(shifted(position, eastM, northM))
    if (landAt(site, tried) === areaCode) return { name, position: tried, areaCode }
  }
  return { name, position, areaCode }
}

/** Spots along every street that is no motorway, on alternate sides, named after it. */
export function streetSpots(site: Site, everyM: number): Spot[] {
  return site.streets.features
    .filter(({ properties }) => properties.class !== 'motorway' && properties.name.startsWith('Jalan '))
    .flatMap(({ geometry, properties }) => {
      const path = createPath(geometry.coordinates)
      const count = Math.floor(path.lengthM / everyM)
      return Array.from({ length: count }, (_, index) => {
        const { position, headingDeg } = path.at((index + 0.5) * everyM)
        const side = ((headingDeg + (index % 2 === 0 ? 90 : 270)) * Math.PI) / 180
        const beside = rounded(shifted(position, kerbM * Math.sin(side), kerbM * Math.cos(side)))
        return { name: streetSign(properties.name), position: beside, areaCode: landAt(site, beside) }
      })
    })
    .flatMap(({ name, position, areaCode }) => (areaCode === undefined ? [] : [{ name, position, areaCode }]))
}

/** Streets meet where the end or bend of one lies on another, m. */
const meetsWithinM = 15
const sameJunctionM = 80

/** Where streets of different names meet, each junction once. A stretch called `Simpang …` names its own junctions. */
export function junctions(site: Site): Spot[] {
  const streets = site.streets.features.filter(({ properties }) => properties.class !== 'motorway')
  const meetings = streets.flatMap((street) =>
    streets.flatMap((other) => {
      const spot = meetingOf(site, street, other)
      return spot === undefined ? [] : [spot]
    }),
  )
  return meetings.filter(
    ({ position }, index) =>
      !meetings.slice(0, index).some((earlier) => metresBetween(earlier.position, position) < sameJunctionM),
  )
}

type Street = Site['streets']['features'][number]

function meetingOf(site: Site, street: Street, other: Street): Spot | undefined {
  if (other.properties.name === street.properties.name) return undefined
  const position = street.geometry.coordinates.find(
    (corner) => metresToLine(corner, other.geometry.coordinates) < meetsWithinM,
  )
  if (position === undefined) return undefined
  const areaCode = areaAt(site, position[1], position[0])
  if (areaCode === undefined) return undefined
  return { name: junctionName(street.properties.name, other.properties.name), position, areaCode }
}

function junctionName(street: string, other: string): string {
  const named = [street, other].find((name) => name.startsWith('Simpang '))
  if (named !== undefined) return named
  const short = (name: string) => name.replace(/^Jalan (Jenderal |Tengku |Sultan )?| \(.*\)/g, '')
  return `Simpang ${short(street)}–${short(other)}`
}

/** The named places of the site, those of the given types only. */
export function placeSpots(site: Site, types: readonly string[]): Spot[] {
  return site.places.features
    .filter(({ properties }) => types.includes(properties.type))
    .map(({ geometry, properties }) => ({
      name: properties.name,
      position: geometry.coordinates,
      areaCode: properties.areaCode,
    }))
}

/** So many of the spots, spread evenly over all of them. */
export function spread(spots: readonly Spot[], count: number): Spot[] {
  const step = spots.length / count
  return Array.from(
    { length: Math.min(count, spots.length) },
    (_, index) => spots[Math.floor(index * Math.max(1, step))],
  ).filter((spot) => spot !== undefined)
}

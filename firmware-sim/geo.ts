import type { LonLat } from '../contract/site/schema.ts'
import { distanceM, distanceToLineM, metresPerDegree, type Place } from '../domain/geo/geo.ts'

const radians = Math.PI / 180

const placeOf = ([lon, lat]: LonLat): Place => ({ lat, lon })

/** Metres between two positions. */
export function metresBetween(from: LonLat, to: LonLat): number {
  return distanceM(placeOf(from), placeOf(to))
}

/** Compass direction from one position to another, 0 (north) to 360. */
function bearingDeg([fromLon, fromLat]: LonLat, [toLon, toLat]: LonLat): number {
  const east = (toLon - fromLon) * Math.cos(((fromLat + toLat) / 2) * radians)
  return (Math.atan2(east, toLat - fromLat) / radians + 360) % 360
}

/** The position so many metres east and north of another. */
export function shifted([lon, lat]: LonLat, eastM: number, northM: number): LonLat {
  return [lon + eastM / (metresPerDegree * Math.cos(lat * radians)), lat + northM / metresPerDegree]
}

/** Metres from a position to the nearest point of a line. */
export function metresToLine(position: LonLat, line: readonly LonLat[]): number {
  return distanceToLineM(placeOf(position), line)
}

interface PathPoint {
  position: LonLat
  headingDeg: number
}

export interface Path {
  lengthM: number
  /** The point so many metres from the beginning, and the direction of the line there. */
  at: (distance: number) => PathPoint
  /** Distances of its bends, and by how many degrees it turns there, 0 to 180. */
  bends: readonly { atM: number; turnDeg: number }[]
}

/** A line that can be walked along. Throws RangeError for one without length. */
export function createPath(line: readonly LonLat[]): Path {
  const segments: { startM: number; lengthM: number; from: LonLat; to: LonLat; headingDeg: number }[] = []
  let lengthM = 0
  for (const [index, to] of line.entries()) {
    const from = line[index - 1]
    if (from === undefined) continue
    const segmentM = metresBetween(from, to)
    if (segmentM === 0) continue
    segments.push({ startM: lengthM, lengthM: segmentM, from, to, headingDeg: bearingDeg(from, to) })
    lengthM += segmentM
  }
  const first = segments[0]
  if (first === undefined) throw new RangeError('a path needs two different positions')
  const bends = segments.slice(1).map(({ startM, headingDeg }, index) => {
    const turn = Math.abs(headingDeg - (segments[index]?.headingDeg ?? headingDeg))
    return { atM: startM, turnDeg: Math.min(turn, 360 - turn) }
  })
  return {
    lengthM,
    bends,
    at(distance) {
      const segment = segments.findLast(({ startM }) => startM <= distance) ?? first
      const share = Math.min(1, Math.max(0, (distance - segment.startM) / segment.lengthM))
      const [fromLon, fromLat] = segment.from
      const [toLon, toLat] = segment.to
      return {
        position: [fromLon + (toLon - fromLon) * share, fromLat + (toLat - fromLat) * share],
        headingDeg: segment.headingDeg,
      }
    },
  }
}

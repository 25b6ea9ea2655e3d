/** Straight distances within one city, where the earth may be taken as flat between two points. */
const metresPerDegree = 111_320

export interface Place {
  lat: number
  lon: number
}

/** Metres between two places; good to 0.1 % over a city. */
export function distanceM(a: Place, b: Place): number {
  const x = (b.lon - a.lon) * Math.cos((((a.lat + b.lat) / 2) * Math.PI) / 180)
  return Math.hypot(x, b.lat - a.lat) * metresPerDegree
}

/** Metres from a place to the nearest point of a line of [lon, lat]. */
export function distanceToLineM(place: Place, line: readonly (readonly number[])[]): number {
  const scale = Math.cos((place.lat * Math.PI) / 180)
  let least = Number.POSITIVE_INFINITY
  for (let i = 1; i < line.length; i++) {
    const [x1, y1] = local(line[i - 1], place, scale)
    const [x2, y2] = local(line[i], place, scale)
    const lengthSquared = (x2 - x1) ** 2 + (y2 - y1) ** 2
    const along = lengthSquared === 0 ? 0 : -(x1 * (x2 - x1) + y1 * (y2 - y1)) / lengthSquared
    const t = Math.max(0, Math.min(1, along))
    least = Math.min(least, Math.hypot(x1 + t * (x2 - x1), y1 + t * (y2 - y1)))
  }
  return least
}

function local(position: readonly number[] | undefined, origin: Place, scale: number): [number, number] {
  const [lon = origin.lon, lat = origin.lat] = position ?? []
  return [(lon - origin.lon) * scale * metresPerDegree, (lat - origin.lat) * metresPerDegree]
}

/** Metres of a degree of latitude; within one city the earth is flat. */
export const metresPerDegree = 111_320

export interface Place {
  lat: number
  lon: number
}

/** Metres between two places; good to 0.1 % over a city. */
export function distanceM(a: Place, b: Place): number {
  const x = (b.lon - a.lon) * Math.cos((((a.lat + b.lat) / 2) * Math.PI) / 180)
  return Math.hypot(x, b.lat - a.lat) * metresPerDegree
}

/** Place of something on a line of [lon, lat]. */
export interface OnLine {
  /** From the line's first position to the nearest point of it, m. */
  alongM: number
  /** From the place to that point, m. */
  offM: number
  /** Of the line at that point, degrees clockwise from north. */
  courseDeg: number
}

export function onLine(place: Place, line: readonly (readonly number[])[]): OnLine {
  const scale = Math.cos((place.lat * Math.PI) / 180)
  let best: OnLine = { alongM: 0, offM: Number.POSITIVE_INFINITY, courseDeg: 0 }
  let passedM = 0
  for (let i = 1; i < line.length; i++) {
    const [x1, y1] = local(line[i - 1], place, scale)
    const [x2, y2] = local(line[i], place, scale)
    const lengthM = Math.hypot(x2 - x1, y2 - y1)
    const along = lengthM === 0 ? 0 : -(x1 * (x2 - x1) + y1 * (y2 - y1)) / lengthM ** 2
    const t = Math.max(0, Math.min(1, along))
    const offM = Math.hypot(x1 + t * (x2 - x1), y1 + t * (y2 - y1))
    if (offM < best.offM) {
      const courseDeg = ((Math.atan2(x2 - x1, y2 - y1) * 180) / Math.PI + 360) % 360
      best = { alongM: passedM + t * lengthM, offM, courseDeg }
    }
    passedM += lengthM
  }
  return best
}

/** Metres from a place to the nearest point of a line of [lon, lat]. */
export function distanceToLineM(place: Place, line: readonly (readonly number[])[]): number {
  return onLine(place, line).offM
}

/** Length of a line of [lon, lat], m. */
export function lineLengthM(line: readonly (readonly number[])[]): number {
  let sum = 0
  for (let i = 1; i < line.length; i++) {
    const [from, to] = [line[i - 1], line[i]]
    if (from !== undefined && to !== undefined)
      sum += distanceM({ lon: from[0] ?? 0, lat: from[1] ?? 0 }, { lon: to[0] ?? 0, lat: to[1] ?? 0 })
  }
  return sum
}

function local(position: readonly number[] | undefined, origin: Place, scale: number): [number, number] {
  const [lon = origin.lon, lat = origin.lat] = position ?? []
  return [(lon - origin.lon) * scale * metresPerDegree, (lat - origin.lat) * metresPerDegree]
}

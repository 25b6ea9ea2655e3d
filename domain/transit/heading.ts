/** Slower than this a heading says nothing. */
const minSpeedKmh = 5

/** Heading of a vehicle that drives, degrees clockwise from north; `null` while it stands or tells none. */
export function drivenHeading(told: { speedKmh: number | null; headingDeg: number | null }): number | null {
  return (told.speedKmh ?? 0) >= minSpeedKmh ? told.headingDeg : null
}

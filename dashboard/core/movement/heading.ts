import { drivenHeading } from '../../../domain/transit/heading.ts'
import type { SeenDevice } from '../city/city.ts'
import type { Moment } from '../city/live.ts'
import { presentValue } from '../city/present-value.ts'

/** Where a device says that it drives to now, degrees clockwise from north; `undefined` while it stands or does not say. */
export function headingOf(device: SeenDevice, moment: Moment): number | undefined {
  const speedKmh = presentValue(device, 'speed_kmh', moment)
  const headingDeg = presentValue(device, 'heading_deg', moment)
  return drivenHeading({ speedKmh, headingDeg }) ?? undefined
}

import { isLive } from '../../../domain/device-state.ts'
import type { SeenDevice } from '../city/city.ts'
import { type Moment, renderLive } from '../city/live.ts'

/** Slower than this a heading says nothing. */
const minSpeedKmh = 5

function present(device: SeenDevice, metric: string, moment: Moment): number | undefined {
  const live = device.metrics.get(metric)
  if (live === undefined) return undefined
  const drawn = renderLive(live, moment)
  return drawn.shown && !drawn.fault && isLive(drawn.state) && typeof drawn.value === 'number' ? drawn.value : undefined
}

/** Where a device says that it drives to now, degrees clockwise from north; `undefined` while it stands or does not say. */
export function headingOf(device: SeenDevice, moment: Moment): number | undefined {
  const speedKmh = present(device, 'speed_kmh', moment)
  return speedKmh !== undefined && speedKmh >= minSpeedKmh ? present(device, 'heading_deg', moment) : undefined
}

import { isLive } from '../../../domain/device-state.ts'
import type { CityView, SeenDevice } from './city.ts'
import { type Live, type Moment, renderLive } from './live.ts'

/** One value of one device, picked for a tile. */
export interface Readout {
  device: SeenDevice
  live: Live<number | boolean>
}

/** The number inside, only where the value may count as the present. */
function presentNumber(live: Live<number | boolean>, moment: Moment): number | undefined {
  const drawn = renderLive(live, moment)
  if (!drawn.shown || drawn.fault || typeof drawn.value !== 'number') return undefined
  return isLive(drawn.state) ? drawn.value : undefined
}

/** The device with the highest present value of a metric; where none is present, the one measured last. */
export function highest(city: CityView, devices: readonly SeenDevice[], metric: string): Readout | undefined {
  let best: { readout: Readout; rank: number } | undefined
  for (const device of devices) {
    const live = device.metrics.get(metric)
    if (live === undefined) continue
    const present = presentNumber(live, city.moment)
    // Any present value ranks before any past one.
    const rank = present ?? (device.measuredAtMs ?? 0) - Number.MAX_SAFE_INTEGER
    if (best === undefined || rank > best.rank) best = { readout: { device, live }, rank }
  }
  return best?.readout
}

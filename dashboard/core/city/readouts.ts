import type { CityView, SeenDevice } from './city.ts'
import type { Live } from './live.ts'
import { presentValue } from './present-value.ts'

/** One value of one device, picked for a tile. */
export interface Readout {
  device: SeenDevice
  live: Live<number | boolean>
}

/** The device with the highest present value of a metric; where none is present, the one measured last. */
export function highest(city: CityView, devices: readonly SeenDevice[], metric: string): Readout | undefined {
  let best: { readout: Readout; rank: number } | undefined
  for (const device of devices) {
    const live = device.metrics.get(metric)
    if (live === undefined) continue
    const present = presentValue(device, metric, city.moment)
    // Any present value ranks before any past one.
    const rank = present ?? (device.measuredAtMs ?? 0) - Number.MAX_SAFE_INTEGER
    if (best === undefined || rank > best.rank) best = { readout: { device, live }, rank }
  }
  return best?.readout
}

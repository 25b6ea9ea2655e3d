import { presentNumber } from '../../../domain/present-value.ts'
import type { SeenDevice } from './city.ts'
import { type Moment, renderLive } from './live.ts'

/** Number of a metric that may count as the present; `null` where the device tells none. */
export function presentValue({ metrics }: Pick<SeenDevice, 'metrics'>, metric: string, moment: Moment): number | null {
  const live = metrics.get(metric)
  if (live === undefined) return null
  const drawn = renderLive(live, moment)
  return drawn.shown ? presentNumber(drawn) : null
}

/** When a metric was measured last, ms; `null`: it never was. */
export function measuredMs({ metrics }: Pick<SeenDevice, 'metrics'>, metric: string, moment: Moment): number | null {
  const live = metrics.get(metric)
  return live === undefined ? null : renderLive(live, moment).measuredAtMs
}

import { type WaterView, waterViews } from '../../../domain/rivers/river-posts.ts'
import { levelMetric } from '../../../domain/rivers/siaga.ts'
import type { SeenDevice } from '../city/city.ts'
import type { Moment } from '../city/live.ts'
import { presentByHand } from '../city/manual.ts'
import { measuredMs, presentValue } from '../city/present-value.ts'

/** A post with the gauge as a page may show it. */
export type SeenWater = WaterView<SeenDevice>

type Options = Parameters<typeof waterViews<SeenDevice>>[0]

/** All posts of all rivers as a page sees them at a moment. */
export function seenWaters({
  moment,
  ...options
}: Omit<Options, 'nowMs' | 'levelOf' | 'byHandOf'> & { moment: Moment }): SeenWater[] {
  const levelOf = (gauge: SeenDevice) => presentValue(gauge, levelMetric, moment)
  const byHandOf = (gauge: SeenDevice) => {
    const read = presentByHand(gauge.manual, levelMetric, moment)
    // A gauge that went silent with the flood knew better than whoever read the staff before it.
    if (read === null || read.atMs <= (measuredMs(gauge, levelMetric, moment) ?? 0)) return null
    return { levelM: read.value, atMs: read.atMs }
  }
  return waterViews({ ...options, nowMs: moment.nowMs, levelOf, byHandOf })
}

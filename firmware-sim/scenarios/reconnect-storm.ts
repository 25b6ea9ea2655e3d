import { sample } from '../random.ts'
import { ids, numberParam, type Scenario } from '../scenario.ts'

/** Every connection breaks at the same moment, and all come back: what a broker's restart or a core switch does. */
export const reconnectStorm: Scenario = {
  id: 'reconnect-storm',
  durationS: 3,
  params: { share: 'of the fleet, 0 to 1' },
  begin({ fleet, random, params }) {
    const hit = sample(fleet, Math.round(numberParam(params, 'share', 1) * fleet.length), random)
    return {
      story: `${hit.length} connections break at once`,
      devices: ids(hit),
      link: () => 'no-network',
    }
  },
}

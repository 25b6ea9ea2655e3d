import { sample } from '../random.ts'
import { ids, numberParam, type Scenario } from '../scenario.ts'

/** Nothing else hangs on these, so that one that is broken takes nothing along. */
const ordinary = ['ip-camera', 'street-light', 'waste-bin', 'traffic-counter', 'air-quality']

/** Long enough to have been heard of once. */
const breaksAfterS = 60

/** No city is whole: a few devices are broken, a few are connected but silent, a few report every other time. */
export const wear: Scenario = {
  id: 'wear',
  durationS: 86_400,
  params: { share: 'of ordinary devices with a fault, 0 to 1' },
  begin({ fleet, random, params }) {
    const candidates = fleet.filter(({ profile }) => ordinary.includes(profile))
    const worn = sample(candidates, Math.round(numberParam(params, 'share', 0.03) * candidates.length), random)
    const faults = new Map(worn.map(({ id }, index) => [id, index % 3]))
    const turns = new Map<string, number>()
    return {
      story: `worn out: ${worn.length} devices are broken, silent or slow`,
      devices: ids(worn),
      link: ({ id }, { elapsedS }) => (faults.get(id) === 0 && elapsedS > breaksAfterS ? 'no-power' : 'up'),
      mute({ id }) {
        const turn = (turns.get(id) ?? 0) + 1
        turns.set(id, turn)
        return faults.get(id) === 1 ? turn > 1 : turn % 2 === 0
      },
    }
  },
}

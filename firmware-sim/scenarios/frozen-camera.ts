import { sample } from '../random.ts'
import { ids, numberParam, type Scenario } from '../scenario.ts'

/** Cameras whose stream looks healthy while the picture stands still: every figure is good but the age of the frame. */
export const frozenCamera: Scenario = {
  id: 'frozen-camera',
  durationS: 600,
  params: { count: 'how many cameras' },
  begin({ fleet, random, params }) {
    const cameras = fleet.filter(({ profile }) => profile === 'ip-camera')
    const frozen = sample(cameras, numberParam(params, 'count', 2), random)
    return {
      story: `the picture stands still: ${frozen.map(({ name }) => name).join(', ')}`,
      devices: ids(frozen),
      distort: (_, { elapsedS }, metrics) => ({ ...metrics, frame_age_s: Math.max(1, Math.round(elapsedS)) }),
    }
  },
}

import { findProfile } from '../../contract/profiles/index.ts'
import { sample } from '../random.ts'
import { ids, numberParam, type Scenario } from '../scenario.ts'

/** Slower devices would hardly be noticed. */
const talkativeS = 60

/** What broken firmware sends: cut off, not JSON at all, words for numbers, figures from a sensor that is not there. */
const mistakes: ((payload: string) => string)[] = [
  (payload) => payload.slice(0, Math.ceil(payload.length / 2)),
  () => 'ERR 0x1F sensor timeout',
  (payload) => payload.replace(/:(-?\d+(\.\d+)?)([,}])/g, ':"rusak"$3'),
  (payload) => payload.replace(/:(-?\d+(\.\d+)?)([,}])/g, ':-99999$3'),
  () => '[]',
  () => '{"ts":"kemarin","temperature_c":27.1}',
  () => '\u0000\u0001\u0002',
]

/** Devices that send what no reading can be made of; each makes every mistake in turn. */
export const garbage: Scenario = {
  id: 'garbage',
  durationS: 120,
  params: { count: 'how many devices' },
  begin({ fleet, random, params }) {
    const broken = sample(
      fleet.filter(({ kind, profile }) => kind !== 'gateway' && (findProfile(profile)?.expectedS ?? 0) <= talkativeS),
      numberParam(params, 'count', 2),
      random,
    )
    const turns = new Map(broken.map(({ id }, index) => [id, index]))
    return {
      story: `broken firmware sends nonsense: ${broken.map(({ name }) => name).join(', ')}`,
      devices: ids(broken),
      corrupt({ id }, _, payload) {
        const turn = turns.get(id) ?? 0
        turns.set(id, turn + 1)
        return mistakes[turn % mistakes.length]?.(payload) ?? payload
      },
    }
  },
}

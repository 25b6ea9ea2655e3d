import { deviceStates } from '../../../contract/state.ts'
import type { SeenDevice } from '../../core/city/city.ts'
import type { Moment } from '../../core/city/live.ts'
import type { Translator } from '../../core/text/translate.ts'
import type { Cluster } from '../../map/crowd.ts'
import { stateWords } from '../../ui/state-text.tsx'

/** What stands beside a mark: names of what moves, and of what does not work with what it lacks, or without. */
export function mapLabel(device: SeenDevice, text: Translator, { nowMs, lostForMs }: Moment): readonly string[] {
  const { name, state } = device
  const { moving } = device.look
  // A frozen picture is stale as a whole: one band says so, not a label on each mark.
  if (lostForMs !== null && !moving) return []
  if (state === 'online' || state === 'late' || state === 'disabled') return moving ? [name] : []
  if (state === 'unknown') return moving ? [`${name} · ${text.t('state.unknown')}`, name] : []
  const age = device.stateSinceMs === null ? '' : ` ${text.age(nowMs - device.stateSinceMs)}`
  const words =
    state === 'stale' || state === 'frozen' ? stateWords(device, text, nowMs) : text.t(`state.${state}`) + age
  return [`${name} · ${words}`, name]
}

/** `37 Panel lampu berdekatan: 35 langsung, 2 tak ada data` */
export function clusterWords({ members, worst }: Cluster, text: Translator): string {
  const states = deviceStates.flatMap((state) => {
    const count = members.filter((member) => member.state === state).length
    return count === 0 ? [] : [`${text.number(count)} ${text.t(`state.${state}`)}`]
  })
  const kind = text.profile(worst.look)
  return text.t('map.cluster', { n: text.number(members.length), kind, states: states.join(', ') })
}

import type { Profile } from '../../contract/profile.ts'
import type { Metrics } from '../../contract/reading.ts'
import type { DeviceLiveState } from '../device-state.ts'

/** Whether a device stands still though it sends, by the rule of its profile. Call once per live reading, in order. */
export function followFrozen(memory: DeviceLiveState, metrics: Metrics, profile: Profile | undefined): void {
  const rule = profile?.frozen
  if (rule === undefined) return
  if ('metric' in rule) {
    const value = metrics[rule.metric]
    if (typeof value === 'number') memory.frozen = value > rule.above
    return
  }
  if (rule.same.some((metric) => metrics[metric] === undefined)) return
  const key = rule.same.map((metric) => String(metrics[metric])).join(' ')
  memory.sameTimes = key === memory.sameKey ? memory.sameTimes + 1 : 1
  memory.sameKey = key
  memory.frozen = memory.sameTimes >= rule.times
}

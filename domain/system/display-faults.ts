import type { Display } from '../../contract/http/displays.ts'
import { dayMs } from '../../contract/time.ts'
import type { SystemFault } from './system-faults.ts'

/** A display that has been away for longer than this was put away, and is no news. */
const oldNewsMs = dayMs

/** More than the display itself use its identity: one that has gone has none left. */
export const hasStranger = ({ state, connections }: Pick<Display, 'state' | 'connections'>): boolean =>
  connections > (state === 'gone' ? 0 : 1)

/** Faults of displays that stand still, have gone, or share their identity; every other display says so. */
export function displayFaults(displays: readonly Display[], nowMs: number): SystemFault[] {
  const several = displays
    .filter(hasStranger)
    .map(({ name, connections: n }): SystemFault => ({ code: 'display.several', name, n }))
  const still = displays.flatMap(({ name, state, stateSince }): SystemFault[] => {
    if (state !== 'frozen' && state !== 'gone') return []
    const forMs = stateSince === null ? 0 : Math.max(0, nowMs - Date.parse(stateSince))
    return forMs > oldNewsMs ? [] : [{ code: `display.${state}`, name, forMs }]
  })
  return [...several, ...still]
}

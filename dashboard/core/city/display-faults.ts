import type { Display } from '../../../contract/http/displays.ts'
import type { Translator } from '../text/translate.ts'
import type { SystemFault } from './system-faults.ts'

/** A screen that has been away for longer than this was put away, and is no news. */
const oldNewsMs = 86_400_000

/** More than the screen itself use its identity: one that has gone has none left. */
export const hasStranger = ({ state, connections }: Pick<Display, 'state' | 'connections'>): boolean =>
  connections > (state === 'gone' ? 0 : 1)

/** Screens of the wall that stand still, have gone, or are not one; every other screen says so. */
export function displayFaults(displays: readonly Display[], nowMs: number, age: Translator['age']): SystemFault[] {
  const several = displays
    .filter(hasStranger)
    .map(({ name, connections: n }): SystemFault => ({ key: 'own.display.several', params: { name, n } }))
  const still = displays.flatMap(({ name, state, stateSince }): SystemFault[] => {
    if (state !== 'frozen' && state !== 'gone') return []
    const forMs = stateSince === null ? 0 : Math.max(0, nowMs - Date.parse(stateSince))
    if (forMs > oldNewsMs) return []
    return [{ key: `own.display.${state}`, params: { name, age: age(forMs) } }]
  })
  return [...several, ...still]
}

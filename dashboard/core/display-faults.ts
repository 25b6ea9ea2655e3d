import type { Display } from '../../contract/displays.ts'
import type { OwnFault } from './own-faults.ts'
import type { Translator } from './translate.ts'

/** A screen that has been away for longer than this was put away, and is no news. */
const oldNewsMs = 86_400_000

/** Screens of the wall that stand still or have gone; every other screen says so. */
export function displayFaults(displays: readonly Display[], nowMs: number, age: Translator['age']): OwnFault[] {
  return displays.flatMap(({ name, state, stateSince }): OwnFault[] => {
    if (state !== 'frozen' && state !== 'gone') return []
    const forMs = stateSince === null ? 0 : Math.max(0, nowMs - Date.parse(stateSince))
    if (forMs > oldNewsMs) return []
    return [{ key: `own.display.${state}`, params: { name, age: age(forMs) } }]
  })
}

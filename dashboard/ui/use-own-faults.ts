import { displayFaults } from '../core/display-faults.ts'
import { type OwnFault, ownFaults } from '../core/own-faults.ts'
import { useCity, useCore, useObservable, useText } from './core-context.tsx'

/** Faults of our own: of the parts behind the picture, of the other screens, and of this page. */
export function useOwnFaults(): OwnFault[] {
  const core = useCore()
  const text = useText()
  const { nowMs } = useCity().moment
  const flow = useObservable(core.flow)
  const displays = useObservable(core.displays)
  const page = useObservable(core.upkeep.fault)
  const found = [...ownFaults(flow?.pipeline, nowMs), ...displayFaults(displays, nowMs, text.age)]
  return page === null ? found : [...found, page]
}

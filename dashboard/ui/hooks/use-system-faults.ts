import { displayFaults } from '../../../domain/system/display-faults.ts'
import { systemFaults } from '../../../domain/system/system-faults.ts'
import { type ShownFault, shownFault } from '../../core/city/fault-words.ts'
import { useCity, useCore, useObservable, useText } from '../core-context.tsx'
import { usePresentFlow } from './use-present-flow.ts'

/** Faults of our own: of the parts behind the picture, of the other displays, and of this page. */
export function useSystemFaults(): ShownFault[] {
  const core = useCore()
  const text = useText()
  const { moment, presence } = useCity()
  const flow = usePresentFlow()
  const displays = useObservable(core.displays)
  const page = useObservable(core.upkeep.fault)
  // What the server told of others is not the present once it is away.
  const others = presence === 'present' ? displayFaults(displays ?? [], moment.nowMs) : []
  const found = [...systemFaults(flow?.pipeline, moment.nowMs), ...others].map((fault) => shownFault(fault, text.age))
  return page === null ? found : [...found, page]
}

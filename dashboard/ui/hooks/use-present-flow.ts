import type { Flow } from '../../../domain/system/data-flow.ts'
import { useCity, useCore, useObservable } from '../core-context.tsx'

/** The counters while they are fed; what they said before the server went away is not the present. */
export function usePresentFlow(): Flow | null {
  const { moment } = useCity()
  const flow = useObservable(useCore().flow)
  return moment.lostForMs === null ? flow : null
}

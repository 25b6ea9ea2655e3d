import type { DeviceState } from '../../../contract/state.ts'
import type { StripBus } from '../../core/movement/bus-lines.ts'
import { Wrench } from '../../ui/state-mark.tsx'

/** A bus on its strip: which way it goes by its form, its state by fill, outline and sign. */
export function StripMark({ state, direction }: { state: DeviceState; direction: StripBus['direction'] }) {
  return (
    <svg className="strip-mark" data-mark={state} viewBox="-10 -10 20 20" aria-hidden="true">
      {direction === null ? (
        <circle r="6.5" className="strip-body" />
      ) : (
        <path d={direction === 'forth' ? 'M-7-7 8 0-7 7-3 0z' : 'M7-7-8 0 7 7 3 0z'} className="strip-body" />
      )}
      {state === 'late' && <circle r="10.5" className="mark-line thin" />}
      {state === 'frozen' && <Wrench />}
    </svg>
  )
}

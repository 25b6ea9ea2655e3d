import type { DeviceState } from '../../contract/state.ts'

/** The sign of a state: each has a form of its own, so that colour is never needed. */
export function StateMark({ state }: { state: DeviceState }) {
  return (
    <svg className="state-mark" data-mark={state} viewBox="-12 -12 24 24" aria-hidden="true">
      {forms[state]}
    </svg>
  )
}

const forms: Record<DeviceState, React.ReactNode> = {
  online: <circle r="7" className="mark-fill" />,
  late: (
    <>
      <circle r="6" className="mark-fill" />
      <circle r="10" className="mark-line thin" />
    </>
  ),
  stale: <circle r="8" className="mark-line dashed" />,
  offline: <path d="M-8-8 8 8M8-8-8 8" className="mark-line bold" />,
  frozen: <path d="M-8 6h16M-8 0h16M-8-6h16" className="mark-line bold" />,
  unknown: <path d="M-8 0h16" className="mark-line" />,
  disabled: <circle r="8" className="mark-line thin" />,
}

import type { DeviceState } from '../../contract/state.ts'

/** The sign of a state, as on the map: each has a form of its own, so that colour is never needed. */
export function StateMark({ state }: { state: DeviceState }) {
  return (
    <svg className="state-mark" data-mark={state} viewBox="-12 -12 24 24" aria-hidden="true">
      {forms[state]}
    </svg>
  )
}

/** Beside what has a fault; its jaw is at the upper right. */
export function Wrench() {
  return (
    <g transform="translate(6 -6) rotate(45)">
      <path d="M1.78-3.88A2.52 2.52 0 1 1-1.78-3.88M0 .4V6" className="mark-line" />
    </g>
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
  frozen: (
    <>
      <circle cx="-3" cy="3" r="6.5" className="mark-body" />
      <Wrench />
    </>
  ),
  unknown: (
    <>
      <circle r="7" className="mark-line thin" />
      <path d="M-12 0H12" className="mark-line" />
    </>
  ),
  disabled: (
    <>
      <circle r="9.5" className="mark-line thin" />
      <path d="M-3-5V5M3-5V5" className="mark-line" />
    </>
  ),
}

import type { ReactNode } from 'react'

/** One line of a health panel: what, and how it is. `wrong`: somebody should look at it. */
export function Fact({ name, wrong = false, children }: { name: string; wrong?: boolean; children: ReactNode }) {
  return (
    <li className="readout" data-up={!wrong}>
      <span className="readout-name">{name}</span>
      <span className="part-state">{children}</span>
    </li>
  )
}

import type { ReactNode } from 'react'
import { useText } from '../../ui/core-context.tsx'
import type { Glass, WallLayout } from './layout.ts'

export interface ScreenProps {
  glass: Glass
  /** One panel alone, by its name; all that the layout holds when absent. */
  only: string | undefined
}

/** The panels that a layout holds; where each stands is in the screen's style sheet. */
export function Panels(
  props: ScreenProps & { of: Record<string, ReactNode>; shown: Record<WallLayout, readonly string[]> },
) {
  const { of, only, glass, shown } = props
  if (only === undefined) return shown[glass.layout].map((name) => of[name])
  return Object.hasOwn(of, only) ? of[only] : <NoPanel names={Object.keys(of)} />
}

/** An address of a panel that there is not; with those that there are. */
function NoPanel({ names }: { names: readonly string[] }) {
  const text = useText()
  return (
    <section className="no-panel">
      <p>{text.t('panel.none')}</p>
      <ul>
        {names.map((name) => (
          <li key={name}>
            <a href={name}>{name}</a>
          </li>
        ))}
      </ul>
    </section>
  )
}

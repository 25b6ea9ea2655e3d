import type { ReactNode } from 'react'
import type { Subject } from '../../../domain/subject.ts'
import { useText } from '../../ui/core-context.tsx'
import { useFocus } from '../../ui/focus-link.ts'
import { PanelBoundary } from '../../ui/panel.tsx'

/** One subject of the city; opens the list of its devices. */
export function Tile(props: {
  name: string
  title: string
  subject?: Subject
  aside?: ReactNode
  children: ReactNode
}) {
  const text = useText()
  const focus = useFocus()
  const { subject } = props
  return (
    <article className="tile" data-tile={props.name}>
      <PanelBoundary>
        <header className="tile-head">
          <h3>
            {subject === undefined ? (
              props.title
            ) : (
              <button type="button" className="tile-open" onClick={() => focus.show({ group: subject })}>
                {props.title}
                <span className="hidden-text">{text.t('tile.open')}</span>
              </button>
            )}
          </h3>
          {props.aside !== undefined && <span className="tile-aside">{props.aside}</span>}
        </header>
        {props.children}
      </PanelBoundary>
    </article>
  )
}

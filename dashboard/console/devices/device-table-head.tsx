// biome-ignore-all lint/a11y/useSemanticElements: rows of a virtual list cannot stand in a table element.
// biome-ignore-all lint/a11y/useFocusableInteractive: heads do nothing.
import { useEffect, useRef } from 'react'
import { useText } from '../../ui/core-context.tsx'
import type { Choosing } from './use-row-choice.ts'

/** Chooses all that the filter shows, or nothing of it. */
function ChooseAll({ choosing }: { choosing: Choosing }) {
  const text = useText()
  const box = useRef<HTMLInputElement>(null)
  const { extent, all, none } = choosing
  useEffect(() => {
    if (box.current !== null) box.current.indeterminate = extent === 'some'
  }, [extent])
  return (
    <span role="columnheader" className="col-choice">
      <input
        ref={box}
        type="checkbox"
        aria-label={text.t('choice.all')}
        checked={extent === 'all'}
        onChange={extent === 'all' ? none : all}
      />
    </span>
  )
}

export function DeviceTableHead({ choosing }: { choosing: Choosing | undefined }) {
  const text = useText()
  return (
    <div className="table-row table-head" role="row">
      {choosing !== undefined && <ChooseAll choosing={choosing} />}
      {(['state', 'name', 'id', 'profile', 'area', 'newest'] as const).map((column) => (
        <span key={column} role="columnheader" className={`col-${column}`}>
          {text.t(`devices.column.${column}`)}
        </span>
      ))}
      <span role="columnheader" className="col-actions">
        <span className="hidden-text">{text.t('devices.column.actions')}</span>
      </span>
    </div>
  )
}

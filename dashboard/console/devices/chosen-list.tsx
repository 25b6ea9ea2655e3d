import { type KeyboardEvent, useRef, useState } from 'react'
import { useText } from '../../ui/core-context.tsx'

/** So many have a button; the rest is reached by the filters. */
const maxShown = 200

/** What is chosen. One of the buttons is in the tab order, arrow keys go on from there; each takes its device out. */
export function ChosenList(props: {
  ids: readonly string[]
  nameOf: (id: string) => string
  onRemove: (id: string) => void
}) {
  const { ids, nameOf, onRemove } = props
  const text = useText()
  const list = useRef<HTMLUListElement>(null)
  const [current, setCurrent] = useState(0)
  const ordered = ids
    .map((id) => ({ id, name: nameOf(id) }))
    .sort((a, b) => a.name.localeCompare(b.name, text.language, { numeric: true }))
  const shown = ordered.slice(0, maxShown)
  const active = Math.min(current, Math.max(0, shown.length - 1))

  function goTo(index: number): void {
    const at = Math.max(0, Math.min(shown.length - 1, index))
    setCurrent(at)
    list.current?.querySelectorAll('button')[at]?.focus()
  }

  function remove(id: string, index: number): void {
    onRemove(id)
    // Its place is taken by the next, or by the one before the last.
    const next = Math.min(index, shown.length - 2)
    if (next >= 0) requestAnimationFrame(() => goTo(next))
  }

  function onKey(event: KeyboardEvent): void {
    const steps: Record<string, number> = {
      ArrowRight: active + 1,
      ArrowDown: active + 1,
      ArrowLeft: active - 1,
      ArrowUp: active - 1,
      Home: 0,
      End: shown.length - 1,
    }
    const to = steps[event.key]
    const line = shown[active]
    if (to !== undefined) goTo(to)
    else if (event.key === 'Delete' && line !== undefined) remove(line.id, active)
    else return
    event.preventDefault()
  }

  return (
    <>
      <p className="chosen-count" aria-live="polite">
        {text.t('choice.chosen', { n: text.number(ids.length) })}
        {ids.length > maxShown && ` · ${text.t('choice.some', { n: text.number(maxShown) })}`}
      </p>
      {shown.length > 0 && (
        <ul className="chosen" ref={list} onKeyDown={onKey} aria-label={text.t('choice.list')}>
          {shown.map(({ id, name }, index) => (
            <li key={id}>
              <button
                type="button"
                className="small"
                data-chosen={id}
                title={id}
                tabIndex={index === active ? 0 : -1}
                onFocus={() => setCurrent(index)}
                onClick={() => remove(id, index)}
              >
                {name} <span aria-hidden="true">×</span>
                <span className="hidden-text"> {text.t('choice.remove')}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

import { type RefObject, useLayoutEffect, useRef, useState } from 'react'
import type { ShownFault } from '../core/city/fault-words.ts'
import { useText } from './core-context.tsx'

/**
 * Hides what does not stand whole in a list, and all past `most`. Rows have heights of their own, which are known only while
 * they are laid out: so it is this that hides them, not React.
 */
function useFitting(rows: number, most: number): { list: RefObject<HTMLUListElement | null>; shown: number } {
  const list = useRef<HTMLUListElement>(null)
  const [shown, setShown] = useState(most)
  useLayoutEffect(() => {
    const target = list.current
    if (target === null || rows === 0) return
    const measure = () => {
      const items = [...target.querySelectorAll('li')]
      for (const item of items) item.hidden = false
      const end = target.getBoundingClientRect().bottom + 1
      const over = items.findIndex((item, i) => i >= most || item.getBoundingClientRect().bottom > end)
      const fit = over < 0 ? items.length : Math.max(1, over)
      for (const [i, item] of items.entries()) item.hidden = i >= fit
      setShown(fit)
    }
    const observer = new ResizeObserver(measure)
    observer.observe(target)
    measure()
    return () => observer.disconnect()
  }, [rows, most])
  return { list, shown }
}

/** Faults of our own, the worst first, in at most so many lines if `most` is given; those for which there is no room are counted. */
export function SystemFaultList({ faults, most }: { faults: readonly ShownFault[]; most?: number }) {
  const text = useText()
  const rows = most === undefined || faults.length <= most ? faults.length : most - 1
  const { list, shown } = useFitting(faults.length, rows)
  const more = faults.length - shown
  return (
    <>
      <ul className="own-faults" ref={list}>
        {faults.map(({ key, params }) => (
          <li key={`${key} ${params?.name ?? ''}`} data-fault={key}>
            {text.t(key, params)}
          </li>
        ))}
      </ul>
      {more > 0 && <p className="own-more">{text.t('own.more', { n: text.number(more) })}</p>}
    </>
  )
}

import { useLayoutEffect, useRef, useState } from 'react'
import { useText } from '../../ui/core-context.tsx'
import { Fact } from './fact.tsx'

/** Hides the lines for which a list has no room, with room for one more that counts them; returns how many are hidden. */
function hideWhatDoesNotFit(list: HTMLElement): number {
  const lines = [...list.children].filter((line): line is HTMLElement => line instanceof HTMLElement)
  for (const line of lines) line.hidden = false
  const box = list.getBoundingClientRect()
  const heights = lines.map((line) => line.getBoundingClientRect().bottom - box.top)
  if ((heights.at(-1) ?? 0) <= box.height + 1) return 0
  const last = (lines[0]?.getBoundingClientRect().height ?? 0) + 1
  const fitting = heights.filter((bottom) => bottom + last <= box.height + 1).length
  for (const line of lines.slice(Math.max(1, fitting))) line.hidden = true
  return lines.length - Math.max(1, fitting)
}

/** Counts by name, the largest first: as many whole lines as there is room for, and how many more there are. */
export function Counts({ rows }: { rows: readonly { key: string; name: string; n: number }[] }) {
  const text = useText()
  const list = useRef<HTMLUListElement>(null)
  const [hidden, setHidden] = useState(0)
  useLayoutEffect(() => {
    const target = list.current
    if (target === null) return
    const adjust = () => setHidden(hideWhatDoesNotFit(target))
    const observer = new ResizeObserver(adjust)
    observer.observe(target)
    adjust()
    return () => observer.disconnect()
  })
  return (
    <>
      <ul className="readouts health-counts" ref={list}>
        {rows.map(({ key, name, n }) => (
          <Fact key={key} name={name}>
            {text.number(n)}
          </Fact>
        ))}
      </ul>
      {hidden > 0 && <p className="health-more">{text.t('health.more', { n: text.number(hidden) })}</p>}
    </>
  )
}

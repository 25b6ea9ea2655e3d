import { useLayoutEffect, useRef, useState } from 'react'
import { useText } from '../../ui/core-context.tsx'
import { Fact } from './fact.tsx'

/**
 * Hides the lines for which a list has no room, so that its last one, which counts them, has some. Returns how many are
 * hidden. By hand, because what fits is known only once all of it was laid out.
 */
function hideWhatDoesNotFit(list: HTMLElement): number {
  const lines = [...list.children].filter((line): line is HTMLElement => line instanceof HTMLElement)
  const more = lines.pop()
  if (more === undefined) return 0
  for (const line of lines) line.hidden = false
  more.hidden = false
  const { top, height } = list.getBoundingClientRect()
  const bottoms = lines.map((line) => line.getBoundingClientRect().bottom - top)
  const moreHeight = more.getBoundingClientRect().bottom - top - (bottoms.at(-1) ?? 0)
  more.hidden = (bottoms.at(-1) ?? 0) <= height + 1
  if (more.hidden) return 0
  const fitting = Math.max(1, bottoms.filter((bottom) => bottom + moreHeight <= height + 1).length)
  for (const line of lines.slice(fitting)) line.hidden = true
  return lines.length - fitting
}

/** Counts by name, the largest first: as many whole lines as there is room for, and how many more there are. */
export function Counts({ rows }: { rows: readonly { key: string; name: string; n: number }[] }) {
  const text = useText()
  const list = useRef<HTMLUListElement>(null)
  const [hidden, setHidden] = useState(0)
  // After each picture: the words of a line may have become longer.
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
    <ul className="readouts health-counts" ref={list}>
      {rows.map(({ key, name, n }) => (
        <Fact key={key} name={name}>
          {text.number(n)}
        </Fact>
      ))}
      <li className="readout health-more">{text.t('health.more', { n: text.number(hidden) })}</li>
    </ul>
  )
}

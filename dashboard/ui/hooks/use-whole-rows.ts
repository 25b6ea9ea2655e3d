import { type RefObject, useEffect, useRef, useState } from 'react'

/** How many rows are whole in a list's height, at most `most`. */
export function useWholeRows<T extends HTMLElement>(
  rows: number,
  most: number,
): { list: RefObject<T | null>; whole: number } {
  const list = useRef<T>(null)
  const [whole, setWhole] = useState(most)
  const some = rows > 0
  // biome-ignore lint/correctness/useExhaustiveDependencies: a row must be there to be measured.
  useEffect(() => {
    const target = list.current
    if (target === null) return
    const measure = () => {
      // A wall may be shown smaller than it is; a box knows that, a height in the layout does not.
      const scale = target.getBoundingClientRect().height / target.offsetHeight
      const row = (target.firstElementChild?.getBoundingClientRect().height ?? 0) / scale
      if (row > 0) setWhole(Math.min(most, Math.max(1, Math.floor(target.clientHeight / row + 0.02))))
    }
    const observer = new ResizeObserver(measure)
    observer.observe(target)
    measure()
    return () => observer.disconnect()
  }, [some, most])
  return { list, whole }
}

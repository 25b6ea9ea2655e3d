import { defaultRangeExtractor, useVirtualizer, type Virtualizer } from '@tanstack/react-virtual'
import { type RefObject, useRef, useState } from 'react'

/** On a phone a row has two lines and must be hit by a finger. */
const narrow = matchMedia('(max-width: 900px)')
const rowPx = () => (narrow.matches ? 64 : 46)

interface RowFocus {
  /** The element that scrolls the rows. */
  scroller: RefObject<HTMLDivElement | null>
  rows: Virtualizer<HTMLDivElement, Element>
  /** The one row in the tab order. */
  active: number
  /** Says that a row has the focus. */
  setActive: (index: number) => void
  focusRow: (index: number) => void
}

/**
 * The rows of a list that exist, which are those in sight, and the one that the keyboard stands on.
 *
 * @param count of all rows
 */
export function useRowFocus(count: number): RowFocus {
  const scroller = useRef<HTMLDivElement>(null)
  const [current, setCurrent] = useState(0)
  const active = Math.min(current, Math.max(0, count - 1))
  const rows = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: rowPx,
    overscan: 8,
    // The one row in the tab order exists wherever the list was scrolled to, or Tab would pass the list by.
    rangeExtractor: (range) => [...new Set([active, ...defaultRangeExtractor(range)])].sort((a, b) => a - b),
  })

  function focusRow(index: number): void {
    setCurrent(index)
    rows.scrollToIndex(index)
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-index="${index}"]`)?.focus())
  }

  return { scroller, rows, active, setActive: setCurrent, focusRow }
}

import { useEffect, useMemo, useState } from 'react'
import type { ListedDevice } from '../../core/connection/registry.ts'
import {
  extentOf,
  kept,
  nothingChosen,
  type RowChoice,
  ranged,
  toggled,
  withAll,
  without,
} from '../../core/kit/row-choice.ts'

export interface Choosing {
  ids: ReadonlySet<string>
  /** Changes with every change of the choice, and with nothing else. */
  choice: RowChoice
  /** Of those that are shown. */
  extent: 'none' | 'some' | 'all'
  toggle: (id: string) => void
  range: (from: string, to: string) => void
  /** All that is shown, also beside others. */
  all: () => void
  /** Nothing of what is shown. */
  none: () => void
  clear: () => void
}

/** The rows that are chosen; a device that is removed is no longer among them. */
export function useRowChoice(devices: readonly ListedDevice[] | undefined, shown: readonly string[]): Choosing {
  const [choice, setChoice] = useState(nothingChosen)
  useEffect(() => {
    if (devices === undefined) return
    const present = new Set(devices.map(({ id }) => id))
    setChoice((before) => kept(before, present))
  }, [devices])
  return useMemo(
    () => ({
      ids: choice.ids,
      choice,
      extent: extentOf(choice, shown),
      toggle: (id) => setChoice((before) => toggled(before, id)),
      range: (from, to) => setChoice((before) => ranged(before, shown, { from, to })),
      all: () => setChoice((before) => withAll(before, shown)),
      none: () => setChoice((before) => without(before, shown)),
      clear: () => setChoice(nothingChosen),
    }),
    [choice, shown],
  )
}

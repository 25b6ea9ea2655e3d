/** What a key does to the device list. `move`: by so many rows, choosing all on the way with `choose`. */
export type TableKey =
  | { does: 'move'; rows: number; choose: boolean }
  | { does: 'open' | 'edit' | 'toggle' | 'choose-all' | 'clear' }

/** Of an event of the browser, or of React. */
interface Pressed {
  key: string
  shiftKey: boolean
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
}

const pageRows = 12

/** Rows by which a key moves, if it does. */
function stepOf(key: string, rows: number): number | undefined {
  const steps: Record<string, number> = {
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: pageRows,
    PageUp: -pageRows,
    Home: -rows,
    End: rows,
  }
  return steps[key]
}

const actions: Record<string, TableKey> = {
  enter: { does: 'open' },
  e: { does: 'edit' },
  ' ': { does: 'toggle' },
  escape: { does: 'clear' },
}

/** @param rows how many there are */
export function tableKeyOf({ key, shiftKey, ctrlKey, metaKey, altKey }: Pressed, rows: number): TableKey | undefined {
  const step = stepOf(key, rows)
  if (step !== undefined) return { does: 'move', rows: step, choose: shiftKey }
  if (altKey) return undefined
  if (ctrlKey || metaKey) return key.toLowerCase() === 'a' ? { does: 'choose-all' } : undefined
  return actions[key.toLowerCase()]
}

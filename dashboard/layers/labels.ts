/** Where text may stand on a map: no two over one another, none across a seam between panels. */
export interface Rect {
  x: number
  y: number
  width: number
  height: number
}

export interface LabelSpace {
  isFree(rect: Rect): boolean
  /** Takes the rectangle if it is free and says so. */
  claim(rect: Rect): boolean
  /** Takes it whether it is free or not. */
  block(rect: Rect): void
}

const cellPx = 64

/** Whether two rectangles share any point. */
export const overlap = (a: Rect, b: Rect): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height

/** Keeps what is taken in a grid, so that each question looks at a few rectangles only. */
export function createLabelSpace(options: { width: number; height: number; blocked?: readonly Rect[] }): LabelSpace {
  const cells = new Map<string, Rect[]>()

  function* cellsOf(rect: Rect): Generator<string> {
    for (let x = Math.floor(rect.x / cellPx); x <= (rect.x + rect.width) / cellPx; x++)
      for (let y = Math.floor(rect.y / cellPx); y <= (rect.y + rect.height) / cellPx; y++) yield `${x},${y}`
  }
  function block(rect: Rect): void {
    for (const cell of cellsOf(rect)) {
      const taken = cells.get(cell)
      if (taken === undefined) cells.set(cell, [rect])
      else taken.push(rect)
    }
  }
  function free(rect: Rect): boolean {
    if (rect.x < 0 || rect.y < 0 || rect.x + rect.width > options.width || rect.y + rect.height > options.height)
      return false
    for (const cell of cellsOf(rect)) if (cells.get(cell)?.some((taken) => overlap(taken, rect))) return false
    return true
  }
  for (const rect of options.blocked ?? []) block(rect)
  return {
    isFree: free,
    block,
    claim(rect) {
      const ok = free(rect)
      if (ok) block(rect)
      return ok
    },
  }
}

export type Side = 'right' | 'left' | 'above' | 'below'
export const sides: readonly Side[] = ['right', 'left', 'above', 'below']

/** The text's rectangle beside a mark. */
export function besideMark(
  mark: { x: number; y: number; radius: number },
  text: { width: number; height: number },
  side: Side,
): Rect {
  const gap = mark.radius * 1.7
  const { width, height } = text
  const at: Record<Side, [number, number]> = {
    right: [mark.x + gap, mark.y - height / 2],
    left: [mark.x - gap - width, mark.y - height / 2],
    above: [mark.x - width / 2, mark.y - gap - height],
    below: [mark.x - width / 2, mark.y + gap],
  }
  const [x, y] = at[side]
  return { x, y, width, height }
}

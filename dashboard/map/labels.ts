/** Where text may stand on a map: no two over one another, none across a seam between panels. */
export interface Rect {
  x: number
  y: number
  width: number
  height: number
}

export interface LabelSpace {
  /** `owner`: what it took itself is not in its way. */
  isFree(rect: Rect, owner?: string): boolean
  /** Takes it whether it is free or not. */
  block(rect: Rect, owner?: string): void
}

const cellPx = 64
/** Rows of cells to a column: more than any glass has. */
const cellRows = 65_536

/** Whether two rectangles share any point. */
export const overlap = (a: Rect, b: Rect): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height

/** The rectangle with this much more on each side. */
export const grown = ({ x, y, width, height }: Rect, by: number): Rect => ({
  x: x - by,
  y: y - by,
  width: width + 2 * by,
  height: height + 2 * by,
})

/** Everything that a rectangle covers on its way by (dx, dy). */
export const swept = ({ x, y, width, height }: Rect, { dx, dy }: { dx: number; dy: number }): Rect => ({
  x: x + Math.min(0, dx),
  y: y + Math.min(0, dy),
  width: width + Math.abs(dx),
  height: height + Math.abs(dy),
})

interface Taken {
  rect: Rect
  owner: string | undefined
}

const cellOf = (px: number): number => Math.floor(px / cellPx)

/** Whether anything that another took is in the way; asked many thousand times a second, so without any allocation. */
function isTaken(taken: readonly Taken[] | undefined, rect: Rect, owner: string | undefined): boolean {
  if (taken === undefined) return false
  for (const one of taken) if ((owner === undefined || one.owner !== owner) && overlap(one.rect, rect)) return true
  return false
}

/** Keeps what is taken in a grid, so that each question looks at a few rectangles only. */
export function createLabelSpace(options: { width: number; height: number; blocked?: readonly Rect[] }): LabelSpace {
  const cells = new Map<number, Taken[]>()

  function put(cell: number, one: Taken): void {
    const taken = cells.get(cell)
    if (taken === undefined) cells.set(cell, [one])
    else taken.push(one)
  }
  function block(rect: Rect, owner?: string): void {
    const one = { rect, owner }
    for (let x = cellOf(rect.x); x <= cellOf(rect.x + rect.width); x++)
      for (let y = cellOf(rect.y); y <= cellOf(rect.y + rect.height); y++) put(x * cellRows + y, one)
  }
  const inside = ({ x, y, width, height }: Rect) =>
    x >= 0 && y >= 0 && x + width <= options.width && y + height <= options.height
  for (const rect of options.blocked ?? []) block(rect)
  return {
    block,
    isFree(rect, owner) {
      if (!inside(rect)) return false
      const [right, bottom] = [cellOf(rect.x + rect.width), cellOf(rect.y + rect.height)]
      for (let x = cellOf(rect.x); x <= right; x++)
        for (let y = cellOf(rect.y); y <= bottom; y++)
          if (isTaken(cells.get(x * cellRows + y), rect, owner)) return false
      return true
    },
  }
}

/** Where a label may stand beside its mark, the better before the worse. */
export const sides = [
  'right',
  'left',
  'above',
  'below',
  'right-above',
  'right-below',
  'left-above',
  'left-below',
] as const
export type LabelSide = (typeof sides)[number]

/** The text's rectangle beside a mark; `awayPx`: farther off by so much. */
export function besideMark(
  mark: { x: number; y: number; radius: number },
  text: { width: number; height: number },
  side: LabelSide,
  awayPx = 0,
): Rect {
  const { width, height } = text
  const gap = mark.radius * 1.7 + awayPx
  // Off a corner, text may come nearer to the mark.
  const [near, rise] = [mark.radius * 1.4 + awayPx * Math.SQRT1_2, mark.radius * 0.5 + awayPx * Math.SQRT1_2]
  const at: Record<LabelSide, readonly [number, number]> = {
    right: [gap, -height / 2],
    left: [-gap - width, -height / 2],
    above: [-width / 2, -gap - height],
    below: [-width / 2, gap],
    'right-above': [near, -rise - height],
    'right-below': [near, rise],
    'left-above': [-near - width, -rise - height],
    'left-below': [-near - width, rise],
  }
  const [dx, dy] = at[side]
  return { x: mark.x + dx, y: mark.y + dy, width, height }
}

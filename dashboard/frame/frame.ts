import type { CSSProperties } from 'react'
import type { Side } from '../core/kiosk/burn-in.ts'
import type { Glass, Pane } from '../core/wall/display-geometry.ts'
import type { FrameLines } from '../core/wall/panel-layout.ts'
import type { Rect } from '../map/labels.ts'

/** Heights of the top line and of the alarms' line, in cap heights and as a share of the picture (wall.css has the same). */
const lineOfU = 2.1
const minShare = 0.05

/** What of a wall of several monitors belongs to the lines above and beneath its panels. */
export function frameOf({ u, height }: Glass): FrameLines {
  return { topPx: lineOfU * u, footPx: Math.max(lineOfU * u, minShare * height) }
}

/** A page that shows a part of the picture draws only what is in it. */
export function inView(place: Rect, { view }: Glass): boolean {
  return (
    place.x < view.x + view.width &&
    view.x < place.x + place.width &&
    place.y < view.y + view.height &&
    view.y < place.y + place.height
  )
}

const byColumn = (a: Pane, b: Pane): number => a.x - b.x

/** The monitors that the top line crosses, from left to right. */
export const topPanes = ({ panes }: Glass): Pane[] => panes.filter(({ y }) => y === 0).toSorted(byColumn)

/** The monitors that the alarms' line crosses, from left to right. */
export const footPanes = ({ panes, height }: Glass): Pane[] =>
  panes.filter((pane) => pane.y + pane.height === height).toSorted(byColumn)

/** What the trust group of the top line needs, in cap heights. */
const trustWidthU = 26

/** On which monitors the groups of the top line stand: each whole, on one; the sum only where it has one of its own. */
export function topSeats(
  glass: Glass,
  side: Side,
): { name: Pane | undefined; sum: Pane | undefined; trust: Pane | undefined } {
  const panes = side === 'left' ? topPanes(glass) : topPanes(glass).reverse()
  const [name] = panes
  const widest = panes.toSorted((a, b) => b.width - a.width)[0]
  const trust = panes.findLast(({ width }) => width >= trustWidthU * glass.u) ?? widest
  const between = panes.filter((pane) => pane !== name && pane !== trust)
  return { name, sum: between[Math.floor((between.length - 1) / 2)], trust }
}

/** Keeps a part of a line on one monitor. */
export const onPane = (pane: Pane | undefined): CSSProperties | undefined =>
  pane === undefined ? undefined : { position: 'absolute', left: pane.x, width: pane.width }

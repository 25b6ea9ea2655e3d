import { type Glazing, type Monitor, monitorsOf, pictureSize } from '../../../contract/display-geometry.ts'
import type { Rect } from '../../map/labels.ts'

/** How a view's panels stand: over several monitors, or on one by how much of it can be read. */
export type WallLayout = 'tiled' | 'single' | 'desk' | 'focus' | 'phone'

/** A monitor in the picture, px. */
export interface Pane extends Rect {
  /** Cap height of primary text on it, px. */
  u: number
}

/** The glass that a page is drawn on. */
export interface Glass {
  layout: WallLayout
  /** Cap height of primary text, px. */
  u: number
  /** Of the whole picture, px. */
  width: number
  height: number
  panes: readonly Pane[]
  /** On each side of where two monitors meet nothing is written, px. */
  seamPx: number
  /** What of the picture this page shows; its scale is the window's. */
  view: Rect
}

/** Who looks at which glass. */
export interface Seats {
  glazing: Glazing
  bezelMm: number
  /** m */
  farthestViewerM: number
}

/** AVIXA's rule: text is read from 150 times its height. */
const readingRatio = 150
const inchMm = 25.4
/** 3 panels of 55 inches by 2 at 5 m, and one of 86 inches (4K) at 4 m. */
const wideU = 53
const singleU = 54
const deskU = 13
const phoneU = 11
/** Beside the bezel some air, px. */
const seamAirPx = 12
/** 3.5 mm of bezel at 0.63 mm a pixel. */
const defaultSeamPx = 18
const lineOfU = 1.35 / 0.727
/** With fewer lines than this on a monitor there is no room for a third column, or for a second subject. */
const deskLines = 26
const singleLines = 16

/** mm a pixel. */
const pitchOf = (size: { w: number; h: number; diagonalIn: number }): number =>
  (size.diagonalIn * inchMm) / Math.hypot(size.w, size.h)

/** Cap height in px that can be read from a distance on glass of this pitch. */
export function capHeightPx({ distanceM, pitchMm }: { distanceM: number; pitchMm: number }): number {
  return (distanceM * 1000) / readingRatio / pitchMm
}

/** How many lines of primary text stand on so many px. */
export const linesOn = (heightPx: number, u: number): number => heightPx / (u * lineOfU)

function layoutOf(panes: readonly Pane[]): WallLayout {
  const [first] = panes
  if (panes.length > 1 || first === undefined) return 'tiled'
  const lines = linesOn(first.height, first.u)
  if (lines >= deskLines) return 'desk'
  return lines >= singleLines ? 'single' : 'focus'
}

const whole = ({ width, height }: { width: number; height: number }): Rect => ({ x: 0, y: 0, width, height })

/** The glass of a wall that is described; `view`: the part of the picture that this page shows, all of it otherwise. */
export function describedGlass({ glazing, bezelMm, farthestViewerM }: Seats, view: Rect | undefined): Glass {
  const monitors = monitorsOf(glazing)
  const paneOf = (monitor: Monitor): Pane => ({
    x: monitor.x,
    y: monitor.y,
    width: monitor.w,
    height: monitor.h,
    u: capHeightPx({ distanceM: farthestViewerM, pitchMm: pitchOf(monitor) }),
  })
  const panes = monitors.map(paneOf)
  const size = pictureSize(monitors)
  const bezelPx = Math.max(...monitors.map((monitor) => bezelMm / pitchOf(monitor)))
  return {
    layout: layoutOf(panes),
    ...size,
    panes,
    seamPx: Math.ceil(bezelPx) + seamAirPx,
    // What belongs to the whole picture can be read on each of its monitors.
    u: Math.max(...panes.map(({ u }) => u)),
    view: view ?? whole(size),
  }
}

function asked(size: { width: number; height: number }, search: URLSearchParams): number | undefined {
  const u = Number(search.get('u'))
  if (u >= 8 && u <= 200) return u
  const distanceM = Number(search.get('distance'))
  const inches = Number(search.get('inch'))
  if (!(distanceM > 0 && inches > 0)) return undefined
  return capHeightPx({ distanceM, pitchMm: pitchOf({ w: size.width, h: size.height, diagonalIn: inches }) })
}

/**
 * Glass by the size of the window alone. `?u=` gives the cap height itself; `?distance=` (m, of the farthest viewer) with
 * `?inch=` (diagonal of the whole picture) works it out. A window as wide as three monitors is taken for three by two.
 */
export function guessedGlass(size: { width: number; height: number }, search: URLSearchParams): Glass {
  const { width, height } = size
  const u = asked(size, search)
  const one = (layout: WallLayout, cap: number): Glass => ({
    layout,
    u: cap,
    width,
    height,
    panes: [{ ...whole(size), u: cap }],
    seamPx: defaultSeamPx,
    view: whole(size),
  })
  if (width < 700) return one('phone', u ?? phoneU)
  if (width >= 5000) return gridGlass(size, { cols: 3, rows: 2 }, u ?? wideU)
  if (width >= 3000) return one('single', u ?? singleU)
  const desk = u ?? deskU
  return one(linesOn(height, desk) < deskLines ? 'focus' : 'desk', desk)
}

function gridGlass(size: { width: number; height: number }, grid: { cols: number; rows: number }, u: number): Glass {
  const [width, height] = [size.width / grid.cols, size.height / grid.rows]
  const panes = Array.from({ length: grid.cols * grid.rows }, (_, i) => ({
    x: (i % grid.cols) * width,
    y: Math.floor(i / grid.cols) * height,
    width,
    height,
    u,
  }))
  return { layout: 'tiled', u, ...size, panes, seamPx: defaultSeamPx, view: whole(size) }
}

/** `x,y,w,h` of `?view=`, px of the picture; `undefined` when it is none. */
export function parseView(text: string | null): Rect | undefined {
  const [x, y, width, height, ...more] = (text ?? '').split(',').map(Number)
  if (x === undefined || y === undefined || width === undefined || height === undefined) return undefined
  const rect = { x, y, width, height }
  const right = more.length === 0 && Object.values(rect).every((n) => Number.isInteger(n) && n >= 0)
  return right && width > 0 && height > 0 ? rect : undefined
}

/** Where monitors meet within a part of the picture, in px of that part, with the room on both sides. */
export function seamsOf(part: Rect, { panes, seamPx, width, height }: Glass): Rect[] {
  const seams: Rect[] = []
  const add = (seam: Rect) => {
    const [x, y] = [Math.max(seam.x, part.x), Math.max(seam.y, part.y)]
    const right = Math.min(seam.x + seam.width, part.x + part.width)
    const bottom = Math.min(seam.y + seam.height, part.y + part.height)
    if (right > x && bottom > y) seams.push({ x: x - part.x, y: y - part.y, width: right - x, height: bottom - y })
  }
  for (const { x, y, width: w, height: h } of panes) {
    const [right, bottom] = [x + w, y + h]
    if (right < width) add({ x: right - seamPx, y, width: 2 * seamPx, height: h })
    if (x > 0) add({ x: x - seamPx, y, width: 2 * seamPx, height: h })
    if (bottom < height) add({ x, y: bottom - seamPx, width: w, height: 2 * seamPx })
    if (y > 0) add({ x, y: y - seamPx, width: w, height: 2 * seamPx })
  }
  return seams
}

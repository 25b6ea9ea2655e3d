import type { Rect } from '../../layers/labels.ts'

/** How the wall's panels stand: by the glass it is drawn on. */
export type WallLayout = 'wide' | 'single' | 'desk' | 'focus' | 'phone'

export interface Glass {
  layout: WallLayout
  /** Cap height of primary text, px. */
  u: number
  /** Columns and rows of panels that the picture spans. */
  cols: number
  rows: number
}

/** AVIXA's rule: text is read from 150 times its height. */
const readingRatio = 150
const inchMm = 25.4
/** 3 panels of 55 inches by 2 at 5 m, and one of 86 inches (4K) at 4 m. */
const wideU = 53
const singleU = 54
const deskU = 13
const phoneU = 11
/** Fewer lines than this, and only one subject fits. */
const focusBelowLines = 26
const lineOfU = 1.35 / 0.727

/** Cap height in px that can be read from a distance on glass of this pitch. */
export function capHeightPx({ distanceM, pitchMm }: { distanceM: number; pitchMm: number }): number {
  return (distanceM * 1000) / readingRatio / pitchMm
}

function wanted(width: number, height: number, search: URLSearchParams): number | undefined {
  const u = Number(search.get('u'))
  if (u >= 8 && u <= 200) return u
  const distanceM = Number(search.get('distance'))
  const inches = Number(search.get('inch'))
  if (!(distanceM > 0 && inches > 0)) return undefined
  return capHeightPx({ distanceM, pitchMm: (inches * inchMm) / Math.hypot(width, height) })
}

/**
 * Layout and scale for a viewport. `?u=` gives the cap height itself; `?distance=` (m, of the farthest viewer) with
 * `?inch=` (diagonal of the whole picture) works it out.
 */
export function glassOf(size: { width: number; height: number }, search: URLSearchParams): Glass {
  const { width, height } = size
  const u = wanted(width, height, search)
  if (width < 700) return { layout: 'phone', u: u ?? phoneU, cols: 1, rows: 1 }
  if (width >= 5000) return { layout: 'wide', u: u ?? wideU, cols: 3, rows: 2 }
  if (width >= 3000) return { layout: 'single', u: u ?? singleU, cols: 1, rows: 1 }
  const desk = u ?? deskU
  return { layout: height / (desk * lineOfU) < focusBelowLines ? 'focus' : 'desk', u: desk, cols: 1, rows: 1 }
}

/** 3.5 mm of bezel at this pitch, and some air: no text may cross it. */
const seamHalfPx = 18

/** Seams that cross a part of the page, in px of that part. */
export function seamsOf(
  part: Rect,
  glass: Pick<Glass, 'cols' | 'rows'>,
  page: { width: number; height: number },
): Rect[] {
  const seams: Rect[] = []
  for (let i = 1; i < glass.cols; i++) {
    const x = (page.width * i) / glass.cols - part.x
    if (x > 0 && x < part.width) seams.push({ x: x - seamHalfPx, y: 0, width: 2 * seamHalfPx, height: part.height })
  }
  for (let i = 1; i < glass.rows; i++) {
    const y = (page.height * i) / glass.rows - part.y
    if (y > 0 && y < part.height) seams.push({ x: 0, y: y - seamHalfPx, width: part.width, height: 2 * seamHalfPx })
  }
  return seams
}

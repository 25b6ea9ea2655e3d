/** Without zod: pages take it too. The glass of a wall: its monitors as rectangles of one picture. */

/** One monitor in the wall's picture; px. */
export interface Monitor {
  x: number
  y: number
  w: number
  h: number
  /** Of its visible glass, inches. */
  diagonalIn: number
}

/** Equal monitors in columns and rows. */
export interface MonitorGrid {
  cols: number
  rows: number
  panel: { w: number; h: number; diagonalIn: number }
}

/** Either a grid or a list of monitors of any sizes. */
export type Glazing = MonitorGrid | { monitors: readonly Monitor[] }

export const maxMonitors = 32
/** What Chromium draws on one canvas. */
export const longestSidePx = 16_384

/** Every monitor, in the order in which it was described; of a grid row by row. */
export function monitorsOf(glazing: Glazing): Monitor[] {
  if ('monitors' in glazing) return [...glazing.monitors]
  const { cols, rows, panel } = glazing
  return Array.from({ length: cols * rows }, (_, i) => ({
    x: (i % cols) * panel.w,
    y: Math.floor(i / cols) * panel.h,
    ...panel,
  }))
}

/** The picture that the monitors show together, px. */
export function pictureSize(monitors: readonly Monitor[]): { width: number; height: number } {
  return {
    width: Math.max(0, ...monitors.map(({ x, w }) => x + w)),
    height: Math.max(0, ...monitors.map(({ y, h }) => y + h)),
  }
}

/** One thing that keeps a list of monitors from being a wall. */
export interface GlazingFault {
  kind: 'count' | 'side' | 'corner' | 'covering'
  params: Record<string, number>
  sentence: string
}

/** What keeps a list of monitors from being a wall. */
export function glazingFaults(monitors: readonly Monitor[]): GlazingFault[] {
  const { width, height } = pictureSize(monitors)
  if (monitors.length === 0 || monitors.length > maxMonitors) {
    const sentence = `A wall has 1 to ${maxMonitors} monitors.`
    return [{ kind: 'count', params: { n: maxMonitors }, sentence }]
  }
  const faults: GlazingFault[] = []
  if (Math.max(width, height) > longestSidePx) {
    const sentence = `The picture is ${width} x ${height} px; no side may be longer than ${longestSidePx} px.`
    faults.push({ kind: 'side', params: { width, height, most: longestSidePx }, sentence })
  }
  if (Math.min(...monitors.map(({ x }) => x)) > 0 || Math.min(...monitors.map(({ y }) => y)) > 0) {
    const sentence = 'The picture begins at 0, 0: one monitor must touch its left edge, and one its upper edge.'
    faults.push({ kind: 'corner', params: {}, sentence })
  }
  return [...faults, ...coverings(monitors)]
}

function coverings(monitors: readonly Monitor[]): GlazingFault[] {
  return monitors.flatMap((one, i) =>
    monitors.flatMap((other, j): GlazingFault[] => {
      if (j <= i || !overlap(one, other)) return []
      const params = { one: i + 1, other: j + 1 }
      return [{ kind: 'covering', params, sentence: `Monitors ${i + 1} and ${j + 1} cover one another.` }]
    }),
  )
}

function overlap(a: Monitor, b: Monitor): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}

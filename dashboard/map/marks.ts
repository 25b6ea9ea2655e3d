import type { Marker } from '../../contract/profile.ts'
import type { DeviceState } from '../../contract/state.ts'
import type { Mark } from './mark.ts'
import type { Palette } from './palette.ts'

type Pen = CanvasRenderingContext2D

const corner: Record<Exclude<Marker, 'disc' | 'drop'>, readonly (readonly [number, number])[]> = {
  arrow: [
    [0, -1.25],
    [0.85, 1],
    [0, 0.55],
    [-0.85, 1],
  ],
  square: [
    [-0.8, -0.8],
    [0.8, -0.8],
    [0.8, 0.8],
    [-0.8, 0.8],
  ],
  diamond: [
    [0, -1.1],
    [1, 0],
    [0, 1.1],
    [-1, 0],
  ],
  bar: [
    [-1.1, -0.45],
    [1.1, -0.45],
    [1.1, 0.45],
    [-1.1, 0.45],
  ],
  triangle: [
    [0, -1],
    [1, 0.85],
    [-1, 0.85],
  ],
  hexagon: [
    [0, -1.05],
    [0.92, -0.52],
    [0.92, 0.52],
    [0, 1.05],
    [-0.92, 0.52],
    [-0.92, -0.52],
  ],
}

function outline(pen: Pen, marker: Marker, r: number): void {
  pen.beginPath()
  if (marker === 'disc') {
    pen.arc(0, 0, r * 0.9, 0, 2 * Math.PI)
    return
  }
  if (marker === 'drop') {
    pen.moveTo(0, -1.25 * r)
    pen.bezierCurveTo(0.4 * r, -0.6 * r, 0.9 * r, -0.1 * r, 0.9 * r, 0.35 * r)
    pen.arc(0, 0.3 * r, 0.9 * r, 0, Math.PI)
    pen.bezierCurveTo(-0.9 * r, -0.1 * r, -0.4 * r, -0.6 * r, 0, -1.25 * r)
    return
  }
  for (const [i, [x, y]] of corner[marker].entries()) {
    if (i === 0) pen.moveTo(x * r, y * r)
    else pen.lineTo(x * r, y * r)
  }
  pen.closePath()
}

/** An open jaw on a handle, beside the mark. */
function wrench(pen: Pen, r: number): void {
  pen.save()
  pen.translate(1.15 * r, -1.15 * r)
  pen.rotate(Math.PI / 4)
  pen.lineWidth = Math.max(1.5, r * 0.32)
  pen.beginPath()
  pen.arc(0, -0.35 * r, 0.42 * r, -0.25 * Math.PI, 1.25 * Math.PI)
  pen.moveTo(0, 0.07 * r)
  pen.lineTo(0, 0.95 * r)
  pen.stroke()
  pen.restore()
}

/** Bars of a pen's own width, from end to end. */
function strokes(pen: Pen, r: number, lines: readonly (readonly [x1: number, y1: number, x2: number, y2: number])[]) {
  pen.lineWidth = Math.max(1.5, r * 0.32)
  pen.setLineDash([])
  pen.beginPath()
  for (const [x1, y1, x2, y2] of lines) {
    pen.moveTo(x1 * r, y1 * r)
    pen.lineTo(x2 * r, y2 * r)
  }
  pen.stroke()
}

type Drawer = (pen: Pen, shape: () => void, r: number, palette: Palette) => void

/** Around the sign of a device that has nothing to show of its own. */
function ring(pen: Pen, r: number): void {
  pen.lineWidth = Math.max(1, r * 0.12)
  pen.beginPath()
  pen.arc(0, 0, r * 1.15, 0, 2 * Math.PI)
}

function hollow(pen: Pen, shape: () => void, palette: Palette): void {
  shape()
  pen.fillStyle = palette.ground
  pen.fill()
  pen.stroke()
}

const drawers: Record<DeviceState, Drawer> = {
  online(pen, shape, _r, palette) {
    shape()
    pen.fillStyle = palette.normal
    pen.fill()
  },
  late(pen, shape, r, palette) {
    shape()
    pen.fillStyle = palette.normal
    pen.fill()
    pen.lineWidth = Math.max(1, r * 0.12)
    pen.beginPath()
    pen.arc(0, 0, r * 1.5, 0, 2 * Math.PI)
    pen.stroke()
  },
  stale(pen, shape, r, palette) {
    pen.setLineDash([r * 0.4, r * 0.3])
    hollow(pen, shape, palette)
  },
  offline(pen, shape, r, palette) {
    pen.strokeStyle = palette.attention
    hollow(pen, shape, palette)
    strokes(pen, r, [
      [-1.15, -1.15, 1.15, 1.15],
      [1.15, -1.15, -1.15, 1.15],
    ])
  },
  frozen(pen, shape, r, palette) {
    hollow(pen, shape, palette)
    pen.strokeStyle = palette.attention
    wrench(pen, r)
  },
  unknown(pen, _shape, r, palette) {
    hollow(pen, () => ring(pen, r), palette)
    strokes(pen, r, [[-1.7, 0, 1.7, 0]])
  },
  disabled(pen, _shape, r, palette) {
    hollow(pen, () => ring(pen, r), palette)
    strokes(pen, r, [
      [-0.32, -0.55, -0.32, 0.55],
      [0.32, -0.55, 0.32, 0.55],
    ])
  },
}

/** What moves and is well, as all do on a good day, costs a path and no more: there may be thousands in each frame. */
function drawArrow(pen: Pen, { x, y, radius }: Mark, headingDeg: number, palette: Palette): void {
  const turn = (headingDeg * Math.PI) / 180
  const [cos, sin] = [Math.cos(turn) * radius, Math.sin(turn) * radius]
  pen.beginPath()
  for (const [dx, dy] of corner.arrow) pen.lineTo(x + dx * cos - dy * sin, y + dx * sin + dy * cos)
  pen.fillStyle = palette.normal
  pen.fill()
}

/** Draws one mark. */
export function drawMark(pen: Pen, mark: Mark, palette: Palette): void {
  const directed = mark.marker === 'arrow' && mark.headingDeg !== undefined
  if (directed && mark.state === 'online') return drawArrow(pen, mark, mark.headingDeg ?? 0, palette)
  const marker = mark.marker === 'arrow' && !directed ? 'disc' : mark.marker
  pen.save()
  pen.translate(mark.x, mark.y)
  pen.strokeStyle = palette.normal
  pen.lineWidth = Math.max(1.25, mark.radius * 0.2)
  const shape = () => {
    pen.save()
    if (directed) pen.rotate(((mark.headingDeg ?? 0) * Math.PI) / 180)
    outline(pen, marker, mark.radius)
    pen.restore()
  }
  drawers[mark.state](pen, shape, mark.radius, palette)
  pen.restore()
}

/** The ring of the keyboard's or pointer's choice. */
export function drawFocus(pen: Pen, mark: Pick<Mark, 'x' | 'y' | 'radius'>, palette: Palette): void {
  pen.save()
  pen.strokeStyle = palette.focus
  pen.lineWidth = Math.max(3, mark.radius * 0.3)
  pen.beginPath()
  pen.arc(mark.x, mark.y, mark.radius * 2.1, 0, 2 * Math.PI)
  pen.stroke()
  pen.restore()
}

import type { SeenDevice } from '../core/city/city.ts'
import { headingOf } from '../core/movement/heading.ts'
import { type DeviceLabels, drawLabel, isInRoom } from './device-labels.ts'
import type { PlacedLabel } from './label-placement.ts'
import { overlap, type Rect } from './labels.ts'
import type { Mark } from './mark.ts'
import { drawFocus, drawMark } from './marks.ts'
import type { MoverPosition } from './mover-position.ts'
import { mapFontPx, markRadius, type Scene } from './scene.ts'

type Pen = CanvasRenderingContext2D

interface Mover {
  device: SeenDevice
  mark: Mark
  /** What of the sheet it covers. */
  box: Rect
  drawnX: number
  drawnY: number
  /** As it was drawn. */
  look: string
}

export interface MoversLayer {
  /** Takes a new look of the city; what looks otherwise is drawn again with the next frame. */
  update(scene: Scene): void
  /** Moves what must move at a moment of the server's clock. */
  frame(nowMs: number): void
  drawn(id: string): { x: number; y: number } | undefined
}

/** A canvas that is cut to more rectangles than this takes longer than one that is drawn whole. */
const maxRects = 100
/** Less than this is not seen. */
const minMovePx = 0.25

/** Everything that a mover is drawn with, apart from its place. */
function lookOf({ device: { id }, mark }: Mover, label: PlacedLabel | undefined, { focusedId }: Scene): string {
  const words = label !== undefined && isInRoom(label, mark) ? [label.text, label.rect.x, label.rect.y] : []
  return [mark.state, mark.headingDeg, mark.marker, id === focusedId, ...words].join()
}

/** What of the sheet a mark covers with its label. */
function boxOf(mark: Mark, label: PlacedLabel | undefined, u: number): Rect {
  const r = mark.radius * 2.6
  if (label === undefined) return { x: mark.x - r, y: mark.y - r, width: 2 * r, height: 2 * r }
  const { rect } = label
  const rim = mapFontPx(u) * 0.25
  const left = Math.min(-r, rect.x - rim)
  const top = Math.min(-r, rect.y - rim)
  const right = Math.max(r, rect.x + rect.width + rim)
  const bottom = Math.max(r, rect.y + rect.height + rim)
  return { x: mark.x + left, y: mark.y + top, width: right - left, height: bottom - top }
}

/**
 * Things that move, on a sheet of their own above the still ones. Only what changed is drawn again: the rectangles that
 * moved marks left and entered are cleared, and all marks that touch them are drawn inside those rectangles.
 */
export function createMoversLayer(options: {
  pen: Pen
  position: MoverPosition
  labels: Pick<DeviceLabels, 'of'>
}): MoversLayer {
  const { pen, position, labels } = options
  let movers = new Map<string, Mover>()
  let scene: Scene | undefined
  let all = false
  /** What movers covered that are there no more. */
  let left: Rect[] = []

  function move(mover: Mover, nowMs: number): boolean {
    const at = scene === undefined ? undefined : position(mover.device, nowMs, scene.city.moment)
    if (at === undefined || scene === undefined) return false
    mover.mark.x = scene.projection.x(at.lon)
    mover.mark.y = scene.projection.y(at.lat)
    const movedPx = Math.hypot(mover.mark.x - mover.drawnX, mover.mark.y - mover.drawnY)
    return movedPx >= minMovePx || mover.look === ''
  }

  function paint(mover: Mover, present: Scene): void {
    drawMark(pen, mover.mark, present.palette)
    if (mover.device.id === present.focusedId) drawFocus(pen, mover.mark, present.palette)
    drawLabel(pen, mover.mark, labels.of(mover.device.id), present, mover.device)
  }

  function settle(mover: Mover, present: Scene): void {
    mover.drawnX = mover.mark.x
    mover.drawnY = mover.mark.y
    const label = labels.of(mover.device.id)
    mover.box = boxOf(mover.mark, label, present.u)
    mover.look = lookOf(mover, label, present)
  }

  function paintAll(present: Scene): void {
    left = []
    pen.clearRect(0, 0, present.projection.size.width, present.projection.size.height)
    for (const mover of movers.values()) {
      settle(mover, present)
      paint(mover, present)
    }
  }

  function paintMoved(moved: readonly Mover[], present: Scene): void {
    const dirty: Rect[] = left
    left = []
    for (const mover of moved) {
      dirty.push(mover.box)
      settle(mover, present)
      dirty.push(mover.box)
    }
    pen.save()
    pen.beginPath()
    for (const { x, y, width, height } of dirty)
      pen.rect(Math.floor(x), Math.floor(y), Math.ceil(width) + 1, Math.ceil(height) + 1)
    pen.clip()
    for (const { x, y, width, height } of dirty)
      pen.clearRect(Math.floor(x), Math.floor(y), Math.ceil(width) + 1, Math.ceil(height) + 1)
    const chosen = new Set(moved)
    for (const mover of movers.values())
      if (chosen.has(mover) || dirty.some((rect) => overlap(rect, mover.box))) paint(mover, present)
    pen.restore()
  }

  function fromDevice(device: SeenDevice, next: Scene): Mover | undefined {
    if (!device.look.moving || device.place === null) return undefined
    const known = movers.get(device.id)
    const mark: Mark = {
      x: known?.mark.x ?? next.projection.x(device.place.lon),
      y: known?.mark.y ?? next.projection.y(device.place.lat),
      radius: markRadius(next.u) * 1.25,
      marker: device.look.marker,
      state: device.state,
      headingDeg: headingOf(device, next.city.moment),
    }
    const nowhere = { box: { x: 0, y: 0, width: 0, height: 0 }, drawnX: mark.x, drawnY: mark.y, look: '' }
    const mover = { ...nowhere, ...known, device, mark }
    // Another look: it is drawn again where it stands.
    return mover.look === lookOf(mover, labels.of(device.id), next) ? mover : { ...mover, look: '' }
  }

  const isSameGround = (next: Scene): boolean =>
    scene?.projection === next.projection && scene.palette === next.palette && scene.u === next.u

  return {
    update(next) {
      all ||= !isSameGround(next)
      scene = next
      const fresh = new Map<string, Mover>()
      for (const device of next.city.devices) {
        const mover = fromDevice(device, next)
        if (mover !== undefined) fresh.set(device.id, mover)
      }
      for (const [id, { box }] of movers) if (!fresh.has(id)) left.push(box)
      movers = fresh
    },
    frame(nowMs) {
      if (scene === undefined) return
      const moved = [...movers.values()].filter((mover) => move(mover, nowMs))
      if (all || moved.length > maxRects) paintAll(scene)
      else if (moved.length > 0 || left.length > 0) paintMoved(moved, scene)
      all = false
    },
    drawn(id) {
      const mark = movers.get(id)?.mark
      return mark === undefined ? undefined : { x: mark.x, y: mark.y }
    },
  }
}

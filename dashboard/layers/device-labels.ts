import { isLive } from '../../contract/state.ts'
import type { SeenDevice } from '../core/city.ts'
import { besideMark, createLabelSpace, type LabelSpace, type Rect, type Side, sides } from './labels.ts'
import { type Mark, markOf } from './marks.ts'
import { mapFont, mapFontPx, type Scene } from './scene.ts'

type Pen = CanvasRenderingContext2D

/** A label with the place it was given. */
export interface PlacedLabel {
  text: string
  /** Relative to its mark, px. */
  rect: Rect
}

export interface DeviceLabels {
  place(scene: Scene, background: LabelSpace): void
  of(id: string): PlacedLabel | undefined
  /** Where labels were put, px of the map. */
  covered(): readonly Rect[]
}

/** What a label may cover if it must (names of places, then marks of what works), and what never. */
interface Spaces {
  background: LabelSpace
  marks: LabelSpace
  taken: LabelSpace
}

/** The worse and the moving come first when there is not room for all. */
function urgency(device: SeenDevice, scene: Scene): number {
  if (device.id === scene.focusedId) return 0
  if (device.look.moving) return isLive(device.state) ? 2 : 1
  return 3
}

type Spot = { side: Side; rect: Rect }

function bestSpot(spots: readonly Spot[], { background, marks, taken }: Spaces, mayCover: boolean): Spot | undefined {
  const possible = spots.filter(({ rect }) => taken.isFree(rect))
  const clear = possible.filter(({ rect }) => marks.isFree(rect))
  const best = clear.find(({ rect }) => background.isFree(rect))
  return best ?? (mayCover ? (clear[0] ?? possible[0]) : undefined)
}

/** Gives each device's label a place beside its mark; it keeps its side from one second to the next where it can. */
export function createDeviceLabels({ pen }: { pen: Pen }): DeviceLabels {
  const labels = new Map<string, PlacedLabel>()
  const lastSide = new Map<string, Side>()
  let covered: Rect[] = []

  function placeOne(device: SeenDevice, mark: Mark, scene: Scene, spaces: Spaces): void {
    const text = scene.label(device)
    if (text === '') return
    pen.font = mapFont(scene.u)
    const size = { width: pen.measureText(text).width, height: mapFontPx(scene.u) * 1.15 }
    const preferred = lastSide.get(device.id)
    const order = preferred === undefined ? sides : [preferred, ...sides]
    const spots = order.map((side) => ({ side, rect: besideMark(mark, size, side) }))
    const focused = device.id === scene.focusedId
    const spot = bestSpot(spots, spaces, device.look.moving || focused) ?? (focused ? spots[0] : undefined)
    if (spot === undefined) return
    const { side, rect } = spot
    spaces.taken.block(rect)
    covered.push(rect)
    lastSide.set(device.id, side)
    labels.set(device.id, { text, rect: { ...rect, x: rect.x - mark.x, y: rect.y - mark.y } })
  }

  /** Marks take their room first. */
  function takeMarks(scene: Scene, spaces: Spaces): [SeenDevice, Mark][] {
    const marks: [SeenDevice, Mark][] = []
    for (const device of scene.city.devices) {
      const mark = markOf(device, scene)
      if (mark === undefined) continue
      marks.push([device, mark])
      const { x, y, radius: r } = mark
      const space = device.look.moving || !isLive(device.state) ? spaces.taken : spaces.marks
      space.block({ x: x - r, y: y - r, width: 2 * r, height: 2 * r })
    }
    return marks
  }

  return {
    of: (id) => labels.get(id),
    covered: () => covered,
    place(scene, background) {
      labels.clear()
      covered = []
      const bounds = { ...scene.projection.size, blocked: scene.seams }
      const spaces = { background, marks: createLabelSpace(bounds), taken: createLabelSpace(bounds) }
      const marks = takeMarks(scene, spaces).sort(([a], [b]) => urgency(a, scene) - urgency(b, scene))
      for (const [device, mark] of marks) placeOne(device, mark, scene, spaces)
      for (const id of lastSide.keys()) if (!labels.has(id)) lastSide.delete(id)
    },
  }
}

/** Text beside a mark, with a rim of the ground's colour so that streets do not run through it. */
export function drawLabel(
  pen: Pen,
  mark: { x: number; y: number },
  label: PlacedLabel | undefined,
  scene: Scene,
  device: SeenDevice,
): void {
  if (label === undefined) return
  const live = isLive(device.state)
  pen.font = mapFont(scene.u)
  pen.textBaseline = 'middle'
  pen.lineJoin = 'round'
  pen.lineWidth = mapFontPx(scene.u) * 0.22
  pen.strokeStyle = scene.palette.land
  const x = mark.x + label.rect.x
  const y = mark.y + label.rect.y + label.rect.height / 2
  pen.strokeText(label.text, x, y)
  pen.fillStyle = live ? scene.palette.text : scene.palette.textSecondary
  pen.fillText(label.text, x, y)
}

import { isLive } from '../../contract/state.ts'
import { isTroubled } from '../core/attention.ts'
import type { SeenDevice } from '../core/city.ts'
import { badness } from '../core/worst-first.ts'
import {
  createLabelPlacement,
  type LabelWish,
  type Line,
  type MarkClass,
  type PlacedLabel,
  type PlacedMark,
} from './label-placement.ts'
import type { LabelSpace, Rect } from './labels.ts'
import { markOf, markReach } from './mark.ts'
import type { MoverPosition } from './mover-position.ts'
import { mapFont, mapFontPx, type Scene } from './scene.ts'

type Pen = CanvasRenderingContext2D

export interface DeviceLabels {
  /** `alone`: the devices that have a mark of their own; `groups`: what else is drawn, and how far it reaches. */
  place(
    scene: Scene,
    options: { alone: readonly SeenDevice[]; groups: readonly PlacedMark[]; background: LabelSpace },
  ): void
  of(id: string): PlacedLabel | undefined
  ids(): Iterable<string>
  /** Where labels were put, px of the map. */
  covered(): readonly Rect[]
}

/** Labels are placed each second; a busy page may be late by as much again. */
const placedForMs = 2000
/** A bus that turns meanwhile leaves its way by less than it drives in a second at 60 km/h, m. */
const offWayM = 17

const classOf = (device: SeenDevice): MarkClass =>
  isTroubled(device) ? 'wrong' : device.look.moving ? 'moving' : 'rest'

/** What is wrong comes first, the worst of it before the rest; then what somebody looks at; then what moves. */
function priorityOf(device: SeenDevice, scene: Scene): number {
  if (isTroubled(device)) return badness(device) - 1000
  if (device.id === scene.focusedId) return 0
  return device.look.moving ? 1 : 2
}

/** Gives each device's label a place beside its mark, where it is drawn now and will be until they are placed again. */
export function createDeviceLabels({ pen, position }: { pen: Pen; position: MoverPosition }): DeviceLabels {
  const placement = createLabelPlacement()
  let labels: ReadonlyMap<string, PlacedLabel> = new Map()

  function placedMark(device: SeenDevice, scene: Scene): PlacedMark | undefined {
    const mark = markOf(device, scene)
    if (mark === undefined) return undefined
    const common = { id: device.id, reach: mark.radius * markReach, class: classOf(device) }
    const { moment } = scene.city
    const from = device.look.moving ? position(device, moment.nowMs, moment) : undefined
    if (from === undefined) return { ...common, x: mark.x, y: mark.y, travel: { dx: 0, dy: 0 } }
    const to = position(device, moment.nowMs + placedForMs, moment) ?? from
    const [x, y] = [scene.projection.x(from.lon), scene.projection.y(from.lat)]
    const travel = { dx: scene.projection.x(to.lon) - x, dy: scene.projection.y(to.lat) - y }
    return { ...common, x, y, travel }
  }

  function wishOf(device: SeenDevice, mark: PlacedMark, scene: Scene): LabelWish | undefined {
    const texts = scene.label(device).map((text) => ({
      text,
      width: pen.measureText(text).width,
      height: mapFontPx(scene.u) * 1.15,
    }))
    if (texts.length === 0) return undefined
    const { name } = device
    return { mark, texts, name, radius: mark.reach / markReach, priority: priorityOf(device, scene) }
  }

  return {
    of: (id) => labels.get(id),
    ids: () => labels.keys(),
    covered: () => [...labels.values()].map(({ covers }) => covers),
    place(scene, { alone, groups, background }) {
      pen.font = mapFont(scene.u)
      const marks: PlacedMark[] = [...groups]
      const wishes: LabelWish[] = []
      for (const device of alone) {
        const mark = placedMark(device, scene)
        if (mark === undefined) continue
        marks.push(mark)
        const wish = wishOf(device, mark, scene)
        if (wish !== undefined) wishes.push(wish)
      }
      const { size, metresPerPixel } = scene.projection
      const slackPx = offWayM / metresPerPixel
      labels = placement.place({ wishes, marks, size, seams: scene.seams, background, slackPx })
    },
  }
}

/** Whether a label may be drawn while its mark is there: beyond the room that it was given it might cover another. */
export function isInRoom({ room }: PlacedLabel, { x, y }: { x: number; y: number }): boolean {
  return x >= room.x && x <= room.x + room.width && y >= room.y && y <= room.y + room.height
}

function drawLeader(pen: Pen, mark: { x: number; y: number }, { from, to }: Line, colour: string, scene: Scene): void {
  pen.strokeStyle = colour
  pen.lineWidth = Math.max(1, scene.u * 0.035)
  pen.beginPath()
  pen.moveTo(mark.x + from.x, mark.y + from.y)
  pen.lineTo(mark.x + to.x, mark.y + to.y)
  pen.stroke()
}

/** Text beside a mark, with a rim of the ground's colour so that streets do not run through it. */
export function drawLabel(
  pen: Pen,
  mark: { x: number; y: number },
  label: PlacedLabel | undefined,
  scene: Scene,
  device: SeenDevice,
): void {
  if (label === undefined || !isInRoom(label, mark)) return
  const live = isLive(device.state)
  const colour = live ? scene.palette.text : scene.palette.textSecondary
  if (label.leader !== undefined) drawLeader(pen, mark, label.leader, colour, scene)
  pen.font = mapFont(scene.u)
  pen.textBaseline = 'middle'
  pen.lineJoin = 'round'
  pen.lineWidth = mapFontPx(scene.u) * 0.22
  pen.strokeStyle = scene.palette.land
  const x = mark.x + label.rect.x
  const y = mark.y + label.rect.y + label.rect.height / 2
  pen.strokeText(label.text, x, y)
  pen.fillStyle = colour
  pen.fillText(label.text, x, y)
}

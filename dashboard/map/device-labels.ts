import { hasCondition } from '../../domain/alarms/condition.ts'
import { isLive } from '../../domain/device-state.ts'
import type { SeenDevice } from '../core/city/city.ts'
import { badness } from '../core/city/worst-first.ts'
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

interface LabelOptions {
  /** The devices that have a mark of their own. */
  alone: readonly SeenDevice[]
  /** What else is drawn, and how far it reaches. */
  groups: readonly PlacedMark[]
  background: LabelSpace
}

export interface DeviceLabels {
  /** Places them anew when their second is over, and at once when something else is wrong or the map is another. */
  place(scene: Scene, options: LabelOptions): void
  of(id: string): PlacedLabel | undefined
  ids(): Iterable<string>
  /** Where labels were put, px of the map. */
  covered(): readonly Rect[]
}

/** Labels are placed each second, which is when ages are said anew; a busy page may be late by as much again. */
const placeEveryMs = 950
const placedForMs = 2000
/** More than these find no place on any glass, and to measure their words would cost a tenth of a second. */
const maxWishes = 600
/** A bus that turns meanwhile leaves its way by less than it drives in a second at 60 km/h, m. */
const offWayM = 17

const classOf = (device: SeenDevice): MarkClass =>
  hasCondition(device) ? 'wrong' : device.look.moving ? 'moving' : 'rest'

/** What is wrong comes first, the worst of it before the rest; then what somebody looks at; then what moves. */
function priorityOf(device: SeenDevice, scene: Scene): number {
  if (hasCondition(device)) return badness(device) - 1000
  if (device.id === scene.focusedId) return 0
  return device.look.moving ? 1 : 2
}

interface Candidate {
  device: SeenDevice
  mark: PlacedMark
  priority: number
}

/** Always the same ones, so that none comes and goes. */
function firstOf(candidates: Candidate[]): readonly Candidate[] {
  if (candidates.length <= maxWishes) return candidates
  const byName = (a: string, b: string) => (a < b ? -1 : Number(a > b))
  candidates.sort((a, b) => a.priority - b.priority || byName(a.device.name, b.device.name))
  return candidates.slice(0, maxWishes)
}

/** What cannot wait for the next second. */
function causeOf({ projection, seams, u, focusedId }: Scene, { alone, groups, background }: LabelOptions): unknown[] {
  const wrong = alone.filter(hasCondition).map(({ id, state }) => `${id} ${state}`)
  return [projection, seams, u, focusedId, background, wrong.join(), groups.map((one) => one.id + one.class).join()]
}

/** Gives each device's label a place beside its mark, where it is drawn now and will be until they are placed again. */
export function createDeviceLabels({ pen, position }: { pen: Pen; position: MoverPosition }): DeviceLabels {
  const placement = createLabelPlacement()
  let labels: ReadonlyMap<string, PlacedLabel> = new Map()
  let placedAtMs = Number.NEGATIVE_INFINITY
  let cause: readonly unknown[] = []

  function isPlaced(scene: Scene, options: LabelOptions): boolean {
    const { nowMs } = scene.city.moment
    const next = causeOf(scene, options)
    const sinceMs = nowMs - placedAtMs
    const same = next.every((part, i) => part === cause[i])
    if (same && sinceMs >= 0 && sinceMs < placeEveryMs) return true
    cause = next
    placedAtMs = nowMs
    return false
  }

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

  function wishOf({ device, mark, priority }: Candidate, scene: Scene): LabelWish | undefined {
    const texts = scene.label(device).map((text) => ({
      text,
      width: pen.measureText(text).width,
      height: mapFontPx(scene.u) * 1.15,
    }))
    if (texts.length === 0) return undefined
    const { name } = device
    return { mark, texts, name, radius: mark.reach / markReach, priority }
  }

  return {
    of: (id) => labels.get(id),
    ids: () => labels.keys(),
    covered: () => [...labels.values()].map(({ covers }) => covers),
    place(scene, options) {
      if (isPlaced(scene, options)) return
      const { alone, groups, background } = options
      pen.font = mapFont(scene.u)
      const marks: PlacedMark[] = [...groups]
      const candidates: Candidate[] = []
      for (const device of alone) {
        const mark = placedMark(device, scene)
        if (mark === undefined) continue
        marks.push(mark)
        candidates.push({ device, mark, priority: priorityOf(device, scene) })
      }
      const wishes = firstOf(candidates).flatMap((one) => wishOf(one, scene) ?? [])
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

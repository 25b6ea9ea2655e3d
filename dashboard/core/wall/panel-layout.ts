import type { Rect } from '../../map/labels.ts'
import { type Glass, linesOn, type Pane } from './display-geometry.ts'

/** What a view wants to show on a wall of several monitors; the first is worth most. */
export interface WantedPanel {
  name: string
  /** Monitors that it likes to have, one part on each. */
  likes: number
  /** Monitors that it can be parted over. */
  most: number
  /** It may lie across seams, as one rectangle: a map. */
  spreads?: boolean
  /** Only on monitors that nobody else has. */
  spare?: boolean
}

/** Where a panel, or a part of it, stands in the picture. */
export interface PanelPlace extends Rect {
  /** Cap height of primary text there, px. */
  u: number
}

/** For each panel that is shown, its places. */
export type Places = Readonly<Record<string, readonly PanelPlace[]>>

/** Lines over the whole width of the picture that no panel may cover, px. */
export interface FrameLines {
  topPx: number
  footPx: number
}

/** A monitor, and what of it is left for panels. */
interface Seat {
  pane: Pane
  body: PanelPlace
}

/** Panels with fewer lines than this say nothing. */
const minLines = 8

/** Gives each panel of a view its monitors: the map a rectangle of them, the others their own, column by column. */
export function placePanels(glass: Glass, wanted: readonly WantedPanel[], frame: FrameLines): Places {
  const all = glass.panes.map((pane) => ({ pane, body: bodyOf(pane, glass, frame) }))
  const seats = all.toSorted((a, b) => a.pane.x - b.pane.x || a.pane.y - b.pane.y)
  const main = wanted.filter(({ spare = false }) => !spare)
  const map = main.find(({ spreads = false }) => spreads)
  const others = main.filter((one) => one !== map)
  const spread = map === undefined ? [] : largestRectangle(seats, ...monitorsOfMap(seats.length, others))
  const free = seats.filter((seat) => !spread.includes(seat))
  const { places, left } = share(others, free)
  if (map !== undefined) places[map.name] = [around(spread)]
  return { ...places, ...placeSpares(wanted, left) }
}

function bodyOf(pane: Pane, { height }: Glass, { topPx, footPx }: FrameLines): PanelPlace {
  const y = Math.max(pane.y, topPx)
  const bottom = Math.min(pane.y + pane.height, height - footPx)
  return { x: pane.x, y, width: pane.width, height: Math.max(0, bottom - y), u: pane.u }
}

/** At least what the others cannot fill, at most a third of the wall, and never all of it. */
function monitorsOfMap(count: number, others: readonly WantedPanel[]): [least: number, most: number] {
  if (others.length === 0) return [count, count]
  const least = Math.max(1, count - others.reduce((sum, { most }) => sum + most, 0))
  return [least, Math.max(least, Math.min(count - 1, Math.round(count / 3)))]
}

/**
 * The monitors, about so many, that together are a rectangle and hold the largest square: the city is about as wide as it
 * is high.
 */
function largestRectangle(seats: readonly Seat[], least: number, most: number): Seat[] {
  const candidates = seats.flatMap((from) =>
    seats.flatMap((to) => {
      const box = boxOf([from.pane, to.pane])
      if (box.x !== from.pane.x || box.y !== from.pane.y) return []
      const inside = seats.filter(({ pane }) => contains(box, pane))
      const covered = inside.reduce((sum, { pane }) => sum + pane.width * pane.height, 0)
      const full = Math.abs(covered - box.width * box.height) < 1
      return full && inside.length <= most ? [{ inside, box, side: Math.min(box.width, box.height) }] : []
    }),
  )
  const [best] = candidates.toSorted(
    (a, b) =>
      Number(b.inside.length >= least) - Number(a.inside.length >= least) ||
      b.side - a.side ||
      a.inside.length - b.inside.length ||
      a.box.x - b.box.x ||
      a.box.y - b.box.y,
  )
  return best?.inside ?? seats.slice(0, 1)
}

function share(
  panels: readonly WantedPanel[],
  seats: readonly Seat[],
): { places: Record<string, PanelPlace[]>; left: Seat[] } {
  if (seats.length < panels.length) return { places: stack(panels, seats), left: [] }
  const counts = new Map(panels.map(({ name }) => [name, 1]))
  const countOf = ({ name }: WantedPanel): number => counts.get(name) ?? 1
  const poorest = (limit: 'likes' | 'most'): WantedPanel | undefined =>
    panels.filter((panel) => countOf(panel) < panel[limit]).toSorted((a, b) => countOf(a) - countOf(b))[0]
  for (let extra = seats.length - panels.length; extra > 0; extra--) {
    const panel = poorest('likes') ?? poorest('most')
    if (panel !== undefined) counts.set(panel.name, countOf(panel) + 1)
  }
  const left = [...seats]
  const places = Object.fromEntries(
    panels.map(({ name }) => [name, left.splice(0, counts.get(name)).map(({ body }) => body)]),
  )
  return { places, left }
}

/** Several panels on a monitor, one above the other, as far as each still has its lines. */
function stack(panels: readonly WantedPanel[], seats: readonly Seat[]): Record<string, PanelPlace[]> {
  const waiting = [...panels]
  const places: Record<string, PanelPlace[]> = {}
  seats.forEach(({ body }, i) => {
    const room = Math.max(1, Math.floor(linesOn(body.height, body.u) / minLines))
    const here = waiting.splice(0, Math.min(room, Math.ceil(waiting.length / (seats.length - i))))
    const height = body.height / Math.max(1, here.length)
    here.forEach(({ name }, n) => {
      places[name] = [{ ...body, y: body.y + n * height, height }]
    })
  })
  return places
}

function placeSpares(wanted: readonly WantedPanel[], left: readonly Seat[]): Record<string, PanelPlace[]> {
  let free = [...left]
  const places: Record<string, PanelPlace[]> = {}
  for (const { name, most, spreads = false } of wanted.filter(({ spare = false }) => spare)) {
    if (free.length === 0) break
    const taken = spreads ? largestRectangle(free, free.length, free.length) : free.slice(0, most)
    places[name] = spreads ? [around(taken)] : taken.map(({ body }) => body)
    free = free.filter((seat) => !taken.includes(seat))
  }
  return places
}

/**
 * Members for each place in their order, evenly and never more than have room; `omitted`: those that have none anywhere.
 * Without places all of them are one part.
 */
export function spreadOver<T>(
  members: readonly T[],
  places: readonly PanelPlace[] | undefined,
  roomOn: (place: PanelPlace) => number,
): { parts: T[][]; omitted: number } {
  if (places === undefined) return { parts: [[...members]], omitted: 0 }
  const waiting = [...members]
  const parts = places.map((place, i) => {
    const later = places.slice(i + 1).reduce((sum, one) => sum + Math.max(1, roomOn(one)), 0)
    const even = Math.ceil(waiting.length / (places.length - i))
    // What does not fit on the later ones stands here, if it does.
    return waiting.splice(0, Math.min(Math.max(1, roomOn(place)), Math.max(even, waiting.length - later)))
  })
  return { parts, omitted: waiting.length }
}

const contains = (box: Rect, one: Rect): boolean =>
  one.x >= box.x && one.y >= box.y && one.x + one.width <= box.x + box.width && one.y + one.height <= box.y + box.height

function boxOf(rects: readonly Rect[]): Rect {
  const x = Math.min(...rects.map((rect) => rect.x))
  const y = Math.min(...rects.map((rect) => rect.y))
  const right = Math.max(...rects.map((rect) => rect.x + rect.width))
  const bottom = Math.max(...rects.map((rect) => rect.y + rect.height))
  return { x, y, width: right - x, height: bottom - y }
}

function around(seats: readonly Seat[]): PanelPlace {
  return { ...boxOf(seats.map(({ body }) => body)), u: Math.max(...seats.map(({ pane }) => pane.u)) }
}

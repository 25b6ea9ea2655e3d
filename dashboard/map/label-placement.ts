import {
  besideMark,
  createLabelSpace,
  grown,
  type LabelSide,
  type LabelSpace,
  type Rect,
  sides,
  swept,
} from './labels.ts'

/** How much a mark matters to labels: something is wrong with it, it moves, or neither. */
export type MarkClass = 'wrong' | 'moving' | 'rest'

/** A mark of the map, and how far it will have gone by the time that labels are placed again. */
export interface PlacedMark {
  id: string
  x: number
  y: number
  /** Half of what it covers, px. */
  reach: number
  class: MarkClass
  travel: { dx: number; dy: number }
}

/** Words with their size, px. */
export interface LabelText {
  text: string
  width: number
  height: number
}

export interface LabelWish {
  mark: PlacedMark
  /** Half the mark's height, px. */
  radius: number
  /** The first that finds a place is taken. */
  texts: readonly LabelText[]
  /** The lower come first. */
  priority: number
  /** Settles who is first among equals. */
  name: string
}

export interface Line {
  from: { x: number; y: number }
  to: { x: number; y: number }
}

/** A label with the place it was given. */
export interface PlacedLabel {
  text: string
  /** Relative to its mark, px. */
  rect: Rect
  /** Of a label that stands apart: where its line begins and ends, relative to its mark, px. */
  leader: Line | undefined
  /** Where its mark may be without the label touching anything; elsewhere it must not be drawn. */
  room: Rect
  /** Everything that it covers until labels are placed again, px of the map. */
  covers: Rect
}

interface Placing {
  wishes: readonly LabelWish[]
  marks: readonly PlacedMark[]
  size: { width: number; height: number }
  seams: readonly Rect[]
  /** What a label had better not cover: names of places. */
  background: LabelSpace
  /** What a mark may go beyond its travel, px. */
  slackPx: number
}

export interface LabelPlacement {
  place(placing: Placing): ReadonlyMap<string, PlacedLabel>
}

/** A label that was not there must find this much air around it, in its own height: it would come and go otherwise. */
const entryAir = 0.12
/** How far a label may stand off, in its height; beyond the first it is joined to its mark by a line. */
const rings: readonly number[] = [0, 1.3, 2.8]
/** With more labels than this nobody follows lines, and looking for the place costs too much. */
const maxForRings = 200
/** Of the path that a line must find free, px. */
const leaderPx = 4

interface Anchor {
  side: LabelSide
  ring: number
}

const anchors: readonly Anchor[] = rings.flatMap((ring) => sides.map((side) => ({ side, ring })))
const near = anchors.slice(0, sides.length)

interface Spaces {
  background: LabelSpace
  /** Labels, seams, and the marks that no label may ever cover. */
  taken: LabelSpace
  /** The other marks. */
  rest: LabelSpace
  slackPx: number
  anchors: readonly Anchor[]
}

interface Spot {
  anchor: Anchor
  text: string
  rect: Rect
  leader: Line | undefined
  covers: Rect
  /** What its line covers. */
  path: readonly Rect[]
}

/** The shortest line from a mark's edge to a rectangle. */
function leaderTo(rect: Rect, { mark }: LabelWish): Line {
  const x = Math.max(rect.x, Math.min(mark.x, rect.x + rect.width)) - mark.x
  const y = Math.max(rect.y, Math.min(mark.y, rect.y + rect.height)) - mark.y
  const edge = mark.reach / Math.max(mark.reach, Math.hypot(x, y))
  return { from: { x: x * edge, y: y * edge }, to: { x, y } }
}

/** The way of a line in small steps. */
function pathOf({ from, to }: Line, mark: PlacedMark, slackPx: number): Rect[] {
  const steps = Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) / (2 * leaderPx))
  return Array.from({ length: steps }, (_, i) => {
    const share = (i + 0.5) / steps
    const at = { x: mark.x + from.x + (to.x - from.x) * share, y: mark.y + from.y + (to.y - from.y) * share }
    const small = { x: at.x - leaderPx / 2, y: at.y - leaderPx / 2, width: leaderPx, height: leaderPx }
    return grown(swept(small, mark.travel), slackPx)
  })
}

function spotAt(wish: LabelWish, words: LabelText, anchor: Anchor, slackPx: number): Spot {
  const { mark, radius } = wish
  const rect = besideMark({ ...mark, radius }, words, anchor.side, anchor.ring * words.height)
  const leader = anchor.ring === 0 ? undefined : leaderTo(rect, wish)
  const covers = grown(swept(rect, mark.travel), slackPx)
  const path = leader === undefined ? [] : pathOf(leader, mark, slackPx)
  return { anchor, text: words.text, rect, leader, covers, path }
}

/** Whether a label may cover marks of what is well. */
type Manner = 'clear' | 'over-rest'

/** What the place before this one was worth does not count: a label that need not move stays. */
function chooseSpot(
  wish: LabelWish,
  words: LabelText,
  manner: Manner,
  last: Anchor | undefined,
  spaces: Spaces,
): Spot | undefined {
  const { id } = wish.mark
  const air = (spot: Spot): number => (spot.anchor === last ? 0 : words.height * entryAir)
  const fits = (spot: Spot, space: LabelSpace) => space.isFree(grown(spot.covers, air(spot)), id)
  const isFree = (spot: Spot) =>
    fits(spot, spaces.taken) &&
    (manner === 'over-rest' || fits(spot, spaces.rest)) &&
    spot.path.every((step) => spaces.taken.isFree(step, id))
  const at = (anchor: Anchor) => spotAt(wish, words, anchor, spaces.slackPx)
  const same = last === undefined ? undefined : at(last)
  if (same !== undefined && isFree(same)) return same
  let first: Spot | undefined
  for (const anchor of spaces.anchors) {
    if (first !== undefined && anchor.ring !== first.anchor.ring) break
    const spot = at(anchor)
    if (!isFree(spot)) continue
    if (spaces.background.isFree(spot.covers)) return spot
    first ??= spot
  }
  return first
}

/** Words and manners in the order in which they are tried. Only what is wrong may be named on top of what is well. */
function* attempts({ texts, mark }: LabelWish): Generator<readonly [LabelText, Manner]> {
  for (const words of texts) yield [words, 'clear']
  if (mark.class === 'wrong') for (const words of texts) yield [words, 'over-rest']
}

function firstSpot(wish: LabelWish, last: Anchor | undefined, spaces: Spaces): Spot | undefined {
  for (const [words, manner] of attempts(wish)) {
    const spot = chooseSpot(wish, words, manner, last, spaces)
    if (spot !== undefined) return spot
  }
  return undefined
}

function roomOf({ x, y, travel }: PlacedMark, slackPx: number): Rect {
  return grown(swept({ x, y, width: 0, height: 0 }, travel), slackPx)
}

/** Seams and marks; nothing is labelled yet. */
function emptySpaces(wishes: number, { marks, size, seams, background, slackPx }: Omit<Placing, 'wishes'>): Spaces {
  const [taken, rest] = [createLabelSpace({ ...size, blocked: seams }), createLabelSpace(size)]
  for (const { id, x, y, reach, travel, class: what } of marks) {
    const space = what === 'rest' ? rest : taken
    space.block(swept({ x: x - reach, y: y - reach, width: 2 * reach, height: 2 * reach }, travel), id)
  }
  return { background, taken, rest, slackPx, anchors: wishes > maxForRings ? near : anchors }
}

/**
 * Gives labels places beside their marks, or farther off with a line to them. No label covers another, a seam, the edge, or any mark; that of something wrong
 * may cover marks of what is well before it is left out. What finds no place has none. A label stays on its side, and
 * before those that were not there, for as long as it can.
 */
export function createLabelPlacement(): LabelPlacement {
  let last = new Map<string, Anchor>()

  function byPriority(a: LabelWish, b: LabelWish): number {
    const incumbent = Number(last.has(b.mark.id)) - Number(last.has(a.mark.id))
    return a.priority - b.priority || incumbent || (a.name < b.name ? -1 : Number(a.name > b.name))
  }

  return {
    place({ wishes, ...around }) {
      const spaces = emptySpaces(wishes.length, around)
      const placed = new Map<string, PlacedLabel>()
      const chosen = new Map<string, Anchor>()
      for (const wish of [...wishes].sort(byPriority)) {
        const { mark } = wish
        const spot = firstSpot(wish, last.get(mark.id), spaces)
        if (spot === undefined) continue
        const { anchor, text, rect, leader, covers, path } = spot
        for (const one of [covers, ...path]) spaces.taken.block(one)
        chosen.set(mark.id, anchor)
        const beside = { ...rect, x: rect.x - mark.x, y: rect.y - mark.y }
        placed.set(mark.id, { text, rect: beside, leader, room: roomOf(mark, around.slackPx), covers })
      }
      last = chosen
      return placed
    },
  }
}

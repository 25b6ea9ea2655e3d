import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  createLabelPlacement,
  type LabelPlacement,
  type LabelWish,
  type PlacedLabel,
  type PlacedMark,
} from '../../../dashboard/map/label-placement.ts'
import { createLabelSpace, overlap, type Rect, swept } from '../../../dashboard/map/labels.ts'

const size = { width: 800, height: 500 }
const seams: Rect[] = [
  { x: 382, y: 0, width: 36, height: 500 },
  { x: 0, y: 232, width: 800, height: 36 },
]
const slackPx = 2
const radius = 8

const mark = (id: string, x: number, y: number, more: Partial<PlacedMark> = {}): PlacedMark => ({
  ...{ id, x, y, reach: radius * 1.3, class: 'moving' as const, travel: { dx: 0, dy: 0 } },
  ...more,
})
const wish = (one: PlacedMark, more: Partial<LabelWish> = {}): LabelWish => ({
  ...{ mark: one, radius, name: one.id, priority: one.class === 'wrong' ? -1 : 1 },
  texts: [{ text: one.id, width: 70, height: 16 }],
  ...more,
})
const place = (placement: LabelPlacement, marks: readonly PlacedMark[], wishes = marks.map((one) => wish(one))) =>
  placement.place({ wishes, marks, size, seams, slackPx, background: createLabelSpace(size) })

const some = fc.record({
  // Half of them in a crowd around the crossing of the seams.
  x: fc.oneof(fc.double({ min: -20, max: 820, noNaN: true }), fc.double({ min: 300, max: 500, noNaN: true })),
  y: fc.oneof(fc.double({ min: -20, max: 520, noNaN: true }), fc.double({ min: 180, max: 320, noNaN: true })),
  class: fc.constantFrom('wrong' as const, 'moving' as const, 'rest' as const),
  travel: fc.record({
    dx: fc.double({ min: -15, max: 15, noNaN: true }),
    dy: fc.double({ min: -15, max: 15, noNaN: true }),
  }),
  width: fc.double({ min: 30, max: 220, noNaN: true }),
})

/** Marks at two or three moments that have nothing to do with one another: the worst that may happen to a placement. */
const city = fc.array(fc.array(some, { minLength: 5, maxLength: 40, size: 'max' }), { minLength: 2, maxLength: 3 })

const textsOf = (width: number) => [
  { text: 'name and state', width, height: 16 },
  { text: 'name', width: width / 2, height: 16 },
]

const reachOf = ({ x, y, reach, travel }: PlacedMark): Rect =>
  swept({ x: x - reach, y: y - reach, width: 2 * reach, height: 2 * reach }, travel)

/** Where the label may be drawn at all: at both ends of its mark's way, and as far off it as it may go. */
function drawnRects({ rect, room }: PlacedLabel): Rect[] {
  const corners = [0, room.width].flatMap((dx) => [0, room.height].map((dy) => ({ x: room.x + dx, y: room.y + dy })))
  return corners.map(({ x, y }) => ({ ...rect, x: rect.x + x, y: rect.y + y }))
}

/** What a label must keep away from. */
function forbidden(own: PlacedMark, marks: readonly PlacedMark[]): Rect[] {
  const others = marks.filter(({ id, class: what }) => id !== own.id && (own.class !== 'wrong' || what !== 'rest'))
  return [...seams, ...others.map(reachOf)]
}

function expectApart(placed: ReadonlyMap<string, PlacedLabel>, marks: readonly PlacedMark[]): void {
  const labels = [...placed].map(([id, label]) => ({ id, rects: drawnRects(label) }))
  for (const { id, rects } of labels) {
    const own = marks.find((one) => one.id === id)
    if (own === undefined) throw new Error(`a label of nothing: ${id}`)
    const others = [...forbidden(own, marks), ...labels.filter((one) => one.id !== id).flatMap((one) => one.rects)]
    for (const rect of rects) {
      expect(others.filter((one) => overlap(one, rect))).toEqual([])
      expect(Math.min(rect.x, rect.y, size.width - rect.x - rect.width)).toBeGreaterThanOrEqual(0)
      expect(rect.y + rect.height).toBeLessThanOrEqual(size.height)
    }
  }
}

test('no label covers another, a seam, the edge, or a mark that matters as much, wherever its mark goes', () => {
  fc.assert(
    fc.property(city, (rounds) => {
      const placement = createLabelPlacement()
      for (const round of rounds) {
        const marks = round.map(({ width: _width, x, y, ...more }, i) => mark(`m${i}`, x, y, more))
        const wishes = marks.map((one, i) => wish(one, { texts: textsOf(round[i]?.width ?? 0) }))
        expectApart(place(placement, marks, wishes), marks)
      }
    }),
    { numRuns: 150 },
  )
})

test('a label stays on its side while it can, also when a better one is free again', () => {
  const placement = createLabelPlacement()
  const bus = mark('bus', 100, 100)
  const besides = (placed: ReadonlyMap<string, PlacedLabel>) => Math.sign(placed.get('bus')?.rect.x ?? 0)
  expect(besides(place(placement, [bus]))).toBe(1)
  const blocked = [bus, mark('lamp', 130, 100, { class: 'rest' })]
  expect(besides(place(placement, blocked, [wish(bus)]))).toBe(-1)
  for (let x = 100; x < 200; x += 3) expect(besides(place(placement, [{ ...bus, x }]))).toBe(-1)
})

test('a label that is there stays before one of the same priority, and gives way to what is worse', () => {
  const placement = createLabelPlacement()
  // Only one side of both is free, and it is the same place.
  const narrow = { width: 150, height: 30 }
  const background = createLabelSpace(narrow)
  const at = (marks: readonly PlacedMark[]) => [
    ...placement
      .place({ wishes: marks.map((one) => wish(one)), marks, size: narrow, seams: [], slackPx, background })
      .keys(),
  ]
  const [b, a] = [mark('b', 15, 15), mark('a', 135, 15)]
  expect(at([b])).toEqual(['b'])
  expect(at([a, b])).toEqual(['b'])
  expect(at([{ ...a, class: 'wrong' }, b])).toEqual(['a'])
})

test('what is wrong is named on top of what is well before it is left out; nothing else is', () => {
  const steps = (most: number) => Array.from({ length: most / 25 - 1 }, (_, i) => (i + 1) * 25)
  const lamps = steps(800).flatMap((x) => steps(500).map((y) => mark(`lamp ${x} ${y}`, x, y, { class: 'rest' })))
  const named = (what: PlacedMark['class']) => {
    const own = mark('own', 600, 100, { class: what })
    const crowd = lamps.filter(({ x, y }) => x !== own.x || y !== own.y)
    return place(createLabelPlacement(), [own, ...crowd], [wish(own)]).has('own')
  }
  expect(named('wrong')).toBe(true)
  expect(named('moving')).toBe(false)
})

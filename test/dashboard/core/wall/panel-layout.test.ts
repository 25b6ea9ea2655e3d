import { describe, expect, test } from 'vitest'
import { describedGlass, type Glass } from '../../../../dashboard/core/wall/display-geometry.ts'
import { type Places, placePanels, spreadOver, type WantedPanel } from '../../../../dashboard/core/wall/panel-layout.ts'

const overview: WantedPanel[] = [
  { name: 'map', likes: 2, most: 9, spreads: true },
  { name: 'tiles', likes: 2, most: 4 },
  { name: 'list', likes: 1, most: 1 },
  { name: 'kinds', likes: 1, most: 1 },
]
const rivers: WantedPanel[] = [
  ...['a', 'b', 'c'].map((name) => ({ name, likes: 2, most: 2 })),
  { name: 'map', likes: 1, most: 9, spreads: true, spare: true },
]
const frame = { topPx: 100, footPx: 100 }
const grid = (cols: number, rows: number) => ({ cols, rows, panel: { w: 1920, h: 1080, diagonalIn: 55 } })
/** Four above, three wider ones below. */
const seven = {
  monitors: [0, 1, 2, 3]
    .map((i) => ({ x: 1440 * i, y: 0, w: 1440, h: 900, diagonalIn: 42 }))
    .concat([0, 1, 2].map((i) => ({ x: 1920 * i, y: 900, w: 1920, h: 1080, diagonalIn: 55 }))),
}
/** A large one, and three small ones at its side. */
const mixed = {
  monitors: [{ x: 0, y: 0, w: 3840, h: 2160, diagonalIn: 86 }].concat(
    [0, 1, 2].map((i) => ({ x: 3840, y: 720 * i, w: 1280, h: 720, diagonalIn: 32 })),
  ),
}
const walls = {
  ...{
    '3x2': grid(3, 2),
    '7x1': grid(7, 1),
    '1x2': grid(1, 2),
    '2x1': grid(2, 1),
    '4x3': grid(4, 3),
    '2x2': grid(2, 2),
  },
  ...{ '8x4': grid(8, 4), seven, mixed },
}
const glassOf = (name: keyof typeof walls): Glass =>
  describedGlass({ glazing: walls[name], bezelMm: 3.5, farthestViewerM: 5 }, undefined)
const shape = (places: Places) =>
  Object.fromEntries(Object.entries(places).map(([name, all]) => [name, all.map(({ x, y }) => `${x},${y}`)]))

test('three by two: the map on the first column, tiles on the second, a list on each of the others', () => {
  expect(shape(placePanels(glassOf('3x2'), overview, frame))).toEqual({
    ...{ map: ['0,100'], tiles: ['1920,100', '1920,1080'], list: ['3840,100'], kinds: ['3840,1080'] },
  })
  expect(shape(placePanels(glassOf('3x2'), rivers, frame))).toEqual({
    ...{ a: ['0,100', '0,1080'], b: ['1920,100', '1920,1080'], c: ['3840,100', '3840,1080'] },
  })
})

test('a large monitor has the map, whatever stands beside it', () => {
  const { map, ...others } = placePanels(glassOf('mixed'), overview, frame)
  expect(map).toMatchObject([{ x: 0, width: 3840 }])
  expect(shape(others)).toEqual({ tiles: ['3840,100'], list: ['3840,720'], kinds: ['3840,1440'] })
})

test('where there are more monitors than a screen can fill, its spare panels have them', () => {
  expect(placePanels(glassOf('seven'), rivers, frame).map).toHaveLength(1)
  expect(placePanels(glassOf('3x2'), rivers, frame).map).toBeUndefined()
})

test('where there are too few, the first panels stand, as many as still have their lines', () => {
  expect(Object.keys(placePanels(glassOf('1x2'), overview, frame))).toEqual(['tiles', 'map'])
  const near = describedGlass({ glazing: grid(1, 2), bezelMm: 3.5, farthestViewerM: 2 }, undefined)
  expect(Object.keys(placePanels(near, overview, frame))).toEqual(['tiles', 'list', 'kinds', 'map'])
})

describe.each(Object.keys(walls) as (keyof typeof walls)[])('on %s', (name) => {
  test.each([
    ['with a map', overview],
    ['without', rivers],
  ])('no panel covers another or a line, and none but the map crosses a seam (%s)', (_what, wanted) => {
    const glass = glassOf(name)
    const placed = Object.entries(placePanels(glass, wanted, frame)).flatMap(([panel, all]) =>
      all.map((place) => ({ panel, ...place })),
    )
    const touch = (a: (typeof placed)[number], b: (typeof placed)[number]) =>
      a.x < b.x + b.width - 0.01 &&
      b.x < a.x + a.width - 0.01 &&
      a.y < b.y + b.height - 0.01 &&
      b.y < a.y + a.height - 0.01
    expect(placed.flatMap((a, i) => placed.slice(i + 1).filter((b) => touch(a, b)))).toEqual([])
    for (const { panel, x, y, width, height } of placed) {
      expect(y).toBeGreaterThanOrEqual(frame.topPx)
      expect(y + height).toBeLessThanOrEqual(glass.height - frame.footPx)
      if (panel === 'map') continue
      const within = glass.panes.filter(
        (pane) =>
          x >= pane.x && y >= pane.y && x + width <= pane.x + pane.width && y + height <= pane.y + pane.height + 0.01,
      )
      expect(within, panel).toHaveLength(1)
    }
  })
})

describe('members of a panel over its places', () => {
  const place = (height: number) => ({ x: 0, y: 0, width: 100, height, u: 10 })
  const roomOn = ({ height }: { height: number }) => Math.floor(height / 100)
  const members = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
  test.each([
    ['evenly', [900, 900], ['abcd', 'efgh'], 0],
    ['in order, not more than have room', [200, 200, 900], ['ab', 'cd', 'efgh'], 0],
    ['the first take what the later cannot', [900, 200], ['abcdef', 'gh'], 0],
    ['the last of them nowhere, where there is no room', [200, 300], ['ab', 'cde'], 3],
    ['one at least', [50], ['a'], 7],
  ])('stand %s', (_how, heights, parts, omitted) => {
    const spread = spreadOver(members, heights.map(place), roomOn)
    expect([spread.parts.map((part) => part.join('')), spread.omitted]).toEqual([parts, omitted])
  })

  test('are one part where there are no places', () => {
    expect(spreadOver(members, undefined, roomOn)).toEqual({ parts: [members], omitted: 0 })
  })
})

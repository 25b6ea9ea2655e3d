import { describe, expect, test } from 'vitest'
import { describedGlass, guessedGlass, parseView, seamsOf } from '../../../../dashboard/core/wall/display-geometry.ts'

const at = (distanceM: number, glazing: Parameters<typeof describedGlass>[0]['glazing'], bezelMm = 3.5) =>
  describedGlass({ glazing, bezelMm, farthestViewerM: distanceM }, undefined)
const grid = (cols: number, rows: number, w: number, h: number, diagonalIn: number) => ({
  ...{ cols, rows, panel: { w, h, diagonalIn } },
})

describe('the cap height that is read from the farthest seat (AVIXA: distance / 150)', () => {
  test.each([
    ['3x2 of 46"', grid(3, 2, 1920, 1080, 46), 5, 63],
    ['3x2 of 49"', grid(3, 2, 1920, 1080, 49), 5, 59],
    ['3x2 of 55"', grid(3, 2, 1920, 1080, 55), 5, 53],
    ['3x2 of 55"', grid(3, 2, 1920, 1080, 55), 3, 32],
    ['one 86" 4K', grid(1, 1, 3840, 2160, 86), 4, 54],
    ['one 65" 4K', grid(1, 1, 3840, 2160, 65), 5, 89],
  ])('%s', (_what, glazing, distanceM, u) => {
    expect(Math.round(at(distanceM, glazing).u)).toBe(u)
  })

  test('is of its own on each monitor of a wall of different ones, and the largest for all of it', () => {
    const monitors = [
      { x: 0, y: 0, w: 3840, h: 2160, diagonalIn: 86 },
      { x: 3840, y: 0, w: 1080, h: 1920, diagonalIn: 32 },
    ]
    const { panes, u, width, height } = at(4, { monitors })
    expect(panes.map((pane) => Math.round(pane.u))).toEqual([54, 72])
    expect([Math.round(u), width, height]).toEqual([72, 4920, 2160])
  })
})

test.each([
  [grid(1, 1, 1920, 1080, 24), 0.7, 'desk'],
  [grid(1, 1, 3840, 2160, 86), 4, 'single'],
  [grid(1, 1, 1920, 1080, 55), 5, 'focus'],
  [grid(2, 1, 1920, 1080, 55), 5, 'tiled'],
] as const)('the layout follows from what can be read', (glazing, distanceM, layout) => {
  expect(at(distanceM, glazing).layout).toBe(layout)
})

test('nothing is written within the bezel and 12 px of where monitors meet, also where rows do not line up', () => {
  const monitors = [
    { x: 0, y: 0, w: 2000, h: 1000, diagonalIn: 50 },
    { x: 0, y: 1000, w: 1000, h: 1000, diagonalIn: 30 },
    { x: 1000, y: 1000, w: 1000, h: 1000, diagonalIn: 30 },
  ]
  const glass = at(5, { monitors }, 5.4)
  expect(glass.seamPx).toBe(12 + Math.ceil(5.4 / ((30 * 25.4) / Math.hypot(1000, 1000))))
  const seams = seamsOf({ x: 500, y: 500, width: 1000, height: 1000 }, glass)
  const written = (x: number, y: number) =>
    !seams.some((seam) => x >= seam.x && x < seam.x + seam.width && y >= seam.y && y < seam.y + seam.height)
  expect(written(250, 500)).toBe(false)
  expect(written(250, 470)).toBe(true)
  expect(written(500, 750)).toBe(false)
  // The upper monitor goes on where the lower ones meet.
  expect(written(500, 250)).toBe(true)
  expect(seamsOf({ x: 0, y: 0, width: 900, height: 900 }, glass)).toEqual([])
})

test('a window as wide as three monitors is taken for three by two; the address may say how large words are', () => {
  const guess = (width: number, height: number, search = '') =>
    guessedGlass({ width, height }, new URLSearchParams(search))
  expect(guess(5760, 2160)).toMatchObject({ layout: 'tiled', u: 53, panes: { length: 6 } })
  expect(guess(3840, 2160).layout).toBe('single')
  expect(guess(1920, 1080).layout).toBe('desk')
  expect(guess(390, 844).layout).toBe('phone')
  expect(guess(1920, 1080, 'u=53').layout).toBe('focus')
  expect(Math.round(guess(1920, 1080, 'distance=5&inch=55').u)).toBe(53)
})

test('a part of the picture is four whole numbers', () => {
  expect(parseView('1920,0,1920,1080')).toEqual({ x: 1920, y: 0, width: 1920, height: 1080 })
  for (const text of [null, '', '1,2,3', '1,2,3,4,5', '0,0,0,10', '-1,0,10,10', 'a,b,c,d', '0,0,1.5,2'])
    expect(parseView(text)).toBeUndefined()
})

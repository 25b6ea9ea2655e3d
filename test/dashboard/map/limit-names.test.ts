import fc from 'fast-check'
import { expect, test } from 'vitest'
import { spreadNames } from '../../../dashboard/map/limit-names.ts'

const room = { top: 0, bottom: 100, lineHeight: 18 }
const ys = (levels: readonly number[]) => spreadNames(levels, room).map(({ y }) => y)

test('names that have room stand at their levels', () => {
  expect(ys([80, 50, 20])).toEqual([80, 50, 20])
})

test('names that would cover one another are moved apart, the lowest stays where it is', () => {
  expect(ys([60, 55, 50])).toEqual([60, 42, 24])
})

test('what would be pushed out at the top pushes back', () => {
  expect(ys([30, 25, -200])).toEqual([45, 27, 9])
})

test('where there is not room for all, those that the water reaches first have theirs', () => {
  expect(spreadNames([30, 20, 10], { ...room, bottom: 40 }).map(({ index }) => index)).toEqual([0, 1])
})

test('no two names ever touch, and none leaves its room', () => {
  const levels = fc.array(fc.double({ min: -500, max: 500, noNaN: true }), { maxLength: 4 })
  fc.assert(
    fc.property(levels, fc.double({ min: 0, max: 200, noNaN: true }), (found, bottom) => {
      const places = spreadNames(
        found.sort((a, b) => b - a),
        { ...room, bottom },
      )
      for (const [i, { y }] of places.entries()) {
        expect(y).toBeGreaterThanOrEqual(9 - 1e-9)
        expect(y).toBeLessThanOrEqual(bottom - 9 + 1e-9)
        expect((places[i - 1]?.y ?? Number.POSITIVE_INFINITY) - y).toBeGreaterThanOrEqual(18 - 1e-9)
      }
    }),
  )
})

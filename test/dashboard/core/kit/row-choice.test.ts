import { expect, test } from 'vitest'
import {
  extentOf,
  kept,
  nothingChosen,
  ranged,
  toggled,
  withAll,
  without,
} from '../../../../dashboard/core/kit/row-choice.ts'

const shown = ['a', 'b', 'c', 'd', 'e', 'f']
const ids = ({ ids: chosen }: { ids: ReadonlySet<string> }) =>
  [...chosen].sort((one, other) => one.localeCompare(other))
const b = toggled(nothingChosen, 'b')

test('a row is chosen, and no longer chosen', () => {
  expect(ids(b)).toEqual(['b'])
  expect(ids(toggled(toggled(b, 'e'), 'b'))).toEqual(['e'])
})

test('a range goes from the row chosen last, in both directions', () => {
  expect(ids(ranged(b, shown, { from: 'b', to: 'd' }))).toEqual(['b', 'c', 'd'])
  expect(ids(ranged(b, shown, { from: 'b', to: 'a' }))).toEqual(['a', 'b'])
})

test('a range grows, shrinks and turns round without leaving anything behind, and keeps what was chosen before it', () => {
  let choice = toggled(toggled(nothingChosen, 'f'), 'b')
  for (const to of ['c', 'd', 'e']) choice = ranged(choice, shown, { from: 'b', to })
  expect(ids(choice)).toEqual(['b', 'c', 'd', 'e', 'f'])
  for (const to of ['d', 'c']) choice = ranged(choice, shown, { from: 'b', to })
  expect(ids(choice)).toEqual(['b', 'c', 'f'])
  expect(ids(ranged(choice, shown, { from: 'b', to: 'a' }))).toEqual(['a', 'b', 'f'])
})

test('where nothing was chosen before, or what was is filtered away, a range begins where the keyboard is', () => {
  expect(ids(ranged(nothingChosen, shown, { from: 'c', to: 'd' }))).toEqual(['c', 'd'])
  const hidden = toggled(nothingChosen, 'hidden')
  expect(ids(ranged(hidden, shown, { from: 'c', to: 'd' }))).toEqual(['c', 'd', 'hidden'])
})

test('a range follows the order that is shown now, and the choice outlives a new one', () => {
  expect(ids(ranged(b, shown.toReversed(), { from: 'b', to: 'd' }))).toEqual(['b', 'c', 'd'])
  expect(ids(ranged(b, ['d', 'b', 'a', 'c'], { from: 'b', to: 'a' }))).toEqual(['a', 'b'])
})

test('all that is shown is chosen beside what is not, and taken away alone', () => {
  const hidden = toggled(nothingChosen, 'hidden')
  const all = withAll(hidden, shown)
  expect(ids(all)).toEqual([...shown, 'hidden'])
  expect(ids(without(all, shown))).toEqual(['hidden'])
})

test('a device that is removed is chosen no longer, also not when it comes back', () => {
  const three = ranged(b, shown, { from: 'b', to: 'd' })
  const left = kept(three, new Set(['a', 'b', 'd']))
  expect(ids(left)).toEqual(['b', 'd'])
  expect(ids(kept(left, new Set(shown)))).toEqual(['b', 'd'])
  expect(kept(three, new Set(shown))).toBe(three)
})

test('the box of the head row tells none, some and all of what is shown', () => {
  expect(extentOf(nothingChosen, shown)).toBe('none')
  expect(extentOf(nothingChosen, [])).toBe('none')
  expect(extentOf(toggled(nothingChosen, 'hidden'), shown)).toBe('none')
  expect(extentOf(b, shown)).toBe('some')
  expect(extentOf(withAll(b, shown), shown)).toBe('all')
})

import { expect, test } from 'vitest'
import { axisDecimals } from '../../../../dashboard/core/kit/axis.ts'

test.each([
  [1, 0],
  [250, 0],
  [0.5, 1],
  [0.2, 1],
  [0.25, 2],
  [0.05, 2],
  [0.001, 3],
  [1e-9, 4],
  [0, 4],
])('marks %d apart need %d decimals', (stepSize, decimals) => {
  expect(axisDecimals(stepSize)).toBe(decimals)
})

test('two marks never read the same', () => {
  for (const stepSize of [0.1, 0.2, 0.25, 0.5, 1, 2, 2.5, 5, 10]) {
    const marks = [0, 1, 2, 3, 4].map((i) => (i * stepSize).toFixed(axisDecimals(stepSize)))
    expect(new Set(marks).size).toBe(5)
  }
})

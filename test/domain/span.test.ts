import { expect, test } from 'vitest'
import { isWithin, type Span, unionOf } from '../../domain/span.ts'

const span = (fromMs: number, untilMs: number): Span => ({ fromMs, untilMs })

test.each([
  [9, false],
  [10, true],
  [19, true],
  [20, false],
])('a span from 10 until 20: %i lies in it: %s', (atMs, within) => {
  expect(isWithin(span(10, 20), atMs)).toBe(within)
})

test('nothing lies in no span, nor in an empty one', () => {
  expect(isWithin(null, 0)).toBe(false)
  expect(isWithin(span(5, 5), 5)).toBe(false)
})

test.each<[string, Span[], Span[]]>([
  ['none', [], []],
  ['apart', [span(30, 40), span(10, 20)], [span(10, 20), span(30, 40)]],
  ['overlapping', [span(10, 20), span(15, 40)], [span(10, 40)]],
  ['touching', [span(20, 30), span(10, 20)], [span(10, 30)]],
  ['one in another', [span(10, 50), span(20, 30), span(45, 60)], [span(10, 60)]],
])('spans that are %s', (_how, spans, union) => {
  const before = structuredClone(spans)
  expect(unionOf(spans)).toEqual(union)
  expect(spans).toEqual(before)
})

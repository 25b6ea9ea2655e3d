import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type LabelledMark, type StackedLabel, stackLabels } from '../../../../dashboard/core/movement/stack-labels.ts'

const mark = (atPx: number, ...widthsPx: number[]): LabelledMark => ({ atPx, widthsPx })

/** Where the words of each line stand, in their order. */
function spans(marks: readonly LabelledMark[], labels: readonly StackedLabel[], line: number): [number, number][] {
  return labels
    .flatMap((label, i): [number, number][] => {
      const { atPx, widthsPx } = marks[i] ?? mark(0)
      const half = label?.line === line ? (widthsPx[label.words] ?? 0) / 2 : undefined
      return half === undefined ? [] : [[atPx - half, atPx + half]]
    })
    .sort(([a], [b]) => a - b)
}

describe('labels of marks on a strip', () => {
  test('say most where there is room', () => {
    expect(stackLabels([mark(100, 90, 30), mark(300, 90, 30)], 2)).toEqual([
      { line: 0, words: 0 },
      { line: 0, words: 0 },
    ])
  })

  test('of neighbours stand on two lines', () => {
    expect(stackLabels([mark(100, 90, 30), mark(110, 90, 30)], 2)).toEqual([
      { line: 0, words: 0 },
      { line: 1, words: 0 },
    ])
  })

  test('say less before one of them is left out, and the third of three at one place is', () => {
    expect(stackLabels([mark(100, 90, 30), mark(140, 90, 30)], 1)).toEqual([
      { line: 0, words: 1 },
      { line: 0, words: 1 },
    ])
    expect(stackLabels([mark(100, 30), mark(100, 30), mark(100, 30)], 2)).toEqual([
      { line: 0, words: 0 },
      { line: 1, words: 0 },
      undefined,
    ])
  })

  const someMark = fc
    .record({ atPx: fc.integer({ min: 0, max: 600 }), short: fc.integer({ min: 5, max: 60 }), more: fc.nat(90) })
    .map(({ atPx, short, more }) => mark(atPx, short + more, short))
  const strip = fc.record({ marks: fc.array(someMark, { maxLength: 30 }), lines: fc.integer({ min: 1, max: 3 }) })
  const linesOf = (marks: readonly LabelledMark[], lines: number) => {
    const labels = stackLabels(marks, lines)
    return Array.from({ length: lines }, (_, line) => spans(marks, labels, line))
  }

  test('never stand on one another', () => {
    fc.assert(
      fc.property(strip, ({ marks, lines }) => {
        const gaps = linesOf(marks, lines).flatMap((all) => all.slice(1).map(([from], i) => from - (all[i]?.[1] ?? 0)))
        expect(gaps.filter((gap) => gap < 0)).toEqual([])
      }),
    )
  })

  test('are left out only where there is room for no words', () => {
    fc.assert(
      fc.property(strip, ({ marks, lines }) => {
        const silent = stackLabels(marks, lines).flatMap((label, i) => (label === undefined ? (marks[i] ?? []) : []))
        const hasRoom = ({ atPx, widthsPx }: LabelledMark) => {
          const half = (widthsPx.at(-1) ?? 0) / 2
          return linesOf(marks, lines).some((all) =>
            all.every(([from, to]) => to <= atPx - half || from >= atPx + half),
          )
        }
        expect(silent.filter(hasRoom)).toEqual([])
      }),
    )
  })
})

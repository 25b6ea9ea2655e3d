/** A mark on a strip with what may be written at it. */
export interface LabelledMark {
  /** Along the strip, px. */
  atPx: number
  /** Widths of its words, px, those that say most first. */
  widthsPx: readonly number[]
}

/** Where the words of a mark stand: which line, and which of its words; `undefined`: there is no room for any. */
export type StackedLabel = { line: number; words: number } | undefined

interface Placed {
  mark: number
  words: number
  fromPx: number
  toPx: number
}

/**
 * Lines of text above one another so that none covers its neighbour. As many marks as can be get their shortest words;
 * these give way to longer ones where there is room.
 */
export function stackLabels(marks: readonly LabelledMark[], lines: number): StackedLabel[] {
  const placed: Placed[][] = Array.from({ length: lines }, () => [])
  const spanOf = (mark: number, words: number): Placed => {
    const { atPx, widthsPx } = marks[mark] ?? { atPx: 0, widthsPx: [] }
    const half = (widthsPx[words] ?? 0) / 2
    return { mark, words, fromPx: atPx - half, toPx: atPx + half }
  }
  const inOrder = marks.map((_mark, i) => i).sort((a, b) => (marks[a]?.atPx ?? 0) - (marks[b]?.atPx ?? 0))
  for (const mark of inOrder) {
    const span = spanOf(mark, (marks[mark]?.widthsPx.length ?? 1) - 1)
    placed.find((line) => (line.at(-1)?.toPx ?? Number.NEGATIVE_INFINITY) <= span.fromPx)?.push(span)
  }
  const found: StackedLabel[] = marks.map(() => undefined)
  for (const [line, spans] of placed.entries()) {
    for (const [i, short] of spans.entries()) {
      const fits = ({ fromPx, toPx }: Placed) =>
        fromPx >= (spans[i - 1]?.toPx ?? Number.NEGATIVE_INFINITY) &&
        toPx <= (spans[i + 1]?.fromPx ?? Number.POSITIVE_INFINITY)
      const longer = Array.from({ length: short.words }, (_, words) => spanOf(short.mark, words)).find(fits)
      const chosen = longer ?? short
      spans[i] = chosen
      found[chosen.mark] = { line, words: chosen.words }
    }
  }
  return found
}

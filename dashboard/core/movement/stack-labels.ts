/** Lines of text above one another so that none covers its neighbour: for each mark, in px along the strip, its line. */
export function stackLabels(positionsPx: readonly number[], widthsPx: readonly number[], lines: number): number[] {
  const ends: number[] = Array.from({ length: lines }, () => Number.NEGATIVE_INFINITY)
  const order = positionsPx.map((_px, i) => i).sort((a, b) => (positionsPx[a] ?? 0) - (positionsPx[b] ?? 0))
  const line: number[] = positionsPx.map(() => 0)
  for (const i of order) {
    const [at, width] = [positionsPx[i] ?? 0, widthsPx[i] ?? 0]
    const free = ends.findIndex((end) => at - width / 2 >= end)
    const chosen = free === -1 ? ends.indexOf(Math.min(...ends)) : free
    ends[chosen] = at + width / 2
    line[i] = chosen
  }
  return line
}

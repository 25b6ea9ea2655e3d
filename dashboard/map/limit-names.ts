/** Where the name of a level stands beside a chart, px from its top. */
export interface NamePlace {
  index: number
  y: number
}

/**
 * Spreads names that would cover one another: each as near to its level as those below it allow, all of them between
 * `top` and `bottom`. Levels come from the lowest up, so their y falls. Where there is not room for all, the lowest, which
 * are reached first, have theirs.
 */
export function spreadNames(
  levels: readonly number[],
  room: { top: number; bottom: number; lineHeight: number },
): NamePlace[] {
  const { top, bottom, lineHeight } = room
  const half = lineHeight / 2
  const count = Math.min(levels.length, Math.floor((bottom - top) / lineHeight))
  const places = levels.slice(0, count).map((level, index) => ({ index, y: Math.min(bottom - half, level) }))
  for (const [i, place] of places.entries()) {
    const below = places[i - 1]
    if (below !== undefined) place.y = Math.min(place.y, below.y - lineHeight)
  }
  // What was pushed over the upper end pushes back.
  let highest = top + half
  for (const place of places.toReversed()) {
    place.y = Math.max(place.y, highest)
    highest = place.y + lineHeight
  }
  return places
}

/** Which rows of a list are chosen, by id: so it outlives new data, another order and another filter. */
export interface RowChoice {
  ids: ReadonlySet<string>
  /** Where a range begins. */
  anchor: string | undefined
  /** What was chosen before the range, which may still grow or shrink. */
  before: ReadonlySet<string>
}

export const nothingChosen: RowChoice = { ids: new Set(), anchor: undefined, before: new Set() }

/** The row is chosen if it was not, and the other way round; ranges begin at it from now on. */
export function toggled({ ids }: RowChoice, id: string): RowChoice {
  const next = new Set(ids)
  if (!next.delete(id)) next.add(id)
  return { ids: next, anchor: id, before: next }
}

/**
 * Everything from the anchor to a row, in the order in which the list shows it; a range made just before gives way to it.
 *
 * @param from where the range begins if nothing was chosen before, or what was is out of sight
 */
export function ranged(choice: RowChoice, shown: readonly string[], range: { from: string; to: string }): RowChoice {
  const known = choice.anchor !== undefined && shown.includes(choice.anchor)
  const anchor = known ? choice.anchor : range.from
  const before = known ? choice.before : choice.ids
  const ends = [shown.indexOf(anchor ?? range.from), shown.indexOf(range.to)]
  if (ends.includes(-1)) return choice
  const between = shown.slice(Math.min(...ends), Math.max(...ends) + 1)
  return { ids: new Set([...before, ...between]), anchor, before }
}

/** All that is shown, beside what was chosen already. */
export function withAll({ ids }: RowChoice, shown: readonly string[]): RowChoice {
  const next = new Set([...ids, ...shown])
  return { ids: next, anchor: undefined, before: next }
}

export function without({ ids }: RowChoice, shown: readonly string[]): RowChoice {
  const gone = new Set(shown)
  const next = new Set([...ids].filter((id) => !gone.has(id)))
  return { ids: next, anchor: undefined, before: next }
}

/** What is still there; the same object if all of it is. */
export function kept(choice: RowChoice, present: ReadonlySet<string>): RowChoice {
  const { ids, anchor, before } = choice
  const still = (some: ReadonlySet<string>) => new Set([...some].filter((id) => present.has(id)))
  const left = still(ids)
  return left.size === ids.size ? choice : { ids: left, anchor, before: still(before) }
}

/** How much of what is shown is chosen, as the box of the head row tells it. */
export function extentOf({ ids }: RowChoice, shown: readonly string[]): 'none' | 'some' | 'all' {
  const chosen = shown.reduce((count, id) => count + Number(ids.has(id)), 0)
  if (chosen === 0) return 'none'
  return chosen === shown.length ? 'all' : 'some'
}

import { setImmediate } from 'node:timers/promises'
import type { Aggregation } from '../../contract/metrics.ts'
import {
  type AnsweringEngine,
  maxRangePoints,
  type Point,
  type Position,
  type RangeResult,
} from '../../contract/ports/telemetry.ts'

/** Sums of the same numbers in another order differ by so much at most, of their size. */
const sameWithin = 1e-9

function isSame(a: number, b: number): boolean {
  return a === b || Math.abs(a - b) <= sameWithin * Math.max(Math.abs(a), Math.abs(b))
}

/** About a millisecond's work. */
const pointsAtOnce = 5000

interface Merged<T> {
  list: T[]
  /** The first, or the second, has something here that the other has not. */
  firstTells: boolean
  secondTells: boolean
}

/** Past the end of a list. */
const never = Number.POSITIVE_INFINITY

type Timed = readonly [ms: number, ...rest: number[]]

const msOf = (entry: Timed | undefined): number => entry?.[0] ?? never

/** One list in order of time out of two; of one moment `first` is right, and what both say alike is `second`'s. */
function mergeSeries<T extends Timed>(first: readonly T[], second: readonly T[], beforeMs: number): Merged<T> {
  const merged: Merged<T> = { list: [], firstTells: false, secondTells: false }
  let [i, j] = [0, 0]
  for (;;) {
    const [one, two] = [first[i], second[j]]
    const [oneMs, twoMs] = [msOf(one), msOf(two)]
    if (Math.min(oneMs, twoMs) >= beforeMs) return merged
    take(merged, oneMs <= twoMs ? one : undefined, twoMs <= oneMs ? two : undefined)
    if (oneMs <= twoMs) i += 1
    if (twoMs <= oneMs) j += 1
  }
}

function take<T extends Timed>(merged: Merged<T>, first: T | undefined, second: T | undefined): void {
  if (first === undefined || second === undefined) {
    merged.firstTells ||= first !== undefined
    merged.secondTells ||= second !== undefined
    const only = first ?? second
    if (only !== undefined) merged.list.push(only)
    return
  }
  const alike = first.every((value, index) => isSame(value, second[index] ?? Number.NaN))
  merged.firstTells ||= !alike
  merged.list.push(alike ? second : first)
}

/** The moments of what was said most often: about as many as the page has rows. */
export function rowsOf({ metrics, positions }: Pick<RangeResult, 'metrics' | 'positions'>): readonly Timed[] {
  const lists: (readonly Timed[])[] = [...Object.values(metrics), positions]
  return lists.reduce((longest, list) => (list.length > longest.length ? list : longest), [])
}

function named(engines: readonly AnsweringEngine[]): AnsweringEngine {
  const names = new Set(engines.flatMap((engine) => engine.split('+')))
  const other = names.has('influx1') ? 'influx1' : 'influx2'
  if (names.size === 1) return names.has('sqlite') ? 'sqlite' : other
  return `sqlite+${other}`
}

/**
 * What two engines say of one span, in one answer. Of one moment `first` is right. It is `second`'s answer where that
 * lacks nothing, the first's where the second adds nothing, else that of both. Others get their turn between two metrics.
 */
export async function joinSameSpan(first: RangeResult, second: RangeResult, limit: number): Promise<RangeResult> {
  const nextMs = Math.min(first.nextFromMs ?? never, second.nextFromMs ?? never)
  const tells = new Set<RangeResult>()
  function merge<T extends Timed>(one: readonly T[] = [], two: readonly T[] = []): T[] {
    const merged = mergeSeries(one, two, nextMs)
    if (merged.firstTells) tells.add(first)
    if (merged.secondTells) tells.add(second)
    return merged.list
  }
  const metrics: Record<string, Point[]> = {}
  for (const name of new Set([...Object.keys(first.metrics), ...Object.keys(second.metrics)])) {
    const points = merge(own(first.metrics, name), own(second.metrics, name))
    if (points.length > 0) metrics[name] = points
    if (points.length > pointsAtOnce) await setImmediate()
  }
  const positions = merge<Position>(first.positions, second.positions)
  const joined: RangeResult = { engine: second.engine, metrics, positions }
  if (nextMs !== never) joined.nextFromMs = nextMs
  if (!tells.has(first)) return joined
  if (!tells.has(second)) return { ...joined, engine: first.engine }
  return cutAt({ ...joined, engine: named([first.engine, second.engine]) }, limit)
}

function own(metrics: Record<string, Point[]>, name: string): Point[] | undefined {
  return Object.hasOwn(metrics, name) ? metrics[name] : undefined
}

export function pointsIn({ metrics }: Pick<RangeResult, 'metrics'>): number {
  return Object.values(metrics).reduce((sum, { length }) => sum + length, 0)
}

/** Each of two engines kept to the limits; together they may be past them. */
export function cutAt(page: RangeResult, limit: number): RangeResult {
  const nextFromMs = Math.min(msOf(rowsOf(page)[limit]), tooMuchAt(page))
  if (nextFromMs === never) return page
  const before = <T extends Timed>(list: T[]) => list.filter(([ms]) => ms < nextFromMs)
  const metrics = Object.entries(page.metrics).map(([name, points]) => [name, before(points)] as const)
  return {
    ...page,
    metrics: Object.fromEntries(metrics.filter(([, points]) => points.length > 0)),
    positions: before(page.positions),
    nextFromMs,
  }
}

/** The moment whose points are past what one answer may have; of an answer of one moment none is. */
function tooMuchAt(page: Pick<RangeResult, 'metrics'>): number {
  if (pointsIn(page) <= maxRangePoints) return never
  const lists = Object.values(page.metrics)
  let low = Math.min(...lists.map((list) => msOf(list[0])))
  let high = Math.max(...lists.map((list) => msOf(list.at(-1))))
  // Before `low` and at it there is room, or nothing to cut; before `high` and at it there is not.
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    const until = lists.reduce((sum, list) => sum + countUntil(list, middle), 0)
    if (until <= maxRangePoints) low = middle
    else high = middle
  }
  return high > low ? high : never
}

/** Points up to a moment, with it. */
function countUntil(list: readonly Point[], ms: number): number {
  let [from, to] = [0, list.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if (msOf(list[middle]) <= ms) from = middle + 1
    else to = middle
  }
  return from
}

/** Answers of spans that follow one another. */
export function append(earlier: RangeResult, later: RangeResult): RangeResult {
  const metrics = { ...earlier.metrics }
  for (const [name, points] of Object.entries(later.metrics)) {
    metrics[name] = [...(own(earlier.metrics, name) ?? []), ...points]
  }
  const isEmpty = (result: RangeResult) => Object.keys(result.metrics).length === 0 && result.positions.length === 0
  const telling = [earlier, later].filter((result) => !isEmpty(result))
  return {
    engine: named((telling.length > 0 ? telling : [later]).map(({ engine }) => engine)),
    metrics,
    positions: [...earlier.positions, ...later.positions],
    ...(later.nextFromMs !== undefined && { nextFromMs: later.nextFromMs }),
  }
}

/** Of each bucket the engine that holds more readings of it is right; `counts` are theirs. */
export async function chooseFuller(
  local: { values: RangeResult; counts: RangeResult },
  remote: { values: RangeResult; counts: RangeResult },
): Promise<RangeResult> {
  const metrics: Record<string, Point[]> = {}
  for (const [name, points] of Object.entries(local.values.metrics)) {
    const [here, there] = [own(local.counts.metrics, name), own(remote.counts.metrics, name)]
    const hereBy = new Map(here)
    const thereBy = new Map(there)
    const fuller = points.filter(([ms]) => (hereBy.get(ms) ?? 0) > (thereBy.get(ms) ?? 0))
    if (fuller.length > 0) metrics[name] = fuller
  }
  return joinSameSpan(
    { ...local.values, ...cutWith(local), metrics },
    { ...remote.values, ...cutWith(remote) },
    Number.POSITIVE_INFINITY,
  )
}

/** What is counted and what is not end at the same bucket, unless something came in between. */
function cutWith({ values, counts }: { values: RangeResult; counts: RangeResult }): Pick<RangeResult, 'nextFromMs'> {
  const nextFromMs = Math.min(values.nextFromMs ?? never, counts.nextFromMs ?? never)
  return nextFromMs === never ? {} : { nextFromMs }
}

/** One bucket out of its two halves, the earlier one first. For a mean those of its sum and count. */
export function joinHalves(
  aggregate: Aggregation,
  halves: { earlier: RangeResult; later: RangeResult }[],
  bucketMs: number,
): RangeResult {
  const [values, counts] = halves.map(({ earlier, later }) => joinHalf(aggregate, earlier, later))
  const engine = named(halves.flatMap(({ earlier, later }) => [earlier.engine, later.engine]))
  const metrics = Object.entries(values ?? {}).map(([name, value]): [string, Point[]] => {
    const shown = aggregate === 'mean' ? value / (counts?.[name] ?? Number.NaN) : value
    return [name, [[bucketMs, shown]]]
  })
  return { engine, metrics: Object.fromEntries(metrics), positions: [] }
}

function joinHalf(aggregate: Aggregation, earlier: RangeResult, later: RangeResult): Record<string, number> {
  const joined = valuesOf(earlier)
  for (const [name, value] of Object.entries(valuesOf(later))) {
    const before = Object.hasOwn(joined, name) ? joined[name] : undefined
    joined[name] = before === undefined ? value : joiners[aggregate](before, value)
  }
  return joined
}

const joiners: Record<Aggregation, (earlier: number, later: number) => number> = {
  mean: (earlier, later) => earlier + later,
  sum: (earlier, later) => earlier + later,
  count: (earlier, later) => earlier + later,
  min: Math.min,
  max: Math.max,
  last: (_earlier, later) => later,
}

function valuesOf({ metrics }: RangeResult): Record<string, number> {
  return Object.fromEntries(Object.entries(metrics).map(([name, points]) => [name, points[0]?.[1] ?? Number.NaN]))
}

/** Whichever engine an answer may come from, by its settings. */
export function emptyRange(engine: AnsweringEngine): RangeResult {
  return { engine, metrics: {}, positions: [] }
}

import { hourMs, minuteMs } from '../../contract/time.ts'

/** A level as a gauge told it. */
export type LevelPoint = readonly [ms: number, levelM: number]

/** How a level changes, as far as what was heard lately says so. */
export interface WaterTrend {
  /** cm/h, negative when it falls; `null`: too little was heard, or it turned too lately for one rate to be true. */
  rateCmPerHour: number | null
  /** It has risen until now: only such a rate may be carried forward. */
  rising: boolean
  /** The highest level since it last rose, once it falls; `null` while it rises or where no rise was heard. */
  crest: { atMs: number; levelM: number } | null
}

export const unknownTrend: WaterTrend = { rateCmPerHour: null, rising: false, crest: null }

/** What is older says nothing of the present. */
export const trendReachMs = 3 * hourMs
/** From the longest: a rate is that of the longest time over which the water moved as one. */
const windowsMs = [20, 15, 10, 7, 5].map((minutes) => minutes * minuteMs)
/** A gauge that speaks seldom is judged by as many readings instead, within this. */
const longestMs = 45 * minuteMs
const minPoints = 4
const minPointsSlow = 3
/** Nothing newer for as long makes the rate one of the past, in intervals of the gauge and at least. */
const silentIntervals = 3
const minSilentMs = 5 * minuteMs
/** Only what has just been heard is carried forward. */
const newIntervals = 1.8
const minNewMs = 2 * minuteMs
/** Of a staff read by pressure or radar, m; what is known of this gauge takes its place. */
const defaultNoiseM = 0.02
const noiseRangeM = [0.002, 0.04] as const
const pointsForNoise = 8
/** What few readings say of their noise may be too little. */
const fewPoints = 3
/** Standard errors at which a movement is no chance, looked for each minute for years. */
const sure = 5
/** A slower change is called none. */
const minRateCmPerHour = 2
/** The halves of a time may differ by this share and still be one movement. */
const sameShare = 0.6
/** A rise whose second half is slower than this share of it is about to turn. */
const minShareOfRise = 0.35
/** A fall from a crest, or a rise before it, is at least this. */
const minCrestM = 0.05

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}

/** In order of time; of several at the same moment the last that was told. */
function ordered(points: readonly LevelPoint[], nowMs: number): LevelPoint[] {
  const known = new Map<number, number>()
  for (const [ms, levelM] of points) if (ms <= nowMs && ms > nowMs - trendReachMs) known.set(ms, levelM)
  return [...known].sort(([a], [b]) => a - b)
}

/**
 * Tukey's running median of three with his rule for the ends (Exploratory Data Analysis, 1977, ch. 7): a reading alone out of
 * line is gone, a rise or fall stays where it is.
 */
function smoothed(points: readonly LevelPoint[]): LevelPoint[] {
  const value = (i: number): number => points[i]?.[1] ?? Number.NaN
  const inner = points.map(([, levelM], i) =>
    i === 0 || i === points.length - 1 ? levelM : median([value(i - 1), levelM, value(i + 1)]),
  )
  const end = (at: number, next: number, after: number): number => {
    const [a, b] = [inner[next], inner[after]]
    return a === undefined || b === undefined ? value(at) : median([value(at), a, 3 * a - 2 * b])
  }
  const last = points.length - 1
  return points.map(([ms], i) => {
    const level = i === 0 ? end(0, 1, 2) : i === last ? end(last, last - 1, last - 2) : inner[i]
    return [ms, level ?? value(i)]
  })
}

/** Standard deviation of one reading, m: by how much readings leave the line between their neighbours. */
function noiseOf(points: readonly LevelPoint[]): number {
  if (points.length < pointsForNoise) return defaultNoiseM
  const off = points.slice(1, -1).flatMap(([ms, levelM], i) => {
    const [before, after] = [points[i], points[i + 2]]
    if (before === undefined || after === undefined) return []
    const share = (ms - before[0]) / (after[0] - before[0])
    const line = before[1] + share * (after[1] - before[1])
    return Math.abs(levelM - line) / Math.sqrt(1 + share ** 2 + (1 - share) ** 2)
  })
  // 0.6745: the median of what is off, in standard deviations of a normal spread.
  const found = (median(off) / 0.6745) * (1 + fewPoints / off.length)
  return Math.min(noiseRangeM[1], Math.max(noiseRangeM[0], found))
}

interface Slope {
  cmPerHour: number
  /** Standard error, cm/h. */
  error: number
}

/** Theil and Sen: the median of the slopes of all pairs; up to 29 % of readings may be wrong. */
function slopeOf(points: readonly LevelPoint[], noiseM: number): Slope | undefined {
  if (points.length < 2) return undefined
  const slopes = points.flatMap(([ms, levelM], i) =>
    points.slice(i + 1).map(([laterMs, later]) => (later - levelM) / (laterMs - ms)),
  )
  const meanMs = points.reduce((sum, [ms]) => sum + ms, 0) / points.length
  const spread = Math.sqrt(points.reduce((sum, [ms]) => sum + (ms - meanMs) ** 2, 0))
  return { cmPerHour: median(slopes) * hourMs * 100, error: (noiseM / spread) * hourMs * 100 }
}

/** Whether two halves of a time are one movement. */
function agree(a: Slope, b: Slope): boolean {
  const larger = Math.max(Math.abs(a.cmPerHour), Math.abs(b.cmPerHour))
  return Math.abs(a.cmPerHour - b.cmPerHour) <= sameShare * larger + sure * Math.hypot(a.error, b.error)
}

/** The points of the last so long; of a gauge that speaks seldom its last few. */
function since(points: readonly LevelPoint[], lastMs: number, spanMs: number): readonly LevelPoint[] {
  const recent = points.filter(([ms]) => ms >= lastMs - spanMs)
  if (recent.length >= minPoints || spanMs < (windowsMs[0] ?? 0)) return recent
  return points.slice(-minPoints).filter(([ms]) => ms >= lastMs - longestMs)
}

/** The present movement: of the longest time whose two halves agree. */
function movement(points: readonly LevelPoint[], lastMs: number, noiseM: number) {
  for (const spanMs of windowsMs) {
    const recent = since(points, lastMs, spanMs)
    const least = spanMs === windowsMs[0] ? minPointsSlow : minPoints
    if (recent.length < least) return undefined
    const middle = recent.length >> 1
    // An odd one in the middle belongs to both.
    const halves = [recent.slice(0, recent.length - middle), recent.slice(middle)] as const
    const [first, second] = [slopeOf(halves[0], noiseM), slopeOf(halves[1], noiseM)]
    const whole = slopeOf(recent, noiseM)
    if (first !== undefined && second !== undefined && whole !== undefined && agree(first, second))
      return { recent, whole, second: second.cmPerHour }
  }
  return undefined
}

/** A walk along the levels: which way they go, and where they turned last. */
interface Way {
  way: 'none' | 'up' | 'down'
  low: number
  high: LevelPoint
  crest: LevelPoint | undefined
}

/** One point further; only what moves by `minM` turns. */
function walked({ way, low, high, crest }: Way, point: LevelPoint, minM: number): Way {
  const [, levelM] = point
  const lower = way === 'up' ? low : Math.min(low, levelM)
  const higher = way !== 'down' && levelM > high[1] ? point : high
  if (way !== 'up' && levelM - lower >= minM) return { way: 'up', low: lower, high: point, crest: undefined }
  if (way !== 'down' && higher[1] - levelM >= minM)
    return { way: 'down', low: levelM, high: higher, crest: way === 'up' ? higher : undefined }
  return { way, low: lower, high: higher, crest }
}

/** The highest point of the last rise, where the water has fallen from it since. */
function crestOf(points: readonly LevelPoint[], noiseM: number): WaterTrend['crest'] {
  const least = Math.max(minCrestM, 4 * noiseM)
  let state: Way = { way: 'none', low: Number.POSITIVE_INFINITY, high: [0, Number.NEGATIVE_INFINITY], crest: undefined }
  for (const point of points) state = walked(state, point, least)
  const { crest } = state
  return crest === undefined ? null : { atMs: crest[0], levelM: crest[1] }
}

/** Of the last readings as they came, cm/h: of as few as rise at this rate by more than their noise, and three at least. */
function tailSlope(heard: readonly LevelPoint[], { cmPerHour }: Slope, noiseM: number): number {
  const enoughMs = ((4 * noiseM * 100) / Math.abs(cmPerHour)) * hourMs
  const [lastMs = 0] = heard.at(-1) ?? []
  const from = heard.findLastIndex(([ms]) => lastMs - ms >= enoughMs)
  const tail = heard.slice(Math.max(0, Math.min(from, heard.length - minPointsSlow)))
  return slopeOf(tail, noiseM)?.cmPerHour ?? 0
}

/** The usual time between readings, ms. */
function intervalOf(points: readonly LevelPoint[]): number {
  const steps = points.slice(1).map(([ms], i) => ms - (points[i]?.[0] ?? ms))
  return steps.length === 0 ? 0 : median(steps)
}

/**
 * How the water moves at `nowMs`, of what one gauge told, in any order. A rate is told only of a movement that has gone on
 * until now: none where the water turned since, none of noise, none where nothing new was heard.
 */
export function waterTrend(points: readonly LevelPoint[], nowMs: number): WaterTrend {
  const heard = ordered(points, nowMs)
  const [lastMs = 0] = heard.at(-1) ?? []
  const intervalMs = intervalOf(heard)
  if (heard.length === 0 || nowMs - lastMs > Math.max(minSilentMs, silentIntervals * intervalMs)) return unknownTrend
  const noiseM = noiseOf(heard)
  const clean = smoothed(heard)
  const crest = crestOf(clean, noiseM)
  const present = movement(clean, lastMs, noiseM)
  if (present === undefined) return { ...unknownTrend, crest }
  const { recent, whole, second } = present
  const { cmPerHour } = whole
  const sureOf = Math.abs(cmPerHour) > Math.max(minRateCmPerHour, sure * whole.error)
  if (!sureOf) return { rateCmPerHour: 0, rising: false, crest }
  const top = Math.max(...recent.map(([, levelM]) => levelM))
  const atTop = (recent.at(-1)?.[1] ?? Number.NEGATIVE_INFINITY) >= top - 2 * noiseM
  const goesOn = [second, tailSlope(heard, whole, noiseM)].every((slope) => slope > cmPerHour * minShareOfRise)
  const isNew = nowMs - lastMs <= Math.max(minNewMs, newIntervals * intervalMs)
  // A newest reading out of line is right or wrong: the next one tells.
  const offM = Math.abs((heard.at(-1)?.[1] ?? 0) - (clean.at(-1)?.[1] ?? 0))
  const inLine = offM <= Math.max(6 * noiseM, (Math.abs(cmPerHour) / 100) * (intervalMs / hourMs))
  const rising = cmPerHour > 0 && goesOn && atTop && isNew && inLine
  // What rose until lately and does not any more has no rate that is true of now.
  if (cmPerHour > 0 && !rising) return { rateCmPerHour: null, rising, crest }
  return { rateCmPerHour: cmPerHour, rising, crest: rising ? null : crest }
}

import { isLive } from '../../contract/state.ts'
import type { SeenDevice } from './city.ts'
import { distanceM } from './geo.ts'
import { type Moment, renderLive } from './live.ts'

/** Where a river is measured; the shape of `river-posts.json`. */
export interface RiverPost {
  id: string
  name: string
  riverId: string
  lat: number
  lon: number
  /** Along the river from its upper end, m. */
  distanceM: number
  /** Levels of the staff at which each siaga begins, m; 1 is the gravest. */
  siagaM: Record<1 | 2 | 3, number>
}

/** 4 is normal, 1 the gravest: the words of BPBD. */
export type Siaga = 1 | 2 | 3 | 4

/** A post with the gauge that stands there, and what its level means now. */
export interface PostLevel {
  post: RiverPost
  gauge: SeenDevice | undefined
  /** Only of a level that may count as the present. */
  siaga: Siaga | null
  /** Height of the present level in the bar, 0 to 1. */
  share: number | null
  levelM: number | null
}

/** A gauge further from a post than this measures something else. */
const atPostM = 300
/** The bar ends this much above the gravest mark. */
const barEnd = 1.15

export const levelMetric = 'water_level_m'

export function siagaOf(levelM: number, siagaM: RiverPost['siagaM']): Siaga {
  if (levelM >= siagaM[1]) return 1
  if (levelM >= siagaM[2]) return 2
  return levelM >= siagaM[3] ? 3 : 4
}

/** Where a level stands in its post's bar, 0 to 1. */
export function shareOfBar(levelM: number, siagaM: RiverPost['siagaM']): number {
  return Math.min(1, Math.max(0, levelM / (siagaM[1] * barEnd)))
}

function gaugeAt(post: RiverPost, gauges: readonly SeenDevice[]): SeenDevice | undefined {
  let best: { gauge: SeenDevice; m: number } | undefined
  for (const gauge of gauges) {
    const m = gauge.place === null ? Number.POSITIVE_INFINITY : distanceM(gauge.place, post)
    if (m <= atPostM && (best === undefined || m < best.m)) best = { gauge, m }
  }
  return best?.gauge
}

function presentLevel(gauge: SeenDevice | undefined, moment: Moment): number | null {
  const live = gauge?.metrics.get(levelMetric)
  if (live === undefined) return null
  const drawn = renderLive(live, moment)
  return drawn.shown && !drawn.fault && isLive(drawn.state) && typeof drawn.value === 'number' ? drawn.value : null
}

/** The posts of one river, upstream first, with what is measured there now. */
export function postLevels(options: {
  riverId: string
  posts: readonly RiverPost[]
  gauges: readonly SeenDevice[]
  moment: Moment
}): PostLevel[] {
  return options.posts
    .filter((post) => post.riverId === options.riverId)
    .sort((a, b) => a.distanceM - b.distanceM)
    .map((post) => {
      const gauge = gaugeAt(post, options.gauges)
      const levelM = presentLevel(gauge, options.moment)
      if (levelM === null) return { post, gauge, siaga: null, share: null, levelM }
      return { post, gauge, siaga: siagaOf(levelM, post.siagaM), share: shareOfBar(levelM, post.siagaM), levelM }
    })
}

const hourMs = 3_600_000
/** Fewer or closer points than this make no rate. */
const leastPoints = 6
const leastSpanMs = 20 * 60_000

/**
 * Rise of the level over the last hour, cm/h, by least squares; negative when it falls. `null` when too little was
 * heard to say.
 */
export function riseCmPerHour(
  points: readonly (readonly [ms: number, levelM: number])[],
  nowMs: number,
): number | null {
  const recent = points.filter(([ms]) => ms > nowMs - hourMs && ms <= nowMs)
  const [first, last] = [recent[0], recent.at(-1)]
  if (first === undefined || last === undefined || recent.length < leastPoints) return null
  if (last[0] - first[0] < leastSpanMs || nowMs - last[0] > leastSpanMs) return null
  const meanMs = recent.reduce((sum, [ms]) => sum + ms, 0) / recent.length
  const meanM = recent.reduce((sum, [, m]) => sum + m, 0) / recent.length
  let above = 0
  let below = 0
  for (const [ms, m] of recent) {
    above += (ms - meanMs) * (m - meanM)
    below += (ms - meanMs) ** 2
  }
  return (above / below) * hourMs * 100
}

/** A slower rise than this is noise of the gauge. */
const leastRiseCmPerHour = 1
const mostHours = 24

/** The next graver siaga if the level goes on rising as it does; `null` when it does not, or not within a day. */
export function nextSiaga(
  levelM: number,
  siagaM: RiverPost['siagaM'],
  riseCm: number | null,
): { siaga: Siaga; inMs: number } | null {
  const next = ([3, 2, 1] as const).find((siaga) => levelM < siagaM[siaga])
  if (next === undefined || riseCm === null || riseCm < leastRiseCmPerHour) return null
  const hours = ((siagaM[next] - levelM) * 100) / riseCm
  return hours > mostHours ? null : { siaga: next, inMs: hours * hourMs }
}

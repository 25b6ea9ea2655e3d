import { isLive } from '../../../domain/device-state.ts'
import { distanceM } from '../../../domain/geo/geo.ts'
import { type LevelPoint, unknownTrend, type WaterTrend } from '../../../domain/rivers/water-trend.ts'
import type { SeenDevice } from '../city/city.ts'
import { type Moment, renderLive } from '../city/live.ts'

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
const maxHours = 24

/** The next graver siaga if the level goes on rising as it does; `null` when it does not, or not within a day. */
export function nextSiaga(
  levelM: number,
  siagaM: RiverPost['siagaM'],
  { rising, rateCmPerHour }: WaterTrend,
): { siaga: Siaga; inMs: number } | null {
  const next = ([3, 2, 1] as const).find((siaga) => levelM < siagaM[siaga])
  if (next === undefined || !rising || rateCmPerHour === null) return null
  const hours = ((siagaM[next] - levelM) * 100) / rateCmPerHour
  return hours > maxHours ? null : { siaga: next, inMs: hours * hourMs }
}

/** A post as every screen sees it: what it means now, how the water moves, and what was known last. */
export interface WaterView extends PostLevel {
  /** Of a level that is the present; else unknown. */
  trend: WaterTrend
  /** Since when it stands at its siaga or graver, ms; `null`: longer than was heard. */
  sinceMs: number | null
  /** What was measured last, where it is not the present any more. */
  last: { levelM: number; siaga: Siaga; atMs: number } | null
}

/** Of several posts the one that is gravest; one that cannot be heard only where none can. */
export function gravestOf(waters: readonly WaterView[]): WaterView | undefined {
  return waters.toSorted((a, b) => (a.siaga ?? 5) - (b.siaga ?? 5) || (b.share ?? 0) - (a.share ?? 0))[0]
}

/** The first moment of the time over which the level has been at this siaga or graver. */
function siagaSince(points: readonly LevelPoint[], siaga: Siaga, siagaM: RiverPost['siagaM']): number | null {
  const before = points.findLastIndex(([, levelM]) => siagaOf(levelM, siagaM) > siaga)
  return before === -1 ? null : (points[before + 1]?.[0] ?? null)
}

/** All posts of all rivers, each with its trend; `pointsOf`: what a gauge told lately, oldest first. */
export function waterViews(options: {
  posts: readonly RiverPost[]
  gauges: readonly SeenDevice[]
  moment: Moment
  pointsOf: (gaugeId: string) => readonly LevelPoint[]
  /** Worked out by the caller who remembers it. */
  trendOf: (gaugeId: string, points: readonly LevelPoint[], nowMs: number) => WaterTrend
}): WaterView[] {
  const { posts, gauges, moment, pointsOf, trendOf } = options
  const riverIds = [...new Set(posts.map(({ riverId }) => riverId))]
  return riverIds
    .flatMap((riverId) => postLevels({ riverId, posts, gauges, moment }))
    .map((level) => {
      const gaugeId = level.gauge?.id ?? ''
      const points = pointsOf(gaugeId)
      const { siagaM } = level.post
      if (level.siaga !== null) {
        const sinceMs = siagaSince(points, level.siaga, siagaM)
        return { ...level, trend: trendOf(gaugeId, points, moment.nowMs), sinceMs, last: null }
      }
      const [atMs, levelM] = points.at(-1) ?? []
      const last = atMs === undefined || levelM === undefined ? null : { atMs, levelM, siaga: siagaOf(levelM, siagaM) }
      return { ...level, trend: unknownTrend, sinceMs: null, last }
    })
}

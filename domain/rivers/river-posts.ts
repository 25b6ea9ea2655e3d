import { distanceM, type Place } from '../geo/geo.ts'
import { type RiverPost, type Siaga, shareOfBar, siagaOf, siagaSince } from './siaga.ts'
import { type LevelPoint, unknownTrend, type WaterTrend } from './water-trend.ts'

/** A device that measures a level, as far as the rules of rivers need it. */
export interface Gauge {
  id: string
  place: Place | null
}

/** A post with the gauge that stands there, and the meaning of its present level. */
export interface PostLevel<G extends Gauge> {
  post: RiverPost
  gauge: G | undefined
  /** Only of a level that may count as the present. */
  siaga: Siaga | null
  /** Height of the present level in the bar, 0 to 1. */
  share: number | null
  levelM: number | null
  /** Where a person read the level, since the gauge tells none that may count as the present: when that was. */
  byHand: { atMs: number } | null
}

/** A post as everybody sees it: its present level, how the water moves, and the last level of a silent one. */
export interface WaterView<G extends Gauge> extends PostLevel<G> {
  /** Of a level that is the present; else unknown. */
  trend: WaterTrend
  /** Since when it stands at its siaga or graver, ms; `null`: longer than was heard. */
  sinceMs: number | null
  /** What was measured last, if it is not the present any more. */
  last: { levelM: number; siaga: Siaga; atMs: number } | null
}

interface Measured<G> {
  posts: readonly RiverPost[]
  gauges: readonly G[]
  /** Present level of a gauge, m; `null`: it tells none that may count as the present. */
  levelOf: (gauge: G) => number | null
  /** Level that a person read there, if it may count as the present; absent: of none. */
  byHandOf?: (gauge: G) => { levelM: number; atMs: number } | null
}

/** A gauge further from a post than this measures something else. */
const atPostM = 300

function gaugeAt<G extends Gauge>(post: RiverPost, gauges: readonly G[]): G | undefined {
  let best: { gauge: G; m: number } | undefined
  for (const gauge of gauges) {
    const m = gauge.place === null ? Number.POSITIVE_INFINITY : distanceM(gauge.place, post)
    if (m <= atPostM && (best === undefined || m < best.m)) best = { gauge, m }
  }
  return best?.gauge
}

/** The chain of posts of one river, upstream first, with what is measured there now. */
export function postLevels<G extends Gauge>(options: Measured<G> & { riverId: string }): PostLevel<G>[] {
  const { riverId, posts, gauges, levelOf, byHandOf = () => null } = options
  return posts
    .filter((post) => post.riverId === riverId)
    .sort((a, b) => a.distanceM - b.distanceM)
    .map((post) => {
      const gauge = gaugeAt(post, gauges)
      const measuredM = gauge === undefined ? null : levelOf(gauge)
      const read = gauge === undefined || measuredM !== null ? null : byHandOf(gauge)
      const levelM = measuredM ?? read?.levelM ?? null
      const byHand = read === null ? null : { atMs: read.atMs }
      if (levelM === null) return { post, gauge, siaga: null, share: null, levelM, byHand }
      const { siagaM } = post
      return { post, gauge, siaga: siagaOf(levelM, siagaM), share: shareOfBar(levelM, siagaM), levelM, byHand }
    })
}

/** The worst of several posts; one that cannot be heard only if none can. */
export function worstPost<W extends Pick<PostLevel<Gauge>, 'siaga' | 'share'>>(posts: readonly W[]): W | undefined {
  return posts.toSorted((a, b) => (a.siaga ?? 5) - (b.siaga ?? 5) || (b.share ?? 0) - (a.share ?? 0))[0]
}

/** All posts of all rivers, each with its trend. */
export function waterViews<G extends Gauge>(
  options: Measured<G> & {
    nowMs: number
    /** Levels that a gauge told lately, oldest first. */
    pointsOf: (gaugeId: string) => readonly LevelPoint[]
    /** `waterTrend`, or a caller's memory of it. */
    trendOf: (gaugeId: string, points: readonly LevelPoint[], nowMs: number) => WaterTrend
  },
): WaterView<G>[] {
  const { nowMs, pointsOf, trendOf, ...measured } = options
  const riverIds = [...new Set(measured.posts.map(({ riverId }) => riverId))]
  return riverIds
    .flatMap((riverId) => postLevels({ riverId, ...measured }))
    .map((level) => {
      const gaugeId = level.gauge?.id ?? ''
      // One reading says nothing of how the water moves.
      if (level.byHand !== null) return { ...level, trend: unknownTrend, sinceMs: level.byHand.atMs, last: null }
      const points = pointsOf(gaugeId)
      const { siagaM } = level.post
      if (level.siaga !== null) {
        const sinceMs = siagaSince(points, level.siaga, siagaM)
        return { ...level, trend: trendOf(gaugeId, points, nowMs), sinceMs, last: null }
      }
      const [atMs, levelM] = points.at(-1) ?? []
      const last = atMs === undefined || levelM === undefined ? null : { atMs, levelM, siaga: siagaOf(levelM, siagaM) }
      return { ...level, trend: unknownTrend, sinceMs: null, last }
    })
}

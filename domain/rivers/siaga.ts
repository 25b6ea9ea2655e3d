import type { Site } from '../../contract/site/schema.ts'
import { hourMs } from '../../contract/time.ts'
import type { LevelPoint, WaterTrend } from './water-trend.ts'

type SitePost = Site['riverPosts']['posts'][number]

/** A post at which a river is measured, as the site names it. */
export type RiverPost = Pick<SitePost, 'id' | 'name' | 'riverId' | 'lat' | 'lon' | 'distanceM' | 'siagaM'>

/** 4 is normal, 1 the gravest: the words of BPBD. */
export type Siaga = 1 | 2 | 3 | 4

/** The metric of a gauge that siaga is judged by, m on the staff. */
export const levelMetric = 'water_level_m'

/** The bar ends this much above the gravest mark. */
const barEnd = 1.15

/** Siaga of a level; a level on a mark belongs to the graver one. */
export function siagaOf(levelM: number, siagaM: RiverPost['siagaM']): Siaga {
  if (levelM >= siagaM[1]) return 1
  if (levelM >= siagaM[2]) return 2
  return levelM >= siagaM[3] ? 3 : 4
}

/** Height of a level in its post's bar, 0 to 1. */
export function shareOfBar(levelM: number, siagaM: RiverPost['siagaM']): number {
  return Math.min(1, Math.max(0, levelM / (siagaM[1] * barEnd)))
}

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

/** Start of the time over which the level has been at this siaga or graver, ms; `null`: longer than was heard. */
export function siagaSince(points: readonly LevelPoint[], siaga: Siaga, siagaM: RiverPost['siagaM']): number | null {
  const before = points.findLastIndex(([, levelM]) => siagaOf(levelM, siagaM) > siaga)
  return before === -1 ? null : (points[before + 1]?.[0] ?? null)
}

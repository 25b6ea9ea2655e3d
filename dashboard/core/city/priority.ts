import type { LinkPhase } from '../connection/link.ts'
import { levelMetric, postLevels, type RiverPost } from '../rivers/river-posts.ts'
import type { CityView } from './city.ts'
import type { DataStopped } from './data-flow.ts'

interface Part {
  up: boolean
}

function floods(city: CityView, posts: readonly RiverPost[]): boolean {
  const gauges = city.devices.filter(({ metrics }) => metrics.has(levelMetric))
  const rivers = new Set(posts.map(({ riverId }) => riverId))
  return [...rivers].some((riverId) =>
    postLevels({ riverId, posts, gauges, moment: city.moment }).some(({ siaga }) => siaga === 1),
  )
}

/** Whether something is so grave that no monitor may be taken away: Siaga 1, or the centre itself is blind. */
export function isGravest(present: {
  link: LinkPhase
  stopped: DataStopped
  pipeline: { broker: Part; ingest: Part; store: Part } | undefined
  city: CityView
  posts: readonly RiverPost[]
}): boolean {
  const { link, stopped, pipeline } = present
  if (link !== 'up' || stopped !== null) return true
  if (pipeline !== undefined && !(pipeline.broker.up && pipeline.ingest.up && pipeline.store.up)) return true
  return floods(present.city, present.posts)
}

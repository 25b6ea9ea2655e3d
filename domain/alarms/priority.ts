import type { Pipeline } from '../../contract/http/pipeline.ts'
import type { Gauge, PostLevel } from '../rivers/river-posts.ts'
import type { DataStopped } from '../system/data-flow.ts'

type Part = Pick<Pipeline['ingest'], 'up'>

/** Whether something has the highest priority, so that no monitor may be taken away: Siaga 1, or the centre itself is blind. */
export function isTopPriority(present: {
  /** The server is there. */
  linkUp: boolean
  stopped: DataStopped
  pipeline: { broker: Part; ingest: Part; store: Part } | undefined
  posts: readonly Pick<PostLevel<Gauge>, 'siaga'>[]
}): boolean {
  const { linkUp, stopped, pipeline, posts } = present
  if (!linkUp || stopped !== null) return true
  if (pipeline !== undefined && !(pipeline.broker.up && pipeline.ingest.up && pipeline.store.up)) return true
  return posts.some(({ siaga }) => siaga === 1)
}

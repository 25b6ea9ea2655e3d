import type { FeedLine, StateLine } from '../feed.ts'

/**
 * Ingest's live feed as the api sees it: reconnects by itself, begins with a snapshot each time. Its lines come a little
 * at a time; it is `connected` when the last one of the snapshot has been handed on, and not before.
 */
export interface LiveFeed {
  subscribe(listener: { line: (line: FeedLine) => void; connected: (up: boolean) => void }): () => void
}

/** Ingest's stream of states as the broker sees it: reconnects by itself, begins with all devices each time. Returns a way to stop. */
export type FollowStates = (listener: {
  line: (line: StateLine) => void
  connected: (up: boolean) => void
}) => () => void

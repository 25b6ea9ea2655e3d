import type { Place } from '../geo/geo.ts'

/** One received position. Times on the server's clock, ms. */
export interface Fix extends Place {
  measuredAtMs: number
  receivedAtMs: number
}

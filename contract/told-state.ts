import type { Metrics } from './reading.ts'
import type { DeviceState, StateCause } from './state.ts'

/** Longest time between a device's `state` messages while it changes, ms; the newest wins. */
export const stateEveryMs = 1000
/** Past this without word of the journal nobody knows the states; as pages say that data has stopped. */
export const stateSilenceMs = 5000

/** Payload of `{root}/{kind}/{deviceId}/state`, but for its `ts`. Times are RFC 3339, UTC. */
export interface ToldState {
  state: DeviceState
  /** Why it is in that state; absent: nothing special. */
  reason?: StateCause
  /** Of the newest measurement, already limited to our clock. */
  measuredAt?: string
  /** Newest value of each metric. */
  metrics: Metrics
  /** Times of those metrics that are older than `measuredAt`. */
  metricsAt?: Record<string, string>
  lat?: number
  lon?: number
  /** Of a mover whose position is older than `measuredAt`. */
  positionAt?: string
}

/** The whole payload. The moment comes first and has 24 characters always, so that two can be compared without it. */
export function stateText(atMs: number, told: ToldState): string {
  return JSON.stringify({ ts: new Date(atMs).toISOString(), ...told })
}

import type { DeviceState, StateCause } from '../contract/state.ts'
import { ageLimits, deviceState, type StateFacts } from './device-state.ts'

/** A time in which nobody could be heard, since the broker did not run. */
export interface Unwatched {
  /** Its end; devices come back to the broker from then on. */
  untilMs: number
}

export interface WatchedVerdict {
  state: DeviceState
  cause: StateCause | null
  /** Begin of the state, ms; `null`: it cannot be derived from the facts. */
  sinceMs: number | null
}

/**
 * State of a device at a moment as its history keeps it: that of `deviceState`, but no silence and no older word counts against a device
 * while nobody could hear it, nor after that until it had the time to say something.
 */
export function watchedState(facts: StateFacts, unwatched: Unwatched | null, nowMs: number): WatchedVerdict {
  const { state, reason: cause, sinceMs } = deviceState(facts, nowMs)
  if (unwatched === null || !needsHearing(state) || !isUnheard(facts, unwatched, nowMs))
    return { state, cause, sinceMs }
  return { state: 'unknown', cause: 'not-watched', sinceMs }
}

/** A state that one message of the device could have ended. */
function needsHearing(state: DeviceState): boolean {
  return state === 'late' || state === 'stale' || state === 'offline' || state === 'frozen'
}

function isUnheard(facts: StateFacts, { untilMs }: Unwatched, nowMs: number): boolean {
  if (nowMs >= untilMs + ageLimits(facts).lateMs) return false
  const { receivedAtMs, link, linkSinceMs } = facts
  const wasLost = link === 'lost' && (linkSinceMs ?? 0) >= untilMs
  return (receivedAtMs ?? 0) < untilMs && !wasLost
}

/** First moment after `nowMs` at which the state can change though nothing is heard and nobody changes the registry; Infinity: none. */
export function nextStateMs(facts: StateFacts, unwatched: Unwatched | null, nowMs: number): number {
  const { measuredAtMs, receivedAtMs, maintenance, flappingUntilMs } = facts
  const { lateMs, staleMs, offlineMs } = ageLimits(facts)
  let next = Number.POSITIVE_INFINITY
  const at = (ms: number) => {
    if (ms > nowMs && ms < next) next = ms
  }
  if (measuredAtMs !== null) {
    // A value is live up to its limit, and with it: an age of more is what ends it.
    at(measuredAtMs + lateMs + 1)
    at(measuredAtMs + staleMs + 1)
    at(measuredAtMs + offlineMs + 1)
  }
  if (receivedAtMs !== null) at(receivedAtMs + staleMs + 1)
  if (maintenance !== null) {
    at(maintenance.fromMs)
    at(maintenance.untilMs)
  }
  if (flappingUntilMs !== null) at(flappingUntilMs)
  if (unwatched !== null) at(unwatched.untilMs + lateMs)
  return next
}

import type { DeviceStatus } from '../contract/reading.ts'
import type { DeviceState, LinkState, StateReason } from '../contract/state.ts'
import { isWithin, type Span } from './span.ts'

/** Facts that the state of a device follows from, besides the moment. Times are ms since 1970 UTC. */
export interface StateFacts {
  /** Newest measurement, already limited to our clock; `null` if there never was one. */
  measuredAtMs: number | null
  /** Arrival of its newest message, our clock. */
  receivedAtMs: number | null
  /** receivedAt - ts of what it sends; `null`: it named no time so far. */
  skewMs: number | null
  /** Declared reporting interval of this device. */
  expectedMs: number
  /** A vehicle's position is not to be believed for more than 90 s (GTFS-realtime best practice). */
  moving: boolean
  link: LinkState
  /** Begin of the link's state, where it is known. */
  linkSinceMs: number | null
  /** Until then the connection comes and goes: neither its end nor a Will says that the device is gone, only silence does. */
  flappingUntilMs: number | null
  /** The device's own last word on its status topic. */
  status: DeviceStatus | null
  /** The picture or value stands still though messages come. */
  frozen: boolean
  /** Taken out of service in the registry. */
  disabled: boolean
  /** When somebody works on it; `null`: no window that is running or to come. */
  maintenance: Span | null
}

/** State of a device at a moment. */
export interface StateVerdict {
  state: DeviceState
  reason: StateReason | null
  /** Begin of the state, ms; `null`: it cannot be derived from the facts, only observed. */
  sinceMs: number | null
}

/** Ages, as multiples of the expected interval, at which a value stops being live. See docs/glossary.md, "state". */
export const liveness = {
  lateAfter: 1.5,
  staleAfter: 3,
  offlineAfter: 10,
  minLateMs: 5000,
  movingStaleMs: 90_000,
  minOfflineMs: 600_000,
} as const

/** Age limits in ms for one device: past `lateMs` it is late, past `staleMs` stale, past `offlineMs` offline. */
export function ageLimits({ expectedMs, moving }: Pick<StateFacts, 'expectedMs' | 'moving'>) {
  const lateMs = Math.max(expectedMs * liveness.lateAfter, liveness.minLateMs)
  const threeTimes = Math.max(expectedMs * liveness.staleAfter, lateMs)
  const staleMs = moving ? Math.min(threeTimes, liveness.movingStaleMs) : threeTimes
  return {
    lateMs: Math.min(lateMs, staleMs),
    staleMs,
    offlineMs: Math.max(expectedMs * liveness.offlineAfter, liveness.minOfflineMs),
  }
}

/**
 * State of a device at a moment, with its reason and begin. A pure function of facts and moment: it is worked out again each
 * second and never stored, so that no clock mode or restart can leave a wrong one behind. Ingest, api and page call this one.
 */
export function deviceState(facts: StateFacts, nowMs: number): StateVerdict {
  const state = valueState(facts, facts.measuredAtMs, nowMs)
  return { state, ...explain(state, facts, nowMs) }
}

/** State at a moment of one value of a device, measured at a time of its own. */
export function valueState(facts: StateFacts, measuredAtMs: number | null, nowMs: number): DeviceState {
  if (facts.disabled || isWithin(facts.maintenance, nowMs) || facts.status === 'disabled') return 'disabled'
  if (measuredAtMs === null) return 'unknown'
  if (!isFlapping(facts, nowMs) && (facts.link === 'lost' || facts.status === 'offline')) return 'offline'
  const ageMs = Math.max(0, nowMs - measuredAtMs)
  const limits = ageLimits(facts)
  if (ageMs > limits.offlineMs) return 'offline'
  if (ageMs > limits.staleMs) return 'stale'
  if (facts.frozen) return 'frozen'
  return ageMs > limits.lateMs ? 'late' : 'online'
}

/** The connection comes and goes at this moment. */
export function isFlapping({ flappingUntilMs }: Pick<StateFacts, 'flappingUntilMs'>, nowMs: number): boolean {
  return nowMs < (flappingUntilMs ?? 0)
}

type Explanation = Omit<StateVerdict, 'state'>

function explain(state: DeviceState, facts: StateFacts, nowMs: number): Explanation {
  switch (state) {
    case 'unknown':
      return { reason: 'never-heard', sinceMs: null }
    case 'online':
      return { reason: isFlapping(facts, nowMs) ? 'flapping' : null, sinceMs: null }
    case 'frozen':
      return { reason: 'same-values', sinceMs: null }
    case 'disabled':
      return explainDisabled(facts, nowMs)
    case 'late':
      return { reason: reasonOfAge(facts, nowMs), sinceMs: sinceAge(facts, 'lateMs') }
    case 'stale':
      return { reason: reasonOfAge(facts, nowMs), sinceMs: sinceAge(facts, 'staleMs') }
    case 'offline':
      return explainOffline(facts, nowMs)
  }
}

function explainDisabled({ disabled, maintenance }: StateFacts, nowMs: number): Explanation {
  if (disabled) return { reason: 'registry', sinceMs: null }
  if (maintenance !== null && isWithin(maintenance, nowMs)) {
    return { reason: 'maintenance', sinceMs: maintenance.fromMs }
  }
  return { reason: 'said-disabled', sinceMs: null }
}

function explainOffline(facts: StateFacts, nowMs: number): Explanation {
  if (!isFlapping(facts, nowMs)) {
    if (facts.link === 'lost') return { reason: 'link-lost', sinceMs: facts.linkSinceMs }
    if (facts.status === 'offline') return { reason: 'said-offline', sinceMs: null }
  }
  return { reason: reasonOfAge(facts, nowMs), sinceMs: sinceAge(facts, 'offlineMs') }
}

/** It sends, but what it sends is by its own time too old to be live when it comes. */
function isClockBehind(facts: StateFacts, nowMs: number): boolean {
  const { receivedAtMs, skewMs } = facts
  if (receivedAtMs === null || skewMs === null) return false
  const { lateMs, staleMs } = ageLimits(facts)
  return skewMs > lateMs && nowMs - receivedAtMs <= staleMs
}

function reasonOfAge(facts: StateFacts, nowMs: number): StateReason {
  return isClockBehind(facts, nowMs) ? 'clock-behind' : 'no-data'
}

function sinceAge(facts: StateFacts, limit: 'lateMs' | 'staleMs' | 'offlineMs'): number | null {
  return facts.measuredAtMs === null ? null : facts.measuredAtMs + ageLimits(facts)[limit]
}

/** States in which a value may be counted and drawn as the present. */
export function isLive(state: DeviceState): boolean {
  return state === 'online' || state === 'late'
}

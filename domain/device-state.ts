import type { DeviceState, LinkState } from '../contract/state.ts'
import { isWithin, type Span } from './span.ts'

export interface LivenessInput {
  nowMs: number
  /** Moment of the newest measurement, already limited to our clock; `null` if there never was one. */
  measuredAtMs: number | null
  /** Declared reporting interval of this device. */
  expectedMs: number
  /** A vehicle's position is not to be believed for more than 90 s (GTFS-realtime best practice). */
  moving: boolean
  link: LinkState
  /** The connection comes and goes: neither its end nor a Will says that the device is gone, only silence does. */
  flapping: boolean
  /** The device's own last word on its status topic. */
  status: 'online' | 'offline' | 'disabled' | null
  /** The picture or value stands still though messages come. */
  frozen: boolean
  /** Taken out of service in the registry. */
  disabled: boolean
  /** When somebody works on it; `null`: no window that is running or to come. */
  maintenance: Span | null
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
export function ageLimits({ expectedMs, moving }: Pick<LivenessInput, 'expectedMs' | 'moving'>) {
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
 * The state of a device at a moment. A pure function of (now, what was last heard): it is worked out again each
 * second and never stored, so that no clock mode or restart can leave a wrong one behind.
 */
export function deviceState(input: LivenessInput): DeviceState {
  if (input.disabled || isWithin(input.maintenance, input.nowMs) || input.status === 'disabled') return 'disabled'
  if (input.measuredAtMs === null) return 'unknown'
  if (!input.flapping && (input.link === 'lost' || input.status === 'offline')) return 'offline'
  const ageMs = Math.max(0, input.nowMs - input.measuredAtMs)
  const limits = ageLimits(input)
  if (ageMs > limits.offlineMs) return 'offline'
  if (ageMs > limits.staleMs) return 'stale'
  if (input.frozen) return 'frozen'
  return ageMs > limits.lateMs ? 'late' : 'online'
}

/** Reasons for a state that follows from the age of what was measured alone. */
export const ageReasons = ['no-data', 'clock-behind'] as const

export interface ClockInput extends Pick<LivenessInput, 'nowMs' | 'expectedMs' | 'moving'> {
  /** When its newest message came, our clock. */
  receivedAtMs: number | null
  /** receivedAt - ts of what it sends. */
  skewMs: number | null
}

/** It sends, but what it sends is by its own time too old to be live when it comes. */
export function isClockBehind(input: ClockInput): boolean {
  const { nowMs, receivedAtMs, skewMs } = input
  if (receivedAtMs === null || skewMs === null) return false
  const { lateMs, staleMs } = ageLimits(input)
  return skewMs > lateMs && nowMs - receivedAtMs <= staleMs
}

/** States in which a value may be counted and drawn as the present. */
export function isLive(state: DeviceState): boolean {
  return state === 'online' || state === 'late'
}

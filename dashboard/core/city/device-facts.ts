import type { DeviceView } from '../../../contract/http/devices.ts'
import type { DeviceState } from '../../../contract/state.ts'
import { ageReasons, deviceState } from '../../../domain/device-state.ts'
import type { Span } from '../../../domain/span.ts'

/** What the state of a device depends on besides the clock. */
export interface DeviceFacts {
  expectedMs: number
  moving: boolean
  link: DeviceView['link']['state']
  flappingUntilMs: number | null
  /** The device or its connection said so; no age is needed to believe it. */
  saidOffline: boolean
  frozen: boolean
  disabled: boolean
  /** Running, or the next; `null` as well where the registry has it out of service, which wins. */
  maintenance: Span | null
}

/** How old a picture is that the server no longer feeds. `null`: it is fed. */
export type LostForMs = number | null

const worst: readonly DeviceState[] = ['online', 'late', 'stale']

/**
 * The facts behind a device's state, from the server's last word. The server sends a state, not its reasons: offline
 * before the age limit means that the connection or the device itself said so. What a maintenance hides is told with it,
 * so that its end needs no word of the server.
 */
export function deviceFacts(device: DeviceView, moving: boolean): DeviceFacts {
  const { state, stateReason: reason, hiddenReason: hidden, maintenance } = device
  return {
    expectedMs: device.expectedS * 1000,
    moving,
    link: device.link.state,
    flappingUntilMs: device.flappingUntil === null ? null : Date.parse(device.flappingUntil),
    saidOffline: (state === 'offline' && !ageReasons.some((known) => known === reason)) || hidden === 'said-offline',
    frozen: state === 'frozen' || hidden === 'same-values',
    disabled: (state === 'disabled' && reason !== 'maintenance') || hidden === 'said-disabled',
    maintenance:
      maintenance === null || reason === 'registry'
        ? null
        : { fromMs: Date.parse(maintenance.from), untilMs: Date.parse(maintenance.until) },
  }
}

/**
 * State at a moment of a value measured at another: the server's rule, worked out again each second here, so that
 * things age even if the server says nothing. Without the server nothing is better than stale.
 */
export function stateAt(facts: DeviceFacts, measuredAtMs: number | null, nowMs: number, lost: LostForMs): DeviceState {
  const state = deviceState({
    nowMs,
    measuredAtMs,
    expectedMs: facts.expectedMs,
    moving: facts.moving,
    link: facts.link,
    flapping: nowMs < (facts.flappingUntilMs ?? 0),
    status: facts.saidOffline ? 'offline' : null,
    frozen: facts.frozen,
    disabled: facts.disabled,
    maintenance: facts.maintenance,
  })
  return lost !== null && worst.includes(state) ? 'stale' : state
}

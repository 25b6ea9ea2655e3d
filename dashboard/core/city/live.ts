import type { DeviceState } from '../../../contract/state.ts'
import { type StateFacts, valueState } from '../../../domain/device-state.ts'
import { isWithin } from '../../../domain/span.ts'

declare const sealed: unique symbol

/**
 * A value that cannot be read without its state and age. Only `renderLive` opens it; printed or added up by mistake it
 * gives a dash or NaN, never the number.
 */
export interface Live<T> {
  readonly [sealed]: T
}

interface Inside {
  value: unknown
  measuredAtMs: number | null
  facts: StateFacts
  fault: boolean
}

/** After this long without the server a number is no longer shown at all. */
export const hideAfterLostMs = 300_000

/** How old a picture is that the server no longer feeds. `null`: it is fed. */
export type LostForMs = number | null

/** The moment at which a page is drawn. */
export interface Moment {
  /** Server time, ms. */
  nowMs: number
  /** For how long the picture has been frozen, ms; `null` while the server is there. */
  lostForMs: LostForMs
}

export type Rendered<T> =
  | {
      shown: true
      value: T
      state: DeviceState
      ageMs: number
      measuredAtMs: number
      fault: boolean
      /** End of the maintenance that is running; `null`: none is. */
      maintenanceUntilMs: number | null
    }
  | { shown: false; state: DeviceState; ageMs: number | null; measuredAtMs: number | null; why: 'never' | 'link-lost' }

class SealedValue {
  readonly #inside: Inside
  constructor(inside: Inside) {
    this.#inside = inside
  }
  static open(live: SealedValue): Inside {
    return live.#inside
  }
  toString(): string {
    return '—'
  }
  toJSON(): null {
    return null
  }
  valueOf(): number {
    return Number.NaN
  }
}

/** Seals a value with the facts that its state follows from. `fault`: it was found outside its physical range. */
export function sealLive<T>(value: T, measuredAtMs: number | null, facts: StateFacts, fault = false): Live<T> {
  const live: unknown = new SealedValue({ value, measuredAtMs, facts, fault })
  // The brand exists only for the type checker; the class behind it is private to this file.
  return live as Live<T>
}

const fading: readonly DeviceState[] = ['online', 'late', 'stale']

/** State as a page may show it: without the server nothing is better than stale. */
export function shownState(state: DeviceState, lost: LostForMs): DeviceState {
  return lost !== null && fading.includes(state) ? 'stale' : state
}

/** Opens a live value for drawing: with its state and age, or without the value if it must not be shown any more. */
export function renderLive<T>(live: Live<T>, moment: Moment): Rendered<T> {
  // sealLive is the only maker of Live<T>, and it puts a SealedValue there.
  const { value, measuredAtMs, facts, fault } = SealedValue.open(live as unknown as SealedValue)
  const state = shownState(valueState(facts, measuredAtMs, moment.nowMs), moment.lostForMs)
  if (measuredAtMs === null) return { shown: false, state, ageMs: null, measuredAtMs, why: 'never' }
  const ageMs = Math.max(0, moment.nowMs - measuredAtMs)
  if (moment.lostForMs !== null && moment.lostForMs > hideAfterLostMs) {
    return { shown: false, state, ageMs, measuredAtMs, why: 'link-lost' }
  }
  const { maintenance } = facts
  const maintenanceUntilMs = maintenance !== null && isWithin(maintenance, moment.nowMs) ? maintenance.untilMs : null
  // The type parameter was fixed when it was sealed.
  return { shown: true, value: value as T, state, ageMs, measuredAtMs, fault, maintenanceUntilMs }
}

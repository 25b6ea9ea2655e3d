import type { DeviceState } from '../contract/state.ts'
import { isLive } from './device-state.ts'

/** A value with its state at a moment. `fault`: it lies outside its physical range. */
export interface StatedValue {
  value: unknown
  state: DeviceState
  fault: boolean
}

/** Number of a value that may count as the present, live and physically possible; `null` for any other. */
export function presentNumber({ value, state, fault }: StatedValue): number | null {
  return !fault && isLive(state) && typeof value === 'number' ? value : null
}

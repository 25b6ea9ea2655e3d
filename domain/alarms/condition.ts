import type { DeviceState } from '../../contract/state.ts'

/** The one thing that is wrong with a device (IEC 62682: the alarm condition), from the highest priority. */
export const conditions = ['duplicate', 'offline', 'frozen', 'stale', 'fault', 'flapping', 'clock'] as const
export type Condition = (typeof conditions)[number]

/** Facts of a device that its condition follows from. */
export interface ConditionFacts {
  state: DeviceState
  /** Two clients fight over its key. */
  duplicate: boolean
  /** Its connection comes and goes. */
  flapping: boolean
  /** Metrics outside their physical range. */
  faults: readonly string[]
  clockWrong: boolean
}

const conditionOfState: Partial<Record<DeviceState, Condition>> = {
  offline: 'offline',
  frozen: 'frozen',
  stale: 'stale',
}

/** Condition of a device; `undefined`: nothing is wrong, it is out of service, or it was never heard. */
export function conditionOf(device: ConditionFacts): Condition | undefined {
  if (device.state === 'disabled' || device.state === 'unknown') return undefined
  if (device.duplicate) return 'duplicate'
  const ofState = conditionOfState[device.state]
  if (ofState !== undefined) return ofState
  if (device.flapping) return 'flapping'
  if (device.faults.length > 0) return 'fault'
  return device.clockWrong ? 'clock' : undefined
}

/** Whether somebody should look at the device. */
export const hasCondition = (device: ConditionFacts): boolean => conditionOf(device) !== undefined

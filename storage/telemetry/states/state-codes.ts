import { type DeviceState, deviceStates, type StateCause, stateCauses } from '../../../contract/state.ts'

/** Numbers that lie on disk for ever: one that was given to a word is never given to another. */
const stateNumbers: Record<DeviceState, number> = {
  unknown: 0,
  online: 1,
  late: 2,
  stale: 3,
  offline: 4,
  frozen: 5,
  disabled: 6,
}
const causeNumbers: Record<StateCause, number> = {
  'never-heard': 1,
  flapping: 2,
  'same-values': 3,
  registry: 4,
  maintenance: 5,
  'said-disabled': 6,
  'said-offline': 7,
  'link-lost': 8,
  'no-data': 9,
  'clock-behind': 10,
  'not-watched': 11,
}
const noCause = 0

const states = new Map(deviceStates.map((state) => [stateNumbers[state], state]))
const causes = new Map(stateCauses.map((cause) => [causeNumbers[cause], cause]))

export const numberOfState = (state: DeviceState): number => stateNumbers[state]
export const numberOfCause = (cause: StateCause | null): number => (cause === null ? noCause : causeNumbers[cause])

/** A number of a later release reads as unknown. */
export const stateOfNumber = (number: unknown): DeviceState => states.get(Number(number)) ?? 'unknown'
export const causeOfNumber = (number: unknown): StateCause | null => causes.get(Number(number)) ?? null

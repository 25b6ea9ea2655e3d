import { type DeviceState, deviceStates } from '../../../contract/state.ts'
import type { SeenDevice } from './city.ts'

const order: readonly DeviceState[] = ['offline', 'frozen', 'stale', 'late', 'unknown', 'online', 'disabled']

/** Rank of a device in a list that begins with what is worst; what measures nonsense in service comes first of all. */
export const badness = (device: SeenDevice): number =>
  order.indexOf(device.state) + (device.faults.length > 0 && device.state !== 'disabled' ? -deviceStates.length : 0)

/** The worst first, equals by name. */
export function worstFirst(devices: readonly SeenDevice[], language: string): SeenDevice[] {
  return [...devices].sort((a, b) => badness(a) - badness(b) || a.name.localeCompare(b.name, language))
}

import type { DeviceState } from '../../contract/state.ts'
import type { SeenDevice } from './city.ts'

/** What is wrong with a device, one word of the screen's dictionary. */
export type Trouble = 'offline' | 'frozen' | 'stale' | 'fault' | 'clock' | 'duplicate' | 'flapping'

export interface Attention {
  device: SeenDevice
  trouble: Trouble
  sinceMs: number | null
}

const troubleOfState: Partial<Record<DeviceState, Trouble>> = { offline: 'offline', frozen: 'frozen', stale: 'stale' }

function troubleOf(device: SeenDevice): Trouble | undefined {
  if (device.state === 'disabled' || device.state === 'unknown') return undefined
  if (device.duplicate) return 'duplicate'
  const ofState = troubleOfState[device.state]
  if (ofState !== undefined) return ofState
  if (device.flapping) return 'flapping'
  if (device.faults.length > 0) return 'fault'
  return device.clockWrong ? 'clock' : undefined
}

/** Whether the device is one of those that the list of what needs attention names. */
export const isTroubled = (device: SeenDevice): boolean => troubleOf(device) !== undefined

/** Devices that somebody should look at, the newest trouble first. */
export function attentionList(devices: readonly SeenDevice[]): Attention[] {
  const list: Attention[] = []
  for (const device of devices) {
    const found = troubleOf(device)
    if (found !== undefined) list.push({ device, trouble: found, sinceMs: device.stateSinceMs })
  }
  return list.sort((a, b) => (b.sinceMs ?? 0) - (a.sinceMs ?? 0) || a.device.id.localeCompare(b.device.id))
}

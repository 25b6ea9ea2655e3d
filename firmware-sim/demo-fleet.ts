import type { NewDevice } from '../contract/http/devices.ts'
import { type FleetDevice, newDevice } from './fleet-device.ts'
import { readKeys, writeKeys } from './registration.ts'

/** What the demo needs of the registry. */
export interface FleetRegistry {
  list(): Promise<{ id: string }[]>
  create(device: NewDevice): Promise<{ key: string }>
  newKey(id: string): Promise<{ key: string }>
}

/** Registers the fleet on the registry itself, and keeps the keys of the last run where both sides still have them. */
export async function registerDemoFleet({
  devices,
  fleet,
  keysFile,
}: {
  devices: FleetRegistry
  fleet: readonly FleetDevice[]
  keysFile: string
}): Promise<void> {
  const keys = await readKeys(keysFile)
  const known = new Set((await devices.list()).map(({ id }) => id))
  for (const device of fleet) {
    if (known.has(device.id) && keys.has(device.id)) continue
    const made = known.has(device.id) ? await devices.newKey(device.id) : await devices.create(newDevice(device))
    keys.set(device.id, made.key)
  }
  await writeKeys(keysFile, keys)
}

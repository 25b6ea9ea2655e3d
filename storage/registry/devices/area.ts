import type { CredentialStore } from '../../../contract/ports/credentials.ts'
import type { DeviceDirectory } from '../../../contract/ports/directory.ts'
import { unionOf } from '../../../domain/span.ts'
import type { Area, Writer } from '../area.ts'
import { createCredentials } from './credentials.ts'
import { createDeviceKeys } from './device-keys.ts'
import { createDevices, type Devices } from './devices.ts'
import { type DeviceTables, deviceMigrations } from './tables.ts'

interface DeviceMembers {
  /** As the broker asks. */
  credentials: CredentialStore
  /** As ingest asks. */
  directory: DeviceDirectory
  /** Calls back within 300 ms after any process changed a device, and once at the start. Returns a way to stop. */
  watch(onChange: () => void): () => void
}

const endOverlapsEveryMs = 1000

export const devicesArea: Area<DeviceTables, { devices: Devices }, DeviceMembers> = {
  migrations: deviceMigrations,
  open({ db, now, turn, pepper, changes, settings, own }) {
    const keys = createDeviceKeys(pepper)
    const shared = { db, keys, now, turn, allowSimulated: settings.allowSimulated }
    const writers = ({ note }: Writer) => ({
      devices: createDevices({ ...shared, ...settings, note, wrote: changes.wroteHere }),
    })
    const { devices } = writers(own)

    /** Also ends overlaps on time, so that whoever watches hears of it as of any other change. */
    function watchCredentials(onChange: () => void): () => void {
      const stopWatch = changes.watch(onChange)
      const timer = setInterval(() => {
        // A registry that is locked for a moment, or being closed: the next turn tries again, and no such key works.
        devices.endOverlaps().catch(() => undefined)
      }, endOverlapsEveryMs).unref()
      return () => {
        clearInterval(timer)
        stopWatch()
      }
    }

    return {
      writers,
      members: {
        credentials: createCredentials({ ...shared, watch: watchCredentials }),
        directory: {
          async list() {
            const { changed, maintenance } = await devices.changesSince(0)
            return changed.map((device) => ({ ...device, maintenance: unionOf(maintenance.get(device.id) ?? []) }))
          },
          watch: changes.watch,
        },
        watch: changes.watch,
      },
    }
  },
}

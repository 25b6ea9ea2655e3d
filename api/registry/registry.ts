import { sql } from 'kysely'
import type { CredentialStore, DeviceDirectory } from '../../contract/ports.ts'
import { createCredentials } from './credentials.ts'
import { openDatabase } from './database.ts'
import { createDeviceKeys } from './device-keys.ts'
import { type AreaAt, createDevices, type Devices } from './devices.ts'
import { createPasswords } from './passwords.ts'
import { createPeople, type People } from './people.ts'
import { createLoginLinks, createSessions, type LoginLinks, type Sessions } from './sessions.ts'
import { createRegistryWatch } from './watch.ts'

/** Devices, people and their sessions. Several processes may have the same one open. */
export interface Registry {
  devices: Devices
  people: People
  sessions: Sessions
  loginLinks: LoginLinks
  /** As the broker asks. */
  credentials: CredentialStore
  /** As ingest asks. */
  directory: DeviceDirectory
  /** Calls back within 300 ms after any process changed a device, and once at the start. Returns a way to stop. */
  watch(onChange: () => void): () => void
  /** Throws when the database cannot be read. */
  check(): Promise<void>
  close(): Promise<void>
}

export interface RegistryOptions {
  /** SQLite file; made if there is none. */
  file: string
  /** 32 secret bytes, kept apart from the file: without them a stolen file proves no device's key. */
  pepper: Uint8Array
  /** Names the area of a device that was registered with a position only. */
  areaAt?: AreaAt
  now?: () => number
}

export async function openRegistry({ file, pepper, areaAt, now = Date.now }: RegistryOptions): Promise<Registry> {
  const keys = createDeviceKeys(pepper)
  const db = await openDatabase(file)
  const changes = createRegistryWatch(db)
  const devices = createDevices({ db, keys, now, areaAt: areaAt ?? (() => null), wrote: changes.wroteHere })
  return {
    devices,
    people: createPeople({ db, passwords: createPasswords(), now }),
    sessions: createSessions({ db, now }),
    loginLinks: createLoginLinks({ db, now }),
    credentials: createCredentials({ db, keys, watch: changes.watch }),
    directory: { list: devices.list, watch: changes.watch },
    watch: changes.watch,
    async check() {
      await sql`select last from counter`.execute(db)
    },
    async close() {
      changes.close()
      await db.destroy()
    },
  }
}

import type { NewDevice } from '../../../contract/http/devices.ts'
import { Refusal } from '../../../contract/http/refusal.ts'
import { findProfile } from '../../../contract/profiles/index.ts'
import { deviceIdPattern } from '../../../contract/topics.ts'
import type { NoteChange } from '../audit/audit-log.ts'
import type { Writing } from '../schema.ts'
import type { DeviceKeys } from './device-keys.ts'
import { requireParent } from './device-parents.ts'
import { type DeviceRecord, recordOf, simulatedPrefix } from './device-record.ts'
import { firstKey } from './key-life.ts'
import { requireRoomForDevice, wasRemoved } from './removed-devices.ts'

export interface Registering {
  transaction: Writing
  /** Of the change. */
  number: number
  keys: DeviceKeys
  now: () => number
  /** The area of a place, where there is one. */
  areaOf: (lat: number | null | undefined, lon: number | null | undefined) => string | null
  note: NoteChange
  /** Simulated devices may be registered. */
  allowSimulated: boolean
}

/** A new device with its first key, within the transaction of one change of the registry. */
export async function registerDevice(
  { transaction, number, keys, now, areaOf, note, allowSimulated }: Registering,
  device: NewDevice,
): Promise<{ device: DeviceRecord; key: string }> {
  if (!allowSimulated && device.id.startsWith(simulatedPrefix)) throw new Refusal('simulated-refused')
  await requireFree(transaction, device.id)
  await requireRoomForDevice(transaction)
  await requireParent(transaction, { ids: [device.id], parentId: device.parentId ?? null })
  const { key, hash } = keys.create()
  const row = await transaction
    .insertInto('device')
    .values({
      ...describedColumns(device),
      area_code: device.areaCode ?? areaOf(device.lat, device.lon),
      disabled: 0,
      created_at_ms: now(),
      ...firstKey(hash, { nowMs: now(), number }),
      certificate_revision: number,
      // Certificates of a device that was removed are not those of another that takes its id.
      certificates_from_ms: (await wasRemoved(transaction, device.id)) ? now() : null,
      changed: number,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  await transaction.deleteFrom('device_removed').where('id', '=', device.id).execute()
  await note(transaction, { action: 'device.created', target: device.id, detail: { ...device } })
  return { device: recordOf(row), key }
}

/** What a person said of a new device; kind and name follow where nothing was said. */
function describedColumns(device: NewDevice) {
  const profile = findProfile(device.profile)
  if (profile === undefined) throw new Refusal('unknown-profile', `There is no profile "${device.profile}".`)
  if (!deviceIdPattern.test(device.id)) {
    throw new Refusal('bad-request', 'A device id has 2 to 63 of a-z, 0-9 and "-", and does not begin with "-".')
  }
  return {
    id: device.id,
    kind: profile.kind,
    profile: profile.id,
    name: device.name ?? device.id,
    lat: device.lat ?? null,
    lon: device.lon ?? null,
    parent_id: device.parentId ?? null,
    opd: device.opd ?? null,
    expected_s: device.expectedS ?? null,
  }
}

async function requireFree(transaction: Writing, id: string): Promise<void> {
  const taken = await transaction.selectFrom('device').select('id').where('id', '=', id).executeTakeFirst()
  if (taken !== undefined) throw new Refusal('device-exists', `There is a device "${id}" already.`)
}

import type { DevicePatch, DevicesPatch, DevicesPatched, NewDevice } from '../../../contract/http/devices.ts'
import { Refusal } from '../../../contract/http/refusal.ts'
import type { SignIn } from '../../../contract/ports/credentials.ts'
import type { Span } from '../../../domain/span.ts'
import type { OwnTurn } from '../../own-turn.ts'
import type { NoteChange } from '../audit/audit-log.ts'
import { maintenanceOf } from '../maintenance/maintenance.ts'
import type { RegistryDatabase, Writing } from '../schema.ts'
import { deviceCounter } from '../watch.ts'
import { createDeviceChange } from './device-change.ts'
import type { DeviceKeys } from './device-keys.ts'
import { requireParent } from './device-parents.ts'
import { type DeviceRecord, type KeyFacts, patchColumns, recordOf } from './device-record.ts'
import { endedOverlap, noteSignIns, readKeyFacts, revokedKeys, rotatedKey } from './key-life.ts'
import { patchMany } from './patch-many.ts'
import { registerDevice } from './register-device.ts'
import { noteRemoved } from './removed-devices.ts'
import type { DeviceTable } from './tables.ts'

/** What happened to devices after change number `since`. */
export interface DeviceChanges {
  counter: number
  /** To be applied before `removed`. */
  changed: DeviceRecord[]
  removed: string[]
  /** When somebody works on those that changed; as far as it is running, to come, or ended lately. */
  maintenance: ReadonlyMap<string, readonly Span[]>
}

export interface Devices {
  /** Registers a device; the key is shown here and never again. */
  create(device: NewDevice): Promise<{ device: DeviceRecord; key: string }>
  get(id: string): Promise<DeviceRecord>
  list(): Promise<DeviceRecord[]>
  /** `since` 0 gives all devices. */
  changesSince(since: number): Promise<DeviceChanges>
  patch(id: string, patch: DevicePatch): Promise<DeviceRecord>
  /** The same change for many devices: all of them, or, where one is refused, none. */
  patchMany(patch: DevicesPatch): Promise<DevicesPatched>
  /** Refused while other devices have it as their parent. */
  remove(id: string): Promise<void>
  /**
   * A new key; takes back a revocation. The key before works on for the overlap, or ends `atOnce`. If a key from before
   * that one still works, it ends.
   */
  newKey(id: string, options?: { atOnce?: boolean }): Promise<{ device: DeviceRecord; key: string }>
  /** Its keys and certificates stop working and a live connection is cut off; history stays. */
  revoke(id: string): Promise<DeviceRecord>
  /** Forgets old keys whose overlap is over; they have stopped working by then. */
  endOverlaps(): Promise<void>
  /** Notes when proofs were last used. What is no longer good is passed over. */
  noteSignIns(signIns: readonly SignIn[]): Promise<void>
  /** What is known of these devices' proofs now; a record of earlier does not know of later sign-ins. */
  keyFacts(ids: readonly string[]): Promise<Map<string, KeyFacts>>
}

/** The kelurahan of a place, as its Kemendagri code. */
export type AreaAt = (lat: number, lon: number) => string | null | undefined

export interface DevicesParts {
  db: RegistryDatabase
  keys: DeviceKeys
  now: () => number
  areaAt: AreaAt
  note: NoteChange
  wrote: () => void
  /** How long a key works on after there is a new one; 0: not at all. */
  keyOverlapMs: number
  /** Simulated devices may be registered. */
  allowSimulated: boolean
  turn: OwnTurn
}

/** Changed devices that are read before others have their turn. */
const readAtOnce = 250

export function createDevices(parts: DevicesParts): Devices {
  const { db, keys, now, areaAt, note, wrote, keyOverlapMs, turn } = parts

  const change = createDeviceChange({ db, wrote })

  async function update(id: string, columns: Partial<DeviceTable>, transaction: Writing): Promise<DeviceRecord> {
    const row = await transaction
      .updateTable('device')
      .set(columns)
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirst()
    return recordOf(row ?? refuseUnknown(id))
  }

  const areaOf = (lat: number | null | undefined, lon: number | null | undefined) =>
    typeof lat === 'number' && typeof lon === 'number' ? (areaAt(lat, lon) ?? null) : null

  return {
    create: (device) =>
      change((transaction, number) => registerDevice({ ...parts, transaction, number, areaOf }, device)),

    async get(id) {
      const row = await db.selectFrom('device').selectAll().where('id', '=', id).executeTakeFirst()
      return recordOf(row ?? refuseUnknown(id))
    },

    async list() {
      const rows = await db.selectFrom('device').selectAll().orderBy('id').execute()
      return rows.map(recordOf)
    },

    async changesSince(since) {
      // The counter first: what is written in between is told twice, never missed.
      const counter = await deviceCounter(db)
      const changed: DeviceRecord[] = []
      const maintenance = new Map<string, Span[]>()
      for (let after = ''; ; await turn()) {
        const rows = await db
          .selectFrom('device')
          .selectAll()
          .where('changed', '>', since)
          .where('id', '>', after)
          .orderBy('id')
          .limit(readAtOnce)
          .execute()
        const ids = rows.map(({ id }) => id)
        for (const [id, spans] of await maintenanceOf(db, { ids, nowMs: now() })) maintenance.set(id, spans)
        for (const row of rows) changed.push(recordOf(row))
        if (rows.length < readAtOnce) break
        after = ids.at(-1) ?? after
      }
      const gone = await db.selectFrom('device_removed').select('id').where('changed', '>', since).execute()
      return { counter, changed, removed: gone.map(({ id }) => id), maintenance }
    },

    patch: (id, patch) =>
      change(async (transaction, number) => {
        if (patch.parentId !== undefined) await requireParent(transaction, { ids: [id], parentId: patch.parentId })
        await note(transaction, { action: 'device.changed', target: id, detail: { ...patch } })
        const record = await update(id, { ...patchColumns(patch), changed: number }, transaction)
        const moved = patch.lat !== undefined || patch.lon !== undefined
        if (!moved || patch.areaCode !== undefined) return record
        return update(id, { area_code: areaOf(record.lat, record.lon) }, transaction)
      }),

    patchMany: (patch) => change((transaction, number) => patchMany({ transaction, number, note, turn }, patch)),

    remove: (id) =>
      change(async (transaction, number) => {
        const child = await transaction.selectFrom('device').select('id').where('parent_id', '=', id).executeTakeFirst()
        if (child !== undefined) {
          throw new Refusal('device-has-children', `"${id}" is the parent of "${child.id}"; move or remove that first.`)
        }
        const { numDeletedRows } = await transaction.deleteFrom('device').where('id', '=', id).executeTakeFirst()
        if (numDeletedRows === 0n) refuseUnknown(id)
        await noteRemoved(transaction, id, number)
        await note(transaction, { action: 'device.removed', target: id })
      }),

    newKey: (id, { atOnce = false } = {}) =>
      change(async (transaction, number) => {
        const before = await transaction.selectFrom('device').selectAll().where('id', '=', id).executeTakeFirst()
        const { key, hash } = keys.create()
        const overlapMs = atOnce ? 0 : keyOverlapMs
        const columns = rotatedKey(before ?? refuseUnknown(id), hash, { nowMs: now(), number, overlapMs })
        await note(transaction, { action: 'device.key-created', target: id, detail: { overlapMs } })
        return { device: await update(id, { ...columns, changed: number }, transaction), key }
      }),

    revoke: (id) =>
      change(async (transaction, number) => {
        await note(transaction, { action: 'device.revoked', target: id })
        return update(id, { ...revokedKeys({ nowMs: now(), number }), changed: number }, transaction)
      }),

    async endOverlaps() {
      const over = () => db.selectFrom('device').select('id').where('old_key_until_ms', '<=', now())
      if ((await over().executeTakeFirst()) === undefined) return
      await change(async (transaction, number) => {
        const ended = await transaction
          .updateTable('device')
          .set(endedOverlap(number))
          .where('old_key_until_ms', '<=', now())
          .returning('id')
          .execute()
        for (const { id } of ended) await note(transaction, { action: 'device.old-key-ended', target: id })
      })
    },

    noteSignIns: (signIns) => noteSignIns(db, signIns),

    keyFacts: (ids) => readKeyFacts({ db, turn }, ids),
  }
}

function refuseUnknown(id: string): never {
  throw new Refusal('unknown-device', `There is no device "${id}".`)
}

import { Refusal } from '../../../contract/http/refusal.ts'
import type { OwnTurn } from '../../own-turn.ts'
import type { RegistryDatabase, Writing } from '../schema.ts'

/** Ids in one statement, between two of which others have their turn; the transaction goes on meanwhile. */
const idsPerQuery = 500
/** A refusal names so many. */
const maxNamed = 5

function* batchesOf(ids: readonly string[]): Generator<string[]> {
  for (let start = 0; start < ids.length; start += idsPerQuery) yield ids.slice(start, start + idsPerQuery)
}

export interface Linking {
  transaction: Writing
  turn: OwnTurn
}

/** Refuses, by its id, what is not registered. */
export async function requireDevices({ transaction, turn }: Linking, ids: readonly string[]): Promise<void> {
  const missing = new Set(ids)
  for (const some of batchesOf(ids)) {
    const rows = await transaction.selectFrom('device').select('id').where('id', 'in', some).execute()
    for (const { id } of rows) missing.delete(id)
    await turn()
  }
  if (missing.size === 0) return
  const named = [...missing].slice(0, maxNamed)
  const more = missing.size > named.length ? ` and ${missing.size - named.length} more` : ''
  throw new Refusal('unknown-device', `There is no device ${named.map((id) => `"${id}"`).join(', ')}${more}.`, {
    errors: named.map((id) => ({ path: 'deviceIds', message: id })),
  })
}

export async function linkDevices(
  { transaction, turn }: Linking,
  maintenanceId: number,
  ids: readonly string[],
): Promise<void> {
  for (const some of batchesOf(ids)) {
    await transaction
      .insertInto('maintenance_device')
      .values(some.map((device_id) => ({ maintenance_id: maintenanceId, device_id })))
      .execute()
    await turn()
  }
}

/** Not left to the cascade of foreign keys, which would take them all out at once. */
export async function unlinkDevices({ transaction, turn }: Linking, maintenanceId: number): Promise<void> {
  for (;;) {
    const links = transaction.selectFrom('maintenance_device').select('device_id')
    const some = links.where('maintenance_id', '=', maintenanceId).limit(idsPerQuery)
    const { numDeletedRows } = await transaction
      .deleteFrom('maintenance_device')
      .where('maintenance_id', '=', maintenanceId)
      .where('device_id', 'in', some)
      .executeTakeFirst()
    if (numDeletedRows < idsPerQuery) return
    await turn()
  }
}

/** In order. */
export async function devicesOf(
  { db, turn }: { db: RegistryDatabase; turn: OwnTurn },
  maintenanceId: number,
): Promise<string[]> {
  const ids: string[] = []
  for (let after = ''; ; await turn()) {
    const rows = await db
      .selectFrom('maintenance_device')
      .select('device_id')
      .where('maintenance_id', '=', maintenanceId)
      .where('device_id', '>', after)
      .orderBy('device_id')
      .limit(idsPerQuery)
      .execute()
    for (const { device_id } of rows) ids.push(device_id)
    if (rows.length < idsPerQuery) return ids
    after = ids.at(-1) ?? after
  }
}

/** Whoever follows the registry hears of the devices of this window. */
export async function touchDevices(
  { transaction, turn }: Linking,
  maintenanceId: number,
  number: number,
): Promise<void> {
  for (const some of batchesOf(await devicesOf({ db: transaction, turn }, maintenanceId))) {
    await turn()
    await transaction.updateTable('device').set({ changed: number }).where('id', 'in', some).execute()
  }
}

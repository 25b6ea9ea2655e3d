import { setImmediate as turn } from 'node:timers/promises'
import { Refusal } from '../refusal.ts'
import type { Writing } from './device-change.ts'

/** Ids in one statement, between two of which others have their turn; the transaction goes on meanwhile. */
const idsPerQuery = 500
/** A refusal names so many. */
const mostNamed = 5

function* batchesOf(ids: readonly string[]): Generator<string[]> {
  for (let start = 0; start < ids.length; start += idsPerQuery) yield ids.slice(start, start + idsPerQuery)
}

/** Refuses, by its id, what is not registered. */
export async function requireDevices(transaction: Writing, ids: readonly string[]): Promise<void> {
  const missing = new Set(ids)
  for (const some of batchesOf(ids)) {
    const rows = await transaction.selectFrom('device').select('id').where('id', 'in', some).execute()
    for (const { id } of rows) missing.delete(id)
    await turn()
  }
  if (missing.size === 0) return
  const named = [...missing].slice(0, mostNamed)
  const more = missing.size > named.length ? ` and ${missing.size - named.length} more` : ''
  throw new Refusal('unknown-device', `There is no device ${named.map((id) => `"${id}"`).join(', ')}${more}.`, {
    errors: named.map((id) => ({ path: 'deviceIds', message: id })),
  })
}

export async function linkDevices(transaction: Writing, maintenanceId: number, ids: readonly string[]): Promise<void> {
  for (const some of batchesOf(ids)) {
    await transaction
      .insertInto('maintenance_device')
      .values(some.map((device_id) => ({ maintenance_id: maintenanceId, device_id })))
      .execute()
    await turn()
  }
}

/** Whoever follows the registry hears of the devices of this window. */
export async function touchDevices(transaction: Writing, maintenanceId: number, number: number): Promise<void> {
  const links = transaction.selectFrom('maintenance_device').select('device_id').orderBy('device_id')
  const ids = (await links.where('maintenance_id', '=', maintenanceId).execute()).map((link) => link.device_id)
  for (const some of batchesOf(ids)) {
    await turn()
    await transaction.updateTable('device').set({ changed: number }).where('id', 'in', some).execute()
  }
}

import { Refusal } from '../refusal.ts'
import type { Writing } from './device-change.ts'

/** Ids in one statement; see credentials.ts. */
const idsPerQuery = 1000
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
  }
}

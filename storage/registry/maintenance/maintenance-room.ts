import { sql } from 'kysely'
import {
  maxInMaintenance,
  maxMaintenances,
  maxPastMaintenances,
  pastMaintenanceMs,
} from '../../../contract/http/call-limits.ts'
import { Refusal } from '../../../contract/http/refusal.ts'
import type { Writing } from '../schema.ts'
import { type Linking, unlinkDevices } from './maintenance-devices.ts'

/**
 * Refuses one more of so many devices where there is no room: each device of each maintenance is read again, and sent to
 * all clients, when its maintenance changes, and a list tells all of them.
 */
export async function requireRoom(transaction: Writing, nowMs: number, devices: number): Promise<void> {
  const { open } = await transaction
    .selectFrom('maintenance')
    .select((row) => row.fn.countAll<number>().as('open'))
    .where('until_ms', '>', nowMs)
    .executeTakeFirstOrThrow()
  if (open >= maxMaintenances) {
    const words = `${maxMaintenances} maintenances are running or to come already: end or cancel one first.`
    throw new Refusal('too-many-maintenances', words)
  }
  const { links } = await transaction
    .selectFrom('maintenance_device')
    .innerJoin('maintenance', 'maintenance.id', 'maintenance_id')
    .select((row) => row.fn.countAll<number>().as('links'))
    .where('until_ms', '>', nowMs)
    .executeTakeFirstOrThrow()
  if (links + devices <= maxInMaintenance) return
  const words = `All maintenance that is running or to come may have ${maxInMaintenance} devices together, a device counted in each: ${links} are taken and ${devices} more were asked for.`
  throw new Refusal('too-much-maintenance', `${words} End or cancel one first, or name fewer devices.`)
}

/** Of those that are over, the newest stay, as many as there is room for. */
export async function letPastGo({ transaction, turn }: Linking, nowMs: number): Promise<void> {
  const { rows } = await sql<{ id: number }>`
    select id from (
      select id, until_ms, row_number() over newest as place, sum(links) over newest as total
      from (
        select id, until_ms, (select count(*) from maintenance_device where maintenance_id = id) as links
        from maintenance where until_ms <= ${nowMs}
      ) as past
      window newest as (order by until_ms desc, id desc)
    ) as placed
    where place > ${maxPastMaintenances} or total > ${maxInMaintenance} or until_ms <= ${nowMs - pastMaintenanceMs}
  `.execute(transaction)
  for (const { id } of rows) {
    await unlinkDevices({ transaction, turn }, id)
    await transaction.deleteFrom('maintenance').where('id', '=', id).execute()
  }
}

import { maxDevices } from '../../../contract/http/call-limits.ts'
import { Refusal } from '../../../contract/http/refusal.ts'
import type { Writing } from '../schema.ts'

/** Removed devices that are known by their id; whoever follows the registry looks them through with each change. */
export const maxRemoved = 20_000
/** A counter that is there since removed devices had to be forgotten. */
const forgotten = 'device-removed-forgotten'

export async function requireRoomForDevice(transaction: Writing): Promise<void> {
  const { known } = await transaction
    .selectFrom('device')
    .select((row) => row.fn.countAll<number>().as('known'))
    .executeTakeFirstOrThrow()
  if (known >= maxDevices)
    throw new Refusal('too-many-devices', `${maxDevices} devices are registered already: remove one first.`)
}

/** Of more than can be known those go that were removed first. */
export async function noteRemoved(transaction: Writing, id: string, number: number): Promise<void> {
  await transaction.insertInto('device_removed').values({ id, changed: number }).execute()
  const { known } = await transaction
    .selectFrom('device_removed')
    .select((row) => row.fn.countAll<number>().as('known'))
    .executeTakeFirstOrThrow()
  if (known <= maxRemoved) return
  const tooMany = transaction
    .selectFrom('device_removed')
    .select('id')
    .orderBy('changed', 'desc')
    .orderBy('id')
    .limit(Number.MAX_SAFE_INTEGER)
    .offset(maxRemoved)
  const { numDeletedRows } = await transaction
    .deleteFrom('device_removed')
    .where('id', 'in', tooMany)
    .executeTakeFirst()
  if (numDeletedRows === 0n) return
  await transaction
    .insertInto('counter')
    .values({ name: forgotten, last: number })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ last: number }))
    .execute()
}

/** True also where that cannot be known any more. */
export async function wasRemoved(transaction: Writing, id: string): Promise<boolean> {
  const row = await transaction.selectFrom('device_removed').select('id').where('id', '=', id).executeTakeFirst()
  if (row !== undefined) return true
  const some = await transaction.selectFrom('counter').select('last').where('name', '=', forgotten).executeTakeFirst()
  return some !== undefined
}

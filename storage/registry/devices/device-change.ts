import { sql } from 'kysely'
import type { RegistryDatabase, Writing } from '../schema.ts'

/** Changes devices in one transaction, which gets the number of its change: `device.changed` of each that it touches. */
export type ChangeDevices = <T>(work: (transaction: Writing, number: number) => Promise<T>) => Promise<T>

export function createDeviceChange({ db, wrote }: { db: RegistryDatabase; wrote: () => void }): ChangeDevices {
  return async (work) => {
    const result = await db.transaction().execute(async (transaction) => {
      const { last } = await transaction
        .updateTable('counter')
        .set({ last: sql<number>`last + 1` })
        .where('name', '=', 'device')
        .returning('last')
        .executeTakeFirstOrThrow()
      return work(transaction, last)
    })
    wrote()
    return result
  }
}

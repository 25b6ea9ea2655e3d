import type { DevicesPatch, DevicesPatched } from '../../../contract/http/devices.ts'
import { Refusal } from '../../../contract/http/refusal.ts'
import type { OwnTurn } from '../../own-turn.ts'
import type { NoteChange } from '../audit/audit-log.ts'
import type { Writing } from '../schema.ts'
import { requireParent } from './device-parents.ts'
import { patchColumns } from './device-record.ts'
import type { DeviceTable } from './tables.ts'

/** Records that are written before others have their turn. */
const notedAtOnce = 20

/**
 * The same change for many devices, within the transaction of one change of the registry. Devices that are so already
 * are left alone, and the audit has no record of them.
 */
export async function patchMany(
  { transaction, number, note, turn }: { transaction: Writing; number: number; note: NoteChange; turn: OwnTurn },
  { ids, set }: DevicesPatch,
): Promise<DevicesPatched> {
  const wanted = [...new Set(ids)]
  const rows = await transaction.selectFrom('device').selectAll().where('id', 'in', wanted).execute()
  const known = new Set(rows.map(({ id }) => id))
  refuseUnknown(wanted.filter((id) => !known.has(id)))
  if (set.parentId !== undefined) await requireParent(transaction, { ids: wanted, parentId: set.parentId })
  const columns = patchColumns(set)
  // The very columns that were just made.
  const names = Object.keys(columns) as (keyof DeviceTable)[]
  const changed = rows.filter((row) => names.some((name) => row[name] !== columns[name])).map(({ id }) => id)
  if (changed.length > 0) {
    const update = transaction.updateTable('device').set({ ...columns, changed: number })
    await update.where('id', 'in', changed).execute()
  }
  for (const [n, id] of changed.entries()) {
    // Signing each record takes its time; those who ask meanwhile are answered.
    if (n % notedAtOnce === 0) await turn()
    await note(transaction, { action: 'device.changed', target: id, detail: { ...set } })
  }
  return { changed: changed.length, unchanged: wanted.length - changed.length }
}

function refuseUnknown(ids: readonly string[]): void {
  if (ids.length === 0) return
  const errors = ids.map((id) => ({ path: 'body.ids', message: id }))
  throw new Refusal('unknown-device', `These devices are not registered: ${ids.join(', ')}.`, { errors })
}

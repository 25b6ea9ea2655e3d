import { Refusal } from '../../../contract/http/refusal.ts'
import type { Writing } from '../schema.ts'

/** Walks up from the parent: it must exist, and none of the devices that go beneath it must be above it. */
export async function requireParent(
  transaction: Writing,
  { ids, parentId }: { ids: readonly string[]; parentId: string | null },
): Promise<void> {
  const beneath = new Set(ids)
  let above = parentId
  while (above !== null) {
    if (beneath.has(above)) throw new Refusal('parent-cycle', `"${above}" would be above itself.`)
    const row = await transaction.selectFrom('device').select('parent_id').where('id', '=', above).executeTakeFirst()
    if (row === undefined) throw new Refusal('unknown-parent', `There is no device "${above}" to be the parent.`)
    above = row.parent_id
  }
}

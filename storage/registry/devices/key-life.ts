import type { Selectable } from 'kysely'
import { sql } from 'kysely'
import type { SignIn } from '../../../contract/ports/credentials.ts'
import type { OwnTurn } from '../../own-turn.ts'
import type { RegistryDatabase } from '../schema.ts'
import { type KeyFacts, keyFactColumns, keyFactsOf } from './device-record.ts'
import type { DeviceTable } from './tables.ts'

/**
 * The life of a device's proofs, as columns to write. A new key leaves the one before working for the overlap, so that
 * whoever carries it to the device need not hurry; a third one in that time ends the oldest.
 */

interface Change {
  nowMs: number
  /** Of the change. */
  number: number
}

const noOldKey = {
  old_key_hash: null,
  old_key_created_at_ms: null,
  old_key_used_at_ms: null,
  old_key_until_ms: null,
  old_revision: null,
} as const

export function firstKey(hash: Uint8Array, { nowMs, number }: Change) {
  return {
    key_hash: hash,
    key_created_at_ms: nowMs,
    key_used_at_ms: null,
    revision: number,
    revoked_at_ms: null,
    ...noOldKey,
  } as const
}

/** @param overlapMs How long the key before goes on working; 0: not at all. */
export function rotatedKey(
  before: Selectable<DeviceTable>,
  hash: Uint8Array,
  change: Change & { overlapMs: number },
): Partial<DeviceTable> {
  const next = firstKey(hash, change)
  if (before.key_hash === null || change.overlapMs <= 0) return next
  return {
    ...next,
    old_key_hash: before.key_hash,
    old_key_created_at_ms: before.key_created_at_ms,
    old_key_used_at_ms: before.key_used_at_ms,
    old_key_until_ms: change.nowMs + change.overlapMs,
    old_revision: before.revision,
  }
}

/** Ends both keys and every certificate issued so far. */
export function revokedKeys({ nowMs, number }: Change) {
  return {
    key_hash: null,
    revision: number,
    revoked_at_ms: nowMs,
    certificate_revision: number,
    certificates_from_ms: nowMs,
    ...noOldKey,
  } as const
}

/** An old key whose overlap has ended. */
export function endedOverlap(number: number) {
  return { ...noOldKey, changed: number } as const
}

/** Notes who signed in with what. No change of a device: nobody has to read anything anew. */
export async function noteSignIns(db: RegistryDatabase, signIns: readonly SignIn[]): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    for (const { deviceId, proof, revision, atMs } of signIns) {
      if (proof === 'certificate') {
        await sql`update device set certificate_used_at_ms = ${atMs}
          where id = ${deviceId} and certificate_revision = ${revision}`.execute(transaction)
      } else {
        await sql`update device set
          key_used_at_ms = case when revision = ${revision} then ${atMs} else key_used_at_ms end,
          old_key_used_at_ms = case when old_revision = ${revision} then ${atMs} else old_key_used_at_ms end
          where id = ${deviceId} and ${revision} in (revision, old_revision)`.execute(transaction)
      }
    }
  })
}

/** Ids in one question, between two of which others have their turn. */
const idsPerQuery = 200

/** What is known of these devices' proofs now. */
export async function readKeyFacts(
  { db, turn }: { db: RegistryDatabase; turn: OwnTurn },
  ids: readonly string[],
): Promise<Map<string, KeyFacts>> {
  const facts = new Map<string, KeyFacts>()
  for (let start = 0; start < ids.length; start += idsPerQuery) {
    if (start > 0) await turn()
    const some = ids.slice(start, start + idsPerQuery)
    const rows = await db.selectFrom('device').select(keyFactColumns).where('id', 'in', some).execute()
    for (const row of rows) facts.set(row.id, keyFactsOf(row))
  }
  return facts
}

import { createHash, randomBytes } from 'node:crypto'
import type { Selectable } from 'kysely'
import { Refusal } from '../../../contract/http/refusal.ts'
import { dayMs } from '../../../contract/time.ts'
import type { NoteChange } from '../audit/audit-log.ts'
import type { RegistryDatabase } from '../schema.ts'
import type { DisplayTable } from './tables.ts'

/** A display: a screen of the wall with an identity of its own; never what proves it. */
export interface DisplayRecord {
  name: string
  createdAtMs: number
  /** Kept to the minute. */
  seenAtMs: number | null
}

export interface Displays {
  /** The identity goes to the display and is never shown to a person. */
  create(name: string): Promise<{ record: DisplayRecord; identity: string }>
  list(): Promise<DisplayRecord[]>
  /** Its identity stops working at once. */
  remove(name: string): Promise<void>
}

export interface ProvenDisplay extends DisplayRecord {
  /** Of this identity: soon, when it was renewed. */
  expiresAtMs: number
}

export interface DisplayProof {
  /** `undefined` when there is no such identity (any more). `touch`: the display is there. */
  find(identity: string, options: { touch: boolean }): Promise<ProvenDisplay | undefined>
  /** A new identity in the place of this one, which works for a minute longer. */
  renew(identity: string): Promise<string | undefined>
}

export interface DisplaysParts {
  db: RegistryDatabase
  note: NoteChange
  now: () => number
}

/** A display that was in its box for so long is paired again. A page renews long before. */
const lastsMs = 180 * dayMs
const overlapMs = 60_000
const touchEveryMs = 60_000
const identityPattern = /^[\w-]{43}$/
const maxDisplays = 200

export function createDisplays({ db, note, now }: DisplaysParts): Displays {
  return {
    async create(name) {
      const identity = newIdentity()
      const row = {
        name,
        identity_hash: hashOf(identity),
        created_at_ms: now(),
        renewed_at_ms: now(),
        seen_at_ms: null,
        old_identity_hash: null,
        old_until_ms: null,
      }
      await db.transaction().execute(async (transaction) => {
        const taken = await transaction.selectFrom('display').select('name').execute()
        if (taken.some((other) => other.name === name))
          throw new Refusal('display-exists', `There is a screen "${name}" already.`)
        if (taken.length >= maxDisplays)
          throw new Refusal('display-exists', `There are ${maxDisplays} screens already.`)
        await transaction.insertInto('display').values(row).execute()
        await note(transaction, { action: 'display.paired', target: name })
      })
      return { record: recordOf(row), identity }
    },

    async list() {
      const rows = await db.selectFrom('display').selectAll().orderBy('name').execute()
      return rows.map(recordOf)
    },

    remove: (name) =>
      db.transaction().execute(async (transaction) => {
        const { numDeletedRows } = await transaction.deleteFrom('display').where('name', '=', name).executeTakeFirst()
        if (numDeletedRows === 0n) throw new Refusal('unknown-display', `There is no screen "${name}".`)
        await note(transaction, { action: 'display.revoked', target: name })
      }),
  }
}

export function createDisplayProof({ db, now }: Omit<DisplaysParts, 'note'>): DisplayProof {
  async function rowOf(identity: string): Promise<Selectable<DisplayTable> | undefined> {
    if (!identityPattern.test(identity)) return undefined
    const hash = hashOf(identity)
    const at = now()
    return db
      .selectFrom('display')
      .selectAll()
      .where(({ eb, or, and }) =>
        or([eb('identity_hash', '=', hash), and([eb('old_identity_hash', '=', hash), eb('old_until_ms', '>', at)])]),
      )
      .executeTakeFirst()
  }

  async function proven(
    row: Selectable<DisplayTable> | undefined,
    identity: string,
    touch: boolean,
  ): Promise<ProvenDisplay | undefined> {
    const at = now()
    if (row === undefined || row.renewed_at_ms + lastsMs <= at) return undefined
    if (touch && at - (row.seen_at_ms ?? 0) >= touchEveryMs)
      await db.updateTable('display').set({ seen_at_ms: at }).where('name', '=', row.name).execute()
    const endMs = row.renewed_at_ms + lastsMs
    const isOld = !hashOf(identity).every((byte, index) => byte === row.identity_hash[index])
    return { ...recordOf(row), expiresAtMs: isOld ? Math.min(endMs, row.old_until_ms ?? 0) : endMs }
  }

  return {
    find: async (identity, { touch }) => proven(await rowOf(identity), identity, touch),
    async renew(identity) {
      const row = await rowOf(identity)
      if (row === undefined || row.renewed_at_ms + lastsMs <= now()) return undefined
      const next = newIdentity()
      await db
        .updateTable('display')
        .set({
          identity_hash: hashOf(next),
          renewed_at_ms: now(),
          old_identity_hash: hashOf(identity),
          old_until_ms: now() + overlapMs,
        })
        .where('name', '=', row.name)
        .execute()
      return next
    },
  }
}

const newIdentity = (): string => randomBytes(32).toString('base64url')

/** Of 256 random bits: nothing can be guessed from the hash. */
function hashOf(identity: string): Uint8Array {
  return createHash('sha256').update(identity).digest()
}

function recordOf({ name, created_at_ms, seen_at_ms }: Selectable<DisplayTable>): DisplayRecord {
  return { name, createdAtMs: created_at_ms, seenAtMs: seen_at_ms }
}

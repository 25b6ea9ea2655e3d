import { createHmac, randomBytes } from 'node:crypto'
import type { Selectable } from 'kysely'
import { Refusal } from '../../../contract/http/refusal.ts'
import type { TokenRole } from '../../../contract/roles.ts'
import { dayMs } from '../../../contract/time.ts'
import type { NoteChange } from '../audit/audit-log.ts'
import type { RegistryDatabase } from '../schema.ts'
import type { TokenTable } from './tables.ts'

/** What is known of a machine's or a display's token; never the token itself. */
export interface TokenRecord {
  name: string
  role: TokenRole
  createdAtMs: number
  /** null: until it is revoked. */
  expiresAtMs: number | null
  /** Kept to the minute. */
  usedAtMs: number | null
}

export interface NewToken {
  name: string
  role: TokenRole
  days?: number | undefined
}

export interface Tokens {
  /** The token is shown here and never again. */
  create(token: NewToken): Promise<{ record: TokenRecord; token: string }>
  list(): Promise<TokenRecord[]>
  /** It stops working at once; displays that use it are cut off. */
  revoke(name: string): Promise<void>
}

/** How a token is proved. */
export interface TokenProof {
  /** `undefined` when there is no such token (any more). `touch`: note that it was used. */
  find(token: string, options: { touch: boolean }): Promise<TokenRecord | undefined>
}

export interface TokensParts {
  db: RegistryDatabase
  pepper: Uint8Array
  note: NoteChange
  now: () => number
}

/** So that one that lies about is recognised as what it is. */
const prefix = 'bcc_'
const tokenPattern = /^bcc_[\w-]{43}$/
const namePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/
const touchEveryMs = 60_000
const maxTokens = 1000

export function createTokens({ db, pepper, note, now }: TokensParts): Tokens {
  return {
    async create({ name, role, days }) {
      if (!namePattern.test(name)) {
        throw new Refusal('bad-token-name', 'A name has 1 to 64 of a-z, 0-9, ".", "_" and "-".')
      }
      const token = prefix + randomBytes(32).toString('base64url')
      const row = {
        name,
        role,
        hash: hashOf(pepper, token),
        created_at_ms: now(),
        expires_at_ms: days === undefined ? null : now() + days * dayMs,
        used_at_ms: null,
      }
      await db.transaction().execute(async (transaction) => {
        const taken = await transaction.selectFrom('token').select('name').execute()
        if (taken.some((other) => other.name === name)) {
          throw new Refusal('token-exists', `There is a token "${name}" already.`)
        }
        if (taken.length >= maxTokens) throw new Refusal('token-exists', `There are ${maxTokens} tokens already.`)
        await transaction.insertInto('token').values(row).execute()
        await note(transaction, { action: 'token.created', target: name, detail: { role, days: days ?? null } })
      })
      return { record: recordOf(row), token }
    },

    async list() {
      const rows = await db.selectFrom('token').selectAll().orderBy('name').execute()
      return rows.map(recordOf)
    },

    revoke: (name) =>
      db.transaction().execute(async (transaction) => {
        const { numDeletedRows } = await transaction.deleteFrom('token').where('name', '=', name).executeTakeFirst()
        if (numDeletedRows === 0n) throw new Refusal('unknown-token', `There is no token "${name}".`)
        await note(transaction, { action: 'token.revoked', target: name })
      }),
  }
}

export function createTokenProof({ db, pepper, now }: Omit<TokensParts, 'note'>): TokenProof {
  return {
    async find(token, { touch }) {
      if (!tokenPattern.test(token)) return undefined
      const hash = hashOf(pepper, token)
      const row = await db.selectFrom('token').selectAll().where('hash', '=', hash).executeTakeFirst()
      const at = now()
      if (row === undefined || (row.expires_at_ms ?? Number.POSITIVE_INFINITY) <= at) return undefined
      if (touch && at - (row.used_at_ms ?? 0) >= touchEveryMs) {
        await db.updateTable('token').set({ used_at_ms: at }).where('hash', '=', hash).execute()
      }
      return recordOf(row)
    },
  }
}

/** Keyed: the database alone neither proves nor makes a token. */
function hashOf(pepper: Uint8Array, token: string): Uint8Array {
  return createHmac('sha256', pepper).update(token).digest()
}

function recordOf({ name, role, created_at_ms, expires_at_ms, used_at_ms }: Selectable<TokenTable>): TokenRecord {
  return { name, role, createdAtMs: created_at_ms, expiresAtMs: expires_at_ms, usedAtMs: used_at_ms }
}

import { createHmac, randomBytes } from 'node:crypto'
import type { Selectable } from 'kysely'
import { Refusal } from '../../../contract/http/refusal.ts'
import type { TokenRole } from '../../../contract/roles.ts'
import { dayMs } from '../../../contract/time.ts'
import { tokenPattern, tokenPrefix } from '../../../contract/tokens.ts'
import { filterFault, maxTokenFilters } from '../../../contract/topic-filter.ts'
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
  /** MQTT topic filters of a service; `undefined`: it is none. */
  filters: string[] | undefined
}

export interface NewToken {
  name: string
  role: TokenRole
  days?: number | undefined
  /** Of a service, and of no other. */
  filters?: readonly string[] | undefined
}

export interface Tokens {
  /** The token is shown here and never again. */
  create(token: NewToken): Promise<{ record: TokenRecord; token: string }>
  list(): Promise<TokenRecord[]>
  /** It stops working at once; displays that use it are cut off. */
  revoke(name: string): Promise<void>
}

/** How a token is proved over HTTP. */
export interface TokenProof {
  /** `undefined` when there is no such token (any more). `touch`: note that it was used. */
  find(token: string, options: { touch: boolean }): Promise<TokenRecord | undefined>
  /** Notes that these were used: services, which show theirs elsewhere. */
  touch(names: readonly string[]): Promise<void>
}

export interface TokensParts {
  db: RegistryDatabase
  pepper: Uint8Array
  note: NoteChange
  now: () => number
  /** First levels of every topic, if they are known. */
  topicRoot: string | undefined
  wrote: () => void
}

const namePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/
const touchEveryMs = 60_000
const maxTokens = 1000

export function createTokens({ db, pepper, note, now, topicRoot, wrote }: TokensParts): Tokens {
  return {
    async create({ name, role, days, filters }) {
      if (!namePattern.test(name)) {
        throw new Refusal('bad-token-name', 'A name has 1 to 64 of a-z, 0-9, ".", "_" and "-".')
      }
      requireFilters(role, filters, topicRoot)
      const token = tokenPrefix + randomBytes(32).toString('base64url')
      const row = {
        name,
        role,
        hash: tokenHash(pepper, token),
        created_at_ms: now(),
        expires_at_ms: days === undefined ? null : now() + days * dayMs,
        used_at_ms: null,
        filters: filters === undefined ? null : JSON.stringify(filters),
      }
      await db.transaction().execute(async (transaction) => {
        const taken = await transaction.selectFrom('token').select('name').execute()
        if (taken.some((other) => other.name === name)) {
          throw new Refusal('token-exists', `There is a token "${name}" already.`)
        }
        if (taken.length >= maxTokens) throw new Refusal('token-exists', `There are ${maxTokens} tokens already.`)
        await transaction.insertInto('token').values(row).execute()
        await note(transaction, {
          action: 'token.created',
          target: name,
          detail: { role, days: days ?? null, ...(filters !== undefined && { filters: [...filters] }) },
        })
      })
      wrote()
      return { record: recordOf(row), token }
    },

    async list() {
      const rows = await db.selectFrom('token').selectAll().orderBy('name').execute()
      return rows.map(recordOf)
    },

    async revoke(name) {
      await db.transaction().execute(async (transaction) => {
        const { numDeletedRows } = await transaction.deleteFrom('token').where('name', '=', name).executeTakeFirst()
        if (numDeletedRows === 0n) throw new Refusal('unknown-token', `There is no token "${name}".`)
        await note(transaction, { action: 'token.revoked', target: name })
      })
      wrote()
    },
  }
}

export function createTokenProof({ db, pepper, now }: Pick<TokensParts, 'db' | 'pepper' | 'now'>): TokenProof {
  return {
    async find(token, { touch }) {
      if (!tokenPattern.test(token)) return undefined
      const hash = tokenHash(pepper, token)
      const row = await db.selectFrom('token').selectAll().where('hash', '=', hash).executeTakeFirst()
      const at = now()
      if (row === undefined || (row.expires_at_ms ?? Number.POSITIVE_INFINITY) <= at) return undefined
      if (touch && at - (row.used_at_ms ?? 0) >= touchEveryMs) {
        await db.updateTable('token').set({ used_at_ms: at }).where('hash', '=', hash).execute()
      }
      return recordOf(row)
    },

    async touch(names) {
      const at = now()
      await db
        .updateTable('token')
        .set({ used_at_ms: at })
        .where('name', 'in', names)
        .where((row) => row.or([row('used_at_ms', 'is', null), row('used_at_ms', '<=', at - touchEveryMs)]))
        .execute()
    },
  }
}

function requireFilters(role: TokenRole, filters: readonly string[] | undefined, root: string | undefined): void {
  const refuse = (words: string) => {
    throw new Refusal('bad-filters', words)
  }
  if (role !== 'service') return filters === undefined ? undefined : refuse('Only a token of role service has filters.')
  if (filters === undefined || filters.length === 0) return refuse('A token of role service needs at least one filter.')
  if (filters.length > maxTokenFilters) return refuse(`A token has at most ${maxTokenFilters} filters.`)
  for (const filter of filters) {
    const fault = filterFault(filter, root)
    if (fault !== undefined) return refuse(`"${filter}": ${fault}`)
  }
}

/** Keyed: the database alone neither proves nor makes a token. */
export function tokenHash(pepper: Uint8Array, token: string | Uint8Array): Uint8Array {
  return createHmac('sha256', pepper).update(token).digest()
}

function recordOf(row: Omit<Selectable<TokenTable>, 'hash'>): TokenRecord {
  return {
    name: row.name,
    role: row.role,
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms,
    usedAtMs: row.used_at_ms,
    filters: row.filters === null ? undefined : filtersOf(row.filters),
  }
}

/** As `create` wrote them. */
export function filtersOf(text: string): string[] {
  return JSON.parse(text)
}

import { createHash, randomBytes } from 'node:crypto'
import type { Role } from '../../../contract/roles.ts'
import { minuteMs } from '../../../contract/time.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { RegistryDatabase, Writing } from '../schema.ts'
import type { SessionTable } from './tables.ts'

export interface ActiveSession {
  username: string
  role: Role
  /** The earlier of its idle end and its last moment. */
  expiresAtMs: number
}

export interface Sessions {
  /** A new session; the id goes into the cookie and only its SHA-256 is kept. */
  open(username: string, how?: SignInFacts): Promise<{ id: string; session: ActiveSession }>
  /** `undefined` when it never was, has ended or has expired. `touch`: the person is there; moves the idle end. */
  find(id: string, options: { touch: boolean }): Promise<ActiveSession | undefined>
  close(id: string): Promise<void>
  /** Those of one person that have not ended, newest first. */
  of(username: string): Promise<SessionRecord[]>
  /** Ends one of a person's sessions by its public name; false: there is none. */
  end(username: string, name: string): Promise<boolean>
}

/** A session as its person may see it: never what proves it. */
export interface SessionRecord {
  /** The beginning of the hash under which it is kept: nothing follows from it. */
  name: string
  createdAtMs: number
  /** Kept to the minute. */
  seenAtMs: number
  /** Where it was opened, and by what; null: not known. */
  address: string | null
  browser: string | null
}

/** How somebody came in. */
export interface SignInFacts {
  by: 'password' | 'password-and-code' | 'link'
  address: string
  /** What the browser calls itself; for the person only, not for the audit. */
  browser?: string | undefined
}

export interface LoginLinks {
  /** A one-time code that signs this person in, for 24 hours. */
  create(username: string): Promise<string>
  /** The person's name, once. */
  redeem(code: string): Promise<string | undefined>
}

const hourMs = 60 * minuteMs

/** People: ASVS 5.0 7.3, with an operator's shift as the last moment. A wall has nobody who could sign it in again. */
const people = { idleMs: 30 * minuteMs, lastMs: 12 * hourMs }
const walls = { idleMs: Number.POSITIVE_INFINITY, lastMs: 30 * 24 * hourMs }
const linkLastMs = 24 * hourMs
/** A session is written at most so often. */
const touchEveryMs = minuteMs

const idBytes = 32
const nameCharacters = 16
const maxOfPerson = 100
const maxBrowserChars = 300
const idPattern = /^[\w-]{43}$/

export interface SessionParts {
  db: RegistryDatabase
  audit: Pick<AuditLog, 'note'>
  now: () => number
}

export function createSessions({ db, audit, now }: SessionParts): Sessions {
  const query = (id: string) =>
    db
      .selectFrom('session')
      .innerJoin('person', 'person.username', 'session.username')
      .select(['session.username', 'role', 'session.created_at_ms', 'seen_at_ms'])
      .where('id_hash', '=', hashOf(id))
  const ofPerson = (username: string) =>
    db
      .selectFrom('session')
      .innerJoin('person', 'person.username', 'session.username')
      .select(['id_hash', 'session.username', 'role', 'session.created_at_ms', 'seen_at_ms', 'address', 'browser'])
      .where('session.username', '=', username)
      .orderBy('session.created_at_ms', 'desc')
      .execute()

  return {
    async open(username, how) {
      const at = now()
      await db
        .deleteFrom('session')
        .where('created_at_ms', '<', at - walls.lastMs)
        .execute()
      const id = randomBytes(idBytes).toString('base64url')
      const { browser, ...noted } = how ?? {}
      const from = { address: how?.address ?? null, browser: browser?.slice(0, maxBrowserChars) ?? null }
      const row = { id_hash: hashOf(id), username, created_at_ms: at, seen_at_ms: at, ...from }
      await db.transaction().execute(async (transaction) => {
        await transaction.insertInto('session').values(row).execute()
        await endOldest(transaction, row)
        await audit.note(transaction, `user:${username}`, { action: 'session.opened', detail: noted })
      })
      const { role } = await query(id).executeTakeFirstOrThrow()
      return { id, session: sessionOf({ ...row, role }) }
    },

    async find(id, { touch }) {
      if (!idPattern.test(id)) return undefined
      const row = await query(id).executeTakeFirst()
      if (row === undefined) return undefined
      const at = now()
      if (sessionOf(row).expiresAtMs <= at) {
        await db.deleteFrom('session').where('id_hash', '=', hashOf(id)).execute()
        return undefined
      }
      if (!touch || at - row.seen_at_ms < touchEveryMs) return sessionOf(row)
      await db.updateTable('session').set({ seen_at_ms: at }).where('id_hash', '=', hashOf(id)).execute()
      return sessionOf({ ...row, seen_at_ms: at })
    },

    close: (id) =>
      db.transaction().execute(async (transaction) => {
        const closed = await transaction
          .deleteFrom('session')
          .where('id_hash', '=', hashOf(id))
          .returning('username')
          .executeTakeFirst()
        if (closed !== undefined) await audit.note(transaction, `user:${closed.username}`, { action: 'session.closed' })
      }),

    async of(username) {
      const rows = await ofPerson(username)
      return rows.filter((row) => sessionOf(row).expiresAtMs > now()).map(recordOf)
    },

    async end(username, name) {
      const row = (await ofPerson(username)).find(({ id_hash }) => sessionName(id_hash) === name)
      if (row === undefined) return false
      await db.transaction().execute(async (transaction) => {
        await transaction.deleteFrom('session').where('id_hash', '=', row.id_hash).execute()
        await audit.note(transaction, `user:${username}`, { action: 'session.closed', target: name })
      })
      return true
    },
  }
}

/** Ends what signs a person in, also the links that would; all but the session with this id, where one is given. */
export async function endSessions(transaction: Writing, username: string, exceptId?: string): Promise<void> {
  const sessions = transaction.deleteFrom('session').where('username', '=', username)
  await (exceptId === undefined ? sessions : sessions.where('id_hash', '!=', hashOf(exceptId))).execute()
  await transaction.deleteFrom('login_link').where('username', '=', username).execute()
}

/** Whoever signs in over and over ends his own oldest ones. */
async function endOldest(transaction: Writing, opened: Pick<SessionTable, 'id_hash' | 'username'>): Promise<void> {
  const { id_hash, username } = opened
  const kept = transaction
    .selectFrom('session')
    .select('id_hash')
    .where('username', '=', username)
    .where('id_hash', '!=', id_hash)
    .orderBy('created_at_ms', 'desc')
    .limit(maxOfPerson - 1)
  await transaction
    .deleteFrom('session')
    .where('username', '=', username)
    .where('id_hash', '!=', id_hash)
    .where('id_hash', 'not in', kept)
    .execute()
}

/** Of a session by its id. */
export const sessionNameOf = (id: string): string => sessionName(hashOf(id))

function sessionName(hash: Uint8Array): string {
  return Buffer.from(hash).toString('hex').slice(0, nameCharacters)
}

function recordOf({ id_hash, created_at_ms, seen_at_ms, address, browser }: SessionTable): SessionRecord {
  return { name: sessionName(id_hash), createdAtMs: created_at_ms, seenAtMs: seen_at_ms, address, browser }
}

export function createLoginLinks({ db, now }: Omit<SessionParts, 'audit'>): LoginLinks {
  return {
    async create(username) {
      const code = randomBytes(idBytes).toString('base64url')
      const expires_at_ms = now() + linkLastMs
      await db
        .insertInto('login_link')
        .values({ code_hash: hashOf(code), username, expires_at_ms })
        .execute()
      return code
    },
    async redeem(code) {
      const used = await db
        .deleteFrom('login_link')
        .where('code_hash', '=', hashOf(code))
        .returning(['username', 'expires_at_ms'])
        .executeTakeFirst()
      return used !== undefined && used.expires_at_ms > now() ? used.username : undefined
    },
  }
}

function sessionOf(row: { username: string; role: Role; created_at_ms: number; seen_at_ms: number }): ActiveSession {
  const { idleMs, lastMs } = row.role === 'wall' ? walls : people
  const expiresAtMs = Math.min(row.seen_at_ms + idleMs, row.created_at_ms + lastMs)
  return { username: row.username, role: row.role, expiresAtMs }
}

function hashOf(secret: string): Uint8Array {
  return createHash('sha256').update(secret).digest()
}

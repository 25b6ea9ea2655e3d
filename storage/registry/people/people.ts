import { chmod, writeFile } from 'node:fs/promises'
import { Refusal } from '../../../contract/http/refusal.ts'
import type { Role } from '../../../contract/roles.ts'
import type { NoteChange } from '../audit/audit-log.ts'
import type { RegistryDatabase, Writing } from '../schema.ts'
import { isCommonPassword } from './common-passwords.ts'
import type { Turn } from './hash-queue.ts'
import { type Passwords, randomPassword } from './passwords.ts'
import { endSessions } from './sessions.ts'

export interface Person {
  username: string
  role: Role
  createdAtMs: number
  passwordChangedAtMs: number
}

export interface People {
  create(person: { username: string; role: Role; password: string }): Promise<Person>
  /** Ends all sessions of the person. */
  setPassword(username: string, password: string): Promise<void>
  /** Ends all sessions of the person. */
  setRole(username: string, role: Role): Promise<Person>
  list(): Promise<Person[]>
  remove(username: string): Promise<void>
  exists(username: string): Promise<boolean>
  /** The person if the password is right; takes equal time if there is no such person. */
  verify(username: string, password: string, turn?: Turn): Promise<Person | undefined>
  /**
   * Makes `admin` if there is no person yet. Without `password` a random one is made, returned this once, and written
   * to `passwordFile` (mode 0600). Gives `undefined` when there was nothing to do.
   */
  ensureAdmin(options: { password?: string; passwordFile: string }): Promise<MadeAdmin | undefined>
}

export interface MadeAdmin {
  username: string
  password: string
  /** It was made up here and stands in the password file. */
  random: boolean
}

const usernamePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/
const columns = ['username', 'role', 'created_at_ms', 'password_changed_at_ms'] as const

export interface PeopleParts {
  db: RegistryDatabase
  passwords: Passwords
  /** Words that no password may be made of: `cityWordsOf` its names. */
  cityWords: ReadonlySet<string>
  note: NoteChange
  now: () => number
}

export function createPeople({ db, passwords, cityWords, note, now }: PeopleParts): People {
  async function create({ username, role, password }: { username: string; role: Role; password: string }) {
    if (!usernamePattern.test(username)) {
      throw new Refusal('bad-username', 'A user name has 1 to 64 of a-z, 0-9, ".", "_" and "-".')
    }
    const password_hash = await passwords.hash(password)
    const row = { username, role, password_hash, created_at_ms: now(), password_changed_at_ms: now() }
    await db.transaction().execute(async (transaction) => {
      const { numInsertedOrUpdatedRows } = await transaction
        .insertInto('person')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst()
      if (numInsertedOrUpdatedRows === 0n) throw new Refusal('user-exists', `There is a user "${username}" already.`)
      await note(transaction, { action: 'user.created', target: username, detail: { role } })
    })
    return personOf(row)
  }

  async function requireUncommon(password: string, username: string): Promise<void> {
    if (await isCommonPassword(password, username, cityWords)) {
      throw new Refusal('weak-password', 'This password is among the first that are tried; take another.')
    }
  }

  return {
    async create(person) {
      await requireUncommon(person.password, person.username)
      return create(person)
    },

    async setPassword(username, password) {
      await requireUncommon(password, username)
      const password_hash = await passwords.hash(password)
      await db.transaction().execute(async (transaction) => {
        const { numUpdatedRows } = await transaction
          .updateTable('person')
          .set({ password_hash, password_changed_at_ms: now() })
          .where('username', '=', username)
          .executeTakeFirst()
        if (numUpdatedRows === 0n) refuseUnknown(username)
        await endSessions(transaction, username)
        await note(transaction, { action: 'user.password-changed', target: username })
      })
    },

    setRole: (username, role) =>
      db.transaction().execute(async (transaction) => {
        const before = await requirePerson(transaction, username)
        if (before.role === 'admin' && role !== 'admin') await requireOtherAdmin(transaction, username)
        await transaction.updateTable('person').set({ role }).where('username', '=', username).execute()
        await endSessions(transaction, username)
        const detail = { from: before.role, to: role }
        await note(transaction, { action: 'user.role-changed', target: username, detail })
        return personOf({ ...before, role })
      }),

    async list() {
      const rows = await db.selectFrom('person').select(columns).orderBy('username').execute()
      return rows.map(personOf)
    },

    remove: (username) =>
      db.transaction().execute(async (transaction) => {
        const { role } = await requirePerson(transaction, username)
        if (role === 'admin') await requireOtherAdmin(transaction, username)
        await transaction.deleteFrom('person').where('username', '=', username).execute()
        await note(transaction, { action: 'user.removed', target: username, detail: { role } })
      }),

    async exists(username) {
      const row = await db
        .selectFrom('person')
        .select('username')
        .where('username', '=', username.toLowerCase())
        .executeTakeFirst()
      return row !== undefined
    },

    async verify(username, password, turn) {
      const row = await db
        .selectFrom('person')
        .select([...columns, 'password_hash'])
        .where('username', '=', username.toLowerCase())
        .executeTakeFirst()
      const right = await passwords.matches(password, row?.password_hash, turn)
      return right && row !== undefined ? personOf(row) : undefined
    },

    async ensureAdmin({ password, passwordFile }) {
      const anyone = await db.selectFrom('person').select('username').limit(1).executeTakeFirst()
      if (anyone !== undefined) return undefined
      const made = { username: 'admin', password: password ?? randomPassword(), random: password === undefined }
      // Before the person: a crash in between must not leave an admin whose password nobody knows.
      if (made.random) await writeSecret(passwordFile, `${made.password}\n`)
      await create({ username: made.username, role: 'admin', password: made.password })
      return made
    },
  }
}

async function writeSecret(file: string, text: string): Promise<void> {
  await writeFile(file, text, { mode: 0o600 })
  await chmod(file, 0o600)
}

function personOf(row: {
  username: string
  role: Role
  created_at_ms: number
  password_changed_at_ms: number
}): Person {
  return {
    username: row.username,
    role: row.role,
    createdAtMs: row.created_at_ms,
    passwordChangedAtMs: row.password_changed_at_ms,
  }
}

async function requirePerson(transaction: Writing, username: string) {
  const query = transaction.selectFrom('person').select(columns).where('username', '=', username)
  return (await query.executeTakeFirst()) ?? refuseUnknown(username)
}

async function requireOtherAdmin(transaction: Writing, username: string): Promise<void> {
  const other = await transaction
    .selectFrom('person')
    .select('username')
    .where('role', '=', 'admin')
    .where('username', '!=', username)
    .limit(1)
    .executeTakeFirst()
  if (other === undefined) throw new Refusal('last-admin')
}

function refuseUnknown(username: string): never {
  throw new Refusal('unknown-user', `There is no user "${username}".`)
}

import type { Role } from '../../../contract/roles.ts'
import type { Migration } from '../area.ts'
import type { RegistryDialect } from '../engine.ts'
import type { RegistryDatabase } from '../schema.ts'

export interface PeopleTables {
  person: PersonTable
  session: SessionTable
  login_link: { code_hash: Uint8Array; username: string; expires_at_ms: number }
  second_factor: SecondFactorDraftTable & { last_step: number }
  second_factor_draft: SecondFactorDraftTable
  recovery_code: { hash: Uint8Array; username: string }
}

export interface PersonTable {
  username: string
  role: Role
  password_hash: string
  created_at_ms: number
  password_changed_at_ms: number
}

export interface SessionTable {
  /** SHA-256 of the id in the cookie. */
  id_hash: Uint8Array
  username: string
  created_at_ms: number
  seen_at_ms: number
  /** Where it was opened; null: before this was kept. */
  address: string | null
  /** What the browser calls itself, shortened. */
  browser: string | null
}

export interface SecondFactorDraftTable {
  username: string
  /** Encrypted with a key from the pepper. */
  secret: Uint8Array
  created_at_ms: number
}

async function people(db: RegistryDatabase, { types }: RegistryDialect): Promise<void> {
  await db.schema
    .createTable('person')
    .addColumn('username', 'text', (column) => column.primaryKey())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('password_hash', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('password_changed_at_ms', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('session')
    .addColumn('id_hash', types.bytes, (column) => column.primaryKey())
    .addColumn('username', 'text', (column) => column.notNull().references('person.username').onDelete('cascade'))
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('seen_at_ms', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('session_username').on('session').column('username').execute()
  await db.schema
    .createTable('login_link')
    .addColumn('code_hash', types.bytes, (column) => column.primaryKey())
    .addColumn('username', 'text', (column) => column.notNull().references('person.username').onDelete('cascade'))
    .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
    .execute()
}

async function factors(db: RegistryDatabase, { types }: RegistryDialect): Promise<void> {
  for (const name of ['second_factor', 'second_factor_draft'] as const) {
    await db.schema
      .createTable(name)
      .addColumn('username', 'text', (column) => column.primaryKey().references('person.username').onDelete('cascade'))
      .addColumn('secret', types.bytes, (column) => column.notNull())
      .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
      .execute()
  }
  // The last step whose code was accepted: a code is good once.
  await db.schema
    .alterTable('second_factor')
    .addColumn('last_step', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
  await db.schema
    .createTable('recovery_code')
    .addColumn('hash', types.bytes, (column) => column.primaryKey())
    .addColumn('username', 'text', (column) => column.notNull().references('person.username').onDelete('cascade'))
    .execute()
}

async function sessionOrigins(db: RegistryDatabase): Promise<void> {
  for (const name of ['address', 'browser']) await db.schema.alterTable('session').addColumn(name, 'text').execute()
}

export const peopleMigrations: readonly Migration[] = [
  { version: 2, name: 'people', up: people },
  { version: 5, name: 'tokens and factors', up: factors },
  { version: 9, name: 'session origins', up: sessionOrigins },
]

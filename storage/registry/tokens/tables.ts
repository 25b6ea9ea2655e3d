import type { TokenRole } from '../../../contract/roles.ts'
import type { Migration } from '../area.ts'
import type { RegistryDialect } from '../engine.ts'
import type { RegistryDatabase } from '../schema.ts'

export interface TokenTables {
  token: TokenTable
}

export interface TokenTable {
  name: string
  role: TokenRole
  /** HMAC-SHA-256(pepper, token) */
  hash: Uint8Array
  created_at_ms: number
  expires_at_ms: number | null
  used_at_ms: number | null
  /** MQTT topic filters of a service, a JSON array; null: it is none. */
  filters: string | null
}

async function tokens(db: RegistryDatabase, { types }: RegistryDialect): Promise<void> {
  await db.schema
    .createTable('token')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('hash', types.bytes, (column) => column.notNull().unique())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('expires_at_ms', 'bigint')
    .addColumn('used_at_ms', 'bigint')
    .execute()
}

async function serviceFilters(db: RegistryDatabase): Promise<void> {
  await db.schema.alterTable('token').addColumn('filters', 'text').execute()
}

export const tokenMigrations: readonly Migration[] = [
  { version: 5, name: 'tokens and factors', up: tokens },
  { version: 10, name: 'service filters', up: serviceFilters },
]

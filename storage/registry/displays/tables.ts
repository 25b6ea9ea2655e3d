import type { Migration } from '../area.ts'
import type { RegistryDialect } from '../engine.ts'
import type { RegistryDatabase } from '../schema.ts'

export interface DisplayTables {
  display: DisplayTable
}

export interface DisplayTable {
  name: string
  /** SHA-256 of what the display holds. */
  identity_hash: Uint8Array
  created_at_ms: number
  renewed_at_ms: number
  seen_at_ms: number | null
  /** The identity before, while it still works. */
  old_identity_hash: Uint8Array | null
  old_until_ms: number | null
}

async function displays(db: RegistryDatabase, { types }: RegistryDialect): Promise<void> {
  await db.schema
    .createTable('display')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('identity_hash', types.bytes, (column) => column.notNull().unique())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('renewed_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('seen_at_ms', 'bigint')
    .addColumn('old_identity_hash', types.bytes)
    .addColumn('old_until_ms', 'bigint')
    .execute()
}

export const displayMigrations: readonly Migration[] = [{ version: 6, name: 'displays', up: displays }]

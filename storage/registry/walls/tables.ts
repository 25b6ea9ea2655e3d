import type { Migration } from '../area.ts'
import type { RegistryDatabase } from '../schema.ts'

export interface WallTables {
  wall: WallTable
}

interface WallTable {
  id: string
  rev: number
  /** As the contract's WallSettings; JSON. */
  settings: string
}

async function walls(db: RegistryDatabase): Promise<void> {
  await db.schema
    .createTable('wall')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('rev', 'integer', (column) => column.notNull())
    .addColumn('settings', 'text', (column) => column.notNull())
    .execute()
}

export const wallMigrations: readonly Migration[] = [{ version: 7, name: 'walls', up: walls }]

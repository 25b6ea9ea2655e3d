import type { Generated } from 'kysely'
import type { Migration } from '../area.ts'
import type { RegistryDialect } from '../engine.ts'
import type { RegistryDatabase } from '../schema.ts'

export interface MaintenanceTables {
  maintenance: MaintenanceTable
  maintenance_device: { maintenance_id: number; device_id: string }
}

export interface MaintenanceTable {
  id: Generated<number>
  from_ms: number
  /** Excluded. */
  until_ms: number
  reason: string
  /** As the audit names them. */
  made_by: string
  made_at_ms: number
}

async function maintenance(db: RegistryDatabase, dialect: RegistryDialect): Promise<void> {
  await db.schema
    .createTable('maintenance')
    // Never the number of one that was cancelled: the audit names them by it.
    .addColumn('id', 'integer', dialect.numbered)
    .addColumn('from_ms', 'bigint', (column) => column.notNull())
    .addColumn('until_ms', 'bigint', (column) => column.notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('made_by', 'text', (column) => column.notNull())
    .addColumn('made_at_ms', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('maintenance_until').on('maintenance').column('until_ms').execute()
  await db.schema
    .createTable('maintenance_device')
    .addColumn('maintenance_id', 'integer', (column) =>
      column.notNull().references('maintenance.id').onDelete('cascade'),
    )
    .addColumn('device_id', 'text', (column) => column.notNull().references('device.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('maintenance_device_key', ['maintenance_id', 'device_id'])
    .execute()
  await db.schema.createIndex('maintenance_device_id').on('maintenance_device').column('device_id').execute()
}

export const maintenanceMigrations: readonly Migration[] = [{ version: 8, name: 'maintenance', up: maintenance }]

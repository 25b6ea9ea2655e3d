import type { Migration } from '../area.ts'
import type { RegistryDialect } from '../engine.ts'
import type { RegistryDatabase } from '../schema.ts'
import type { AuditRow } from './record.ts'

export interface AuditTables {
  audit: AuditRow
}

/** Rows are only added: the database keeps our own mistakes out, the chain shows what anybody else did. */
async function audit(db: RegistryDatabase, dialect: RegistryDialect): Promise<void> {
  const { types } = dialect
  await db.schema
    .createTable('audit')
    .addColumn('seq', 'integer', (column) => column.primaryKey())
    .addColumn('at_ms', 'bigint', (column) => column.notNull())
    .addColumn('actor', 'text', (column) => column.notNull())
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('target', 'text')
    .addColumn('detail', 'text', (column) => column.notNull())
    .addColumn('previous', types.bytes, (column) => column.notNull())
    .addColumn('hash', types.bytes, (column) => column.notNull())
    .addColumn('signature', types.bytes, (column) => column.notNull())
    .execute()
  await db.schema.createIndex('audit_actor').on('audit').columns(['actor', 'seq']).execute()
  await db.schema.createIndex('audit_at').on('audit').column('at_ms').execute()
  await dialect.appendOnly(db, 'audit', 'the audit is only appended to')
}

export const auditMigrations: readonly Migration[] = [{ version: 3, name: 'audit', up: audit }]

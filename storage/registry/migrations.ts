import { type Kysely, sql } from 'kysely'
import type { RegistrySchema } from './schema.ts'

type Migration = (db: Kysely<RegistrySchema>) => Promise<void>

async function devices(db: Kysely<RegistrySchema>): Promise<void> {
  await db.schema
    .createTable('counter')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('last', 'integer', (column) => column.notNull())
    .execute()
  await db.insertInto('counter').values({ name: 'device', last: 0 }).execute()
  await db.schema
    .createTable('device')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('profile', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('lat', 'real')
    .addColumn('lon', 'real')
    .addColumn('area_code', 'text')
    .addColumn('parent_id', 'text', (column) => column.references('device.id'))
    .addColumn('opd', 'text')
    .addColumn('expected_s', 'real')
    .addColumn('disabled', 'integer', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('key_hash', 'blob')
    .addColumn('key_created_at_ms', 'bigint')
    .addColumn('revoked_at_ms', 'bigint')
    .addColumn('revision', 'integer', (column) => column.notNull())
    .addColumn('changed', 'integer', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('device_changed').on('device').column('changed').execute()
  await db.schema.createIndex('device_parent').on('device').column('parent_id').execute()
  await db.schema
    .createTable('device_removed')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('changed', 'integer', (column) => column.notNull())
    .execute()
}

async function people(db: Kysely<RegistrySchema>): Promise<void> {
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
    .addColumn('id_hash', 'blob', (column) => column.primaryKey())
    .addColumn('username', 'text', (column) => column.notNull().references('person.username').onDelete('cascade'))
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('seen_at_ms', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('session_username').on('session').column('username').execute()
  await db.schema
    .createTable('login_link')
    .addColumn('code_hash', 'blob', (column) => column.primaryKey())
    .addColumn('username', 'text', (column) => column.notNull().references('person.username').onDelete('cascade'))
    .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
    .execute()
}

async function twoKeysAndCertificates(db: Kysely<RegistrySchema>): Promise<void> {
  const columns = [
    ['key_used_at_ms', 'bigint'],
    ['old_key_hash', 'blob'],
    ['old_key_created_at_ms', 'bigint'],
    ['old_key_used_at_ms', 'bigint'],
    ['old_key_until_ms', 'bigint'],
    ['old_revision', 'integer'],
    ['certificates_from_ms', 'bigint'],
    ['certificate_used_at_ms', 'bigint'],
  ] as const
  for (const [name, type] of columns) await db.schema.alterTable('device').addColumn(name, type).execute()
  await db.schema
    .alterTable('device')
    .addColumn('certificate_revision', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
  // What was revoked before certificates signed anybody in stays revoked for them too.
  await db
    .updateTable('device')
    .set((row) => ({ certificates_from_ms: row.ref('revoked_at_ms') }))
    .execute()
  await db.schema
    .createIndex('device_old_key')
    .on('device')
    .column('old_key_until_ms')
    .where('old_key_until_ms', 'is not', null)
    .execute()
}

/** Rows are only added: the triggers keep our own mistakes out, the chain shows what anybody else did. */
async function audit(db: Kysely<RegistrySchema>): Promise<void> {
  await db.schema
    .createTable('audit')
    .addColumn('seq', 'integer', (column) => column.primaryKey())
    .addColumn('at_ms', 'bigint', (column) => column.notNull())
    .addColumn('actor', 'text', (column) => column.notNull())
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('target', 'text')
    .addColumn('detail', 'text', (column) => column.notNull())
    .addColumn('previous', 'blob', (column) => column.notNull())
    .addColumn('hash', 'blob', (column) => column.notNull())
    .addColumn('signature', 'blob', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('audit_actor').on('audit').columns(['actor', 'seq']).execute()
  await db.schema.createIndex('audit_at').on('audit').column('at_ms').execute()
  for (const change of ['update', 'delete']) {
    await sql`create trigger ${sql.id(`audit_no_${change}`)} before ${sql.raw(change)} on audit
      begin select raise(abort, 'the audit is only appended to'); end`.execute(db)
  }
}

async function tokensAndFactors(db: Kysely<RegistrySchema>): Promise<void> {
  await db.schema
    .createTable('token')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('hash', 'blob', (column) => column.notNull().unique())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('expires_at_ms', 'bigint')
    .addColumn('used_at_ms', 'bigint')
    .execute()
  for (const name of ['second_factor', 'second_factor_draft'] as const) {
    await db.schema
      .createTable(name)
      .addColumn('username', 'text', (column) => column.primaryKey().references('person.username').onDelete('cascade'))
      .addColumn('secret', 'blob', (column) => column.notNull())
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
    .addColumn('hash', 'blob', (column) => column.primaryKey())
    .addColumn('username', 'text', (column) => column.notNull().references('person.username').onDelete('cascade'))
    .execute()
}

async function displays(db: Kysely<RegistrySchema>): Promise<void> {
  await db.schema
    .createTable('display')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('identity_hash', 'blob', (column) => column.notNull().unique())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('renewed_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('seen_at_ms', 'bigint')
    .addColumn('old_identity_hash', 'blob')
    .addColumn('old_until_ms', 'bigint')
    .execute()
}

async function walls(db: Kysely<RegistrySchema>): Promise<void> {
  await db.schema
    .createTable('wall')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('rev', 'integer', (column) => column.notNull())
    .addColumn('settings', 'text', (column) => column.notNull())
    .execute()
}

async function maintenance(db: Kysely<RegistrySchema>): Promise<void> {
  await db.schema
    .createTable('maintenance')
    // Never the number of one that was cancelled: the audit names them by it.
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
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

async function sessionOrigins(db: Kysely<RegistrySchema>): Promise<void> {
  for (const name of ['address', 'browser']) await db.schema.alterTable('session').addColumn(name, 'text').execute()
}

/** In order; one that has been released is never edited, only followed by another. */
export const migrations: readonly Migration[] = [
  devices,
  people,
  audit,
  twoKeysAndCertificates,
  tokensAndFactors,
  displays,
  walls,
  maintenance,
  sessionOrigins,
]

import type { Kind } from '../../../contract/topics.ts'
import type { Migration } from '../area.ts'
import type { RegistryDialect } from '../engine.ts'
import type { RegistryDatabase } from '../schema.ts'

export interface DeviceTables {
  device: DeviceTable
  device_removed: { id: string; changed: number }
  counter: { name: string; last: number }
}

export interface DeviceTable {
  id: string
  kind: Kind
  profile: string
  name: string
  lat: number | null
  lon: number | null
  area_code: string | null
  parent_id: string | null
  opd: string | null
  expected_s: number | null
  disabled: number
  created_at_ms: number
  /** HMAC-SHA-256(pepper, key); null once it is revoked. */
  key_hash: Uint8Array | null
  key_created_at_ms: number | null
  revoked_at_ms: number | null
  /** Number of the change that made its key. */
  revision: number
  /** Last sign-in with its key; null: not used yet. */
  key_used_at_ms: number | null
  /** The key before, while it still works. */
  old_key_hash: Uint8Array | null
  old_key_created_at_ms: number | null
  old_key_used_at_ms: number | null
  old_key_until_ms: number | null
  old_revision: number | null
  /** Number of the change since which its certificates are good: its revocation or its making. */
  certificate_revision: number
  /** Certificates issued before are refused: the moment of its last revocation. */
  certificates_from_ms: number | null
  certificate_used_at_ms: number | null
  /** Number of the last change of anything. */
  changed: number
}

async function devices(db: RegistryDatabase, { types }: RegistryDialect): Promise<void> {
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
    .addColumn('lat', types.double)
    .addColumn('lon', types.double)
    .addColumn('area_code', 'text')
    .addColumn('parent_id', 'text', (column) => column.references('device.id'))
    .addColumn('opd', 'text')
    .addColumn('expected_s', types.double)
    .addColumn('disabled', 'integer', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('key_hash', types.bytes)
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

async function twoKeysAndCertificates(db: RegistryDatabase, { types }: RegistryDialect): Promise<void> {
  const columns = [
    ['key_used_at_ms', 'bigint'],
    ['old_key_hash', types.bytes],
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

export const deviceMigrations: readonly Migration[] = [
  { version: 1, name: 'devices', up: devices },
  { version: 4, name: 'two keys and certificates', up: twoKeysAndCertificates },
]

import type { Generated } from 'kysely'
import type { CommandState } from '../../../contract/command.ts'
import type { Migration } from '../area.ts'
import type { RegistryDialect } from '../engine.ts'
import type { RegistryDatabase } from '../schema.ts'

export interface CommandTables {
  command: CommandTable
}

export interface CommandTable {
  /** Orders commands; never told. */
  seq: Generated<number>
  /** 16 hexadecimal digits, by chance. */
  id: string
  device_id: string
  name: string
  /** JSON; null: none. */
  args: string | null
  dangerous: 0 | 1
  state: CommandState
  /** As the audit names them. */
  created_by: string
  created_ms: number
  expires_ms: number
  approved_by: string | null
  approved_ms: number | null
  /** Who rejected or cancelled it. */
  ended_by: string | null
  ended_ms: number | null
  /** Since then it may be on its way. */
  offered_ms: number | null
  sent_ms: number | null
  /** The device's client said that it has it. */
  acknowledged: 0 | 1 | null
  answered_ms: number | null
  error: string | null
}

async function commands(db: RegistryDatabase, dialect: RegistryDialect): Promise<void> {
  await db.schema
    .createTable('command')
    .addColumn('seq', 'integer', dialect.numbered)
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('device_id', 'text', (column) => column.notNull().references('device.id').onDelete('cascade'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('args', 'text')
    .addColumn('dangerous', 'integer', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('created_by', 'text', (column) => column.notNull())
    .addColumn('created_ms', 'bigint', (column) => column.notNull())
    .addColumn('expires_ms', 'bigint', (column) => column.notNull())
    .addColumn('approved_by', 'text')
    .addColumn('approved_ms', 'bigint')
    .addColumn('ended_by', 'text')
    .addColumn('ended_ms', 'bigint')
    .addColumn('offered_ms', 'bigint')
    .addColumn('sent_ms', 'bigint')
    .addColumn('acknowledged', 'integer')
    .addColumn('answered_ms', 'bigint')
    .addColumn('error', 'text')
    .execute()
  await db.schema.createIndex('command_device').on('command').columns(['device_id', 'seq']).execute()
  await db.schema.createIndex('command_state').on('command').columns(['state', 'seq']).execute()
  await db.schema.createIndex('command_created').on('command').column('created_ms').execute()
}

export const commandMigrations: readonly Migration[] = [{ version: 11, name: 'commands', up: commands }]

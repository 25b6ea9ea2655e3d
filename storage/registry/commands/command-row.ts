import type { Selectable } from 'kysely'
import type { CommandState } from '../../../contract/command.ts'
import type { Command } from '../../../contract/http/commands.ts'
import { iso } from '../../../contract/time.ts'
import type { RegistryDatabase } from '../schema.ts'
import type { CommandTable } from './tables.ts'

export type CommandRow = Selectable<CommandTable>

export interface CommandsQuery {
  deviceId?: string
  /** Any, when absent. */
  states?: readonly CommandState[]
  /** What `next` said. */
  before?: number | undefined
  limit: number
}

export interface CommandSlice {
  /** Newest first. */
  commands: Command[]
  /** Where to go on; absent: there are no older ones. */
  next?: number
}

export function commandRow(db: RegistryDatabase, id: string): Promise<CommandRow | undefined> {
  return db.selectFrom('command').selectAll().where('id', '=', id).executeTakeFirst()
}

export async function readCommands(db: RegistryDatabase, query: CommandsQuery): Promise<CommandSlice> {
  const { deviceId, states, before, limit } = query
  let found = db.selectFrom('command').selectAll().orderBy('seq', 'desc')
  if (deviceId !== undefined) found = found.where('device_id', '=', deviceId)
  if (states !== undefined) found = found.where('state', 'in', states)
  if (before !== undefined) found = found.where('seq', '<', before)
  const rows = await found.limit(limit + 1).execute()
  const commands = rows.slice(0, limit).map(commandOf)
  const last = rows[limit - 1]
  return rows.length > limit && last !== undefined ? { commands, next: last.seq } : { commands }
}

export function commandOf(row: CommandRow): Command {
  const { id, device_id: deviceId, name, args, state } = row
  return {
    ...{ id, deviceId, name, state },
    // Written here, as JSON.
    ...(args !== null && { args: JSON.parse(args) as unknown }),
    dangerous: row.dangerous === 1,
    createdBy: row.created_by,
    createdAt: iso(row.created_ms),
    expiresAt: iso(row.expires_ms),
    approvedBy: row.approved_by,
    approvedAt: iso(row.approved_ms),
    endedBy: row.ended_by,
    endedAt: iso(row.ended_ms),
    offeredAt: iso(row.offered_ms),
    sentAt: iso(row.sent_ms),
    acknowledged: row.acknowledged === null ? null : row.acknowledged === 1,
    answeredAt: iso(row.answered_ms),
    error: row.error,
  }
}

import type { AuditAction } from '../../../contract/http/audit-actions.ts'
import type { Command } from '../../../contract/http/commands.ts'
import type { NoteChange } from '../audit/audit-log.ts'
import type { RegistryDatabase, Writing } from '../schema.ts'
import { type CommandRow, commandOf, commandRow } from './command-row.ts'

/** What becomes of a command, and how the audit calls it; absent: it is no state of it, and not noted. `undefined`: nothing does. */
export type NextOfCommand = (row: CommandRow) => ChangeOfCommand | undefined

interface ChangeOfCommand {
  change: Partial<Omit<CommandRow, 'seq' | 'id'>>
  action?: AuditAction
  detail?: object
}

export interface CommandChange {
  /** One transaction. `undefined`: nothing became of it, or it is not there (any more). */
  change(id: string, next: NextOfCommand): Promise<Command | undefined>
  noteAs(
    transaction: Writing,
    action: AuditAction,
    row: Pick<CommandRow, 'id' | 'device_id' | 'name'>,
    more?: object,
  ): Promise<void>
}

export function createCommandChange({ db, note }: { db: RegistryDatabase; note: NoteChange }): CommandChange {
  const noteAs: CommandChange['noteAs'] = (transaction, action, row, more) =>
    note(transaction, { action, target: row.device_id, detail: { command: row.id, name: row.name, ...more } })

  return {
    noteAs,
    change: (id, next) =>
      db.transaction().execute(async (transaction) => {
        const row = await commandRow(transaction, id)
        const what = row && next(row)
        if (row === undefined || what === undefined) return undefined
        const { change, action, detail } = what
        if (action !== undefined) await noteAs(transaction, action, row, detail)
        await transaction.updateTable('command').set(change).where('seq', '=', row.seq).execute()
        return commandOf({ ...row, ...change })
      }),
  }
}

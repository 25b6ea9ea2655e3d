import { createHash, randomBytes } from 'node:crypto'
import { commandLimits, isOpenCommand, openCommandStates } from '../../../contract/command.ts'
import type { Actor } from '../../../contract/http/audit.ts'
import type { Command, NewCommand } from '../../../contract/http/commands.ts'
import { Refusal } from '../../../contract/http/refusal.ts'
import { iso } from '../../../contract/time.ts'
import type { NoteChange } from '../audit/audit-log.ts'
import type { RegistryDatabase } from '../schema.ts'
import { createCommandChange, type NextOfCommand } from './command-change.ts'
import { letOldGo, letOldOfDeviceGo, requireRoomForCommand } from './command-room.ts'
import { type CommandSlice, type CommandsQuery, commandOf, commandRow, readCommands } from './command-row.ts'
import { type CommandSteps, createCommandSteps } from './command-steps.ts'

/**
 * Commands to devices and what became of them. People make, approve, reject and cancel; the command desk of the api says what
 * was sent and what time ended; devices answer. Each change is a transaction with its note in the audit. What changes nothing,
 * since the command has gone on or is gone, gives `undefined`.
 */
export interface Commands extends CommandSteps {
  list(query: CommandsQuery): Promise<CommandSlice>
  find(id: string): Promise<Command | undefined>
  /** All that are open, and those whose time was over after this moment though the device may have them: it may answer late. In order. */
  watched(overSinceMs: number): Promise<Command[]>
  /** @throws Refusal `unknown-device`, `too-many-commands` */
  create(command: NewCommand & { deviceId: string; dangerous: boolean }): Promise<Command>
  /** By a person who did not make it. @throws Refusal `unknown-command`, `second-person`, `command-decided` */
  decide(id: string, decision: 'approved' | 'rejected'): Promise<Command>
  /** @throws Refusal `unknown-command`, `command-decided` where the device may have it. */
  cancel(id: string): Promise<Command>
  /** Lets closed ones go that are older than is kept, some at a time. True: there may be more. */
  letOldGo(): Promise<boolean>
}

export interface CommandsParts {
  db: RegistryDatabase
  note: NoteChange
  now: () => number
  actor: Actor
}

/** Bytes of arguments that the audit has in full; of longer ones it has the hash. */
const maxNotedArgs = 1000

const refuseUnknown = (id: string): never => {
  throw new Refusal('unknown-command', `There is no command "${id}".`)
}

export function createCommands({ db, note, now, actor }: CommandsParts): Commands {
  const { change, noteAs } = createCommandChange({ db, note })

  /** The decision of a person about one that waits for it. */
  async function decided(id: string, next: NextOfCommand): Promise<Command> {
    return (await change(id, next)) ?? refuseUnknown(id)
  }

  const end = (state: 'rejected' | 'cancelled') => ({ state, ended_by: actor, ended_ms: now() })

  return {
    list: (query) => readCommands(db, query),

    async find(id) {
      const row = await commandRow(db, id)
      return row && commandOf(row)
    },

    async watched(overSinceMs) {
      const newest = db.selectFrom('command').selectAll().orderBy('seq', 'desc').limit(commandLimits.openInAll)
      const open = await newest.where('state', 'in', openCommandStates).execute()
      const late = newest.where('state', '=', 'expired').where('expires_ms', '>=', overSinceMs)
      const over = await late.where('offered_ms', 'is not', null).execute()
      return [...open, ...over].sort((one, other) => one.seq - other.seq).map(commandOf)
    },

    create: ({ deviceId, name, args, expiresS, dangerous }) =>
      db.transaction().execute(async (transaction) => {
        const device = await transaction.selectFrom('device').select('id').where('id', '=', deviceId).executeTakeFirst()
        if (device === undefined) throw new Refusal('unknown-device', `There is no device "${deviceId}".`)
        await requireRoomForCommand(transaction, deviceId)
        await letOldOfDeviceGo(transaction, deviceId)
        const nowMs = now()
        const text = args === undefined ? null : JSON.stringify(args)
        const row = await transaction
          .insertInto('command')
          .values({
            ...{ id: randomBytes(8).toString('hex'), device_id: deviceId, name, args: text },
            dangerous: dangerous ? 1 : 0,
            state: dangerous ? 'waiting-approval' : 'waiting',
            ...{ created_by: actor, created_ms: nowMs, expires_ms: nowMs + expiresS * 1000 },
          })
          .returningAll()
          .executeTakeFirstOrThrow()
        await noteAs(transaction, 'command.created', row, {
          ...notedArgs(text),
          ...{ dangerous, expiresAt: iso(row.expires_ms) },
        })
        return commandOf(row)
      }),

    decide: (id, to) =>
      decided(id, (row) => {
        if (!actor.startsWith('user:') || actor === row.created_by) {
          const words = 'A person other than the one who made the command decides, and no token.'
          throw new Refusal('second-person', words)
        }
        if (row.state !== 'waiting-approval' || row.expires_ms <= now())
          throw new Refusal('command-decided', `Command ${id} does not wait for approval (any more).`)
        const approval = { state: 'waiting', approved_by: actor, approved_ms: now() } as const
        return { change: to === 'approved' ? approval : end(to), action: `command.${to}` }
      }),

    cancel: (id) =>
      decided(id, (row) => {
        const words = (why: string) => new Refusal('command-decided', `Command ${id} cannot be cancelled: ${why}.`)
        if (!isOpenCommand(row.state) || row.expires_ms <= now()) throw words('it is over')
        if (row.offered_ms !== null) throw words('its device may have it already')
        return { change: end('cancelled'), action: 'command.cancelled' }
      }),

    ...createCommandSteps({ change, now, actor }),

    letOldGo: () => db.transaction().execute((transaction) => letOldGo(transaction, now() - commandLimits.keptMs)),
  }
}

function notedArgs(text: string | null): object {
  if (text === null) return {}
  if (Buffer.byteLength(text) <= maxNotedArgs) return { args: JSON.parse(text) }
  return { argsSha256: createHash('sha256').update(text).digest('hex') }
}

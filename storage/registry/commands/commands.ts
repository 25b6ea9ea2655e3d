import { createHash, randomBytes } from 'node:crypto'
import { commandLimits, isOpenCommand, openCommandStates } from '../../../contract/command.ts'
import type { Actor } from '../../../contract/http/audit.ts'
import type { AuditAction } from '../../../contract/http/audit-actions.ts'
import type { Command, NewCommand } from '../../../contract/http/commands.ts'
import { Refusal } from '../../../contract/http/refusal.ts'
import { iso } from '../../../contract/time.ts'
import type { NoteChange } from '../audit/audit-log.ts'
import type { RegistryDatabase, Writing } from '../schema.ts'
import { letOldGo, letOldOfDeviceGo, requireRoomForCommand } from './command-room.ts'
import { type CommandRow, type CommandsPage, type CommandsQuery, commandOf, readCommands } from './command-row.ts'

/**
 * Commands to devices and what became of them. People make, approve, reject and cancel; the command desk of the api says what
 * was sent and what time ended; devices answer. Each change is a transaction with its note in the audit. What changes nothing,
 * since the command has gone on or is gone, gives `undefined`.
 */
export interface Commands {
  list(query: CommandsQuery): Promise<CommandsPage>
  find(id: string): Promise<Command | undefined>
  /** All that are open, and those whose time was over after this moment though the device may have them: it may answer late. */
  watched(overSinceMs: number): Promise<Command[]>
  /** @throws Refusal `unknown-device`, `too-many-commands` */
  create(command: NewCommand & { deviceId: string; dangerous: boolean }): Promise<Command>
  /** By a person who did not make it. @throws Refusal `unknown-command`, `second-person`, `command-decided` */
  decide(id: string, decision: 'approved' | 'rejected'): Promise<Command>
  /** @throws Refusal `unknown-command`, `command-decided` where the device may have it. */
  cancel(id: string): Promise<Command>
  /** From now on it may be on its way; not noted, since it is no state. */
  offer(id: string): Promise<Command | undefined>
  /** It was not sent after all. */
  takeBack(id: string): Promise<Command | undefined>
  sent(id: string, how: { acknowledged: boolean }): Promise<Command | undefined>
  /** By the device that has it. A late answer to one whose time was over counts too. */
  answer(id: string, answer: { ok: boolean; error: string | null; atMs: number }): Promise<Command | undefined>
  /** Ends one whose time is over. */
  expire(id: string): Promise<Command | undefined>
  /** Lets closed ones go that are older than is kept, some at a time. */
  letOldGo(): Promise<void>
}

export interface CommandsParts {
  db: RegistryDatabase
  note: NoteChange
  now: () => number
  actor: Actor
}

/** Of one question for what is watched: more than can be open. */
const maxWatched = 2 * commandLimits.openInAll
/** Bytes of arguments that the audit has in full; of longer ones it has the hash. */
const maxNotedArgs = 1000

const refuseUnknown = (id: string): never => {
  throw new Refusal('unknown-command', `There is no command "${id}".`)
}

export function createCommands({ db, note, now, actor }: CommandsParts): Commands {
  type Change = Partial<Omit<CommandRow, 'seq' | 'id'>>

  async function rowOf(from: RegistryDatabase, id: string): Promise<CommandRow | undefined> {
    return from.selectFrom('command').selectAll().where('id', '=', id).executeTakeFirst()
  }

  async function write(transaction: Writing, row: CommandRow, change: Change): Promise<Command> {
    await transaction.updateTable('command').set(change).where('seq', '=', row.seq).execute()
    return commandOf({ ...row, ...change })
  }

  /** One transaction: `next` says what becomes of the command and how the audit calls it, or that nothing does. */
  function change(
    id: string,
    next: (row: CommandRow) => { change: Change; action?: AuditAction; detail?: object } | undefined,
  ): Promise<Command | undefined> {
    return db.transaction().execute(async (transaction) => {
      const row = await rowOf(transaction, id)
      const what = row && next(row)
      if (row === undefined || what === undefined) return undefined
      const { action, detail } = what
      if (action !== undefined) await noteAs(transaction, action, row, detail)
      return write(transaction, row, what.change)
    })
  }

  function noteAs(
    transaction: Writing,
    action: AuditAction,
    row: Pick<CommandRow, 'id' | 'device_id' | 'name'>,
    more = {},
  ) {
    return note(transaction, { action, target: row.device_id, detail: { command: row.id, name: row.name, ...more } })
  }

  /** The decision of a person about one that waits for it. */
  async function decided(id: string, next: (row: CommandRow) => ReturnType<Parameters<typeof change>[1]>) {
    const command = await change(id, (row) => next(row))
    return command ?? refuseUnknown(id)
  }

  const decision = () => ({ decided_by: actor, decided_ms: now() })

  return {
    list: (query) => readCommands(db, query),

    async find(id) {
      const row = await rowOf(db, id)
      return row && commandOf(row)
    },

    async watched(overSinceMs) {
      const rows = await db
        .selectFrom('command')
        .selectAll()
        .where((row) =>
          row.or([
            row('state', 'in', openCommandStates),
            row.and([
              row('state', '=', 'expired'),
              row('expires_ms', '>=', overSinceMs),
              row('offered_ms', 'is not', null),
            ]),
          ]),
        )
        .orderBy('seq', 'desc')
        .limit(maxWatched)
        .execute()
      return rows.map(commandOf).toReversed()
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
        const state = to === 'approved' ? 'waiting' : 'rejected'
        return { change: { state, ...decision() }, action: `command.${to}` }
      }),

    cancel: (id) =>
      decided(id, (row) => {
        const words = (why: string) => new Refusal('command-decided', `Command ${id} cannot be cancelled: ${why}.`)
        if (!isOpenCommand(row.state) || row.expires_ms <= now()) throw words('it is over')
        if (row.offered_ms !== null) throw words('its device may have it already')
        return { change: { state: 'cancelled', ...decision() }, action: 'command.cancelled' }
      }),

    offer: (id) =>
      change(id, (row) =>
        row.state === 'waiting' && row.expires_ms > now()
          ? { change: { offered_ms: row.offered_ms ?? now() } }
          : undefined,
      ),

    takeBack: (id) =>
      change(id, (row) =>
        row.state === 'waiting' && row.sent_ms === null ? { change: { offered_ms: null } } : undefined,
      ),

    sent: (id, { acknowledged }) =>
      change(id, (row) => {
        // Its answer, or its end, may have been quicker than its receipt.
        if (row.sent_ms !== null || row.offered_ms === null) return undefined
        const state = row.state === 'waiting' ? 'sent' : row.state
        const told = { sent_ms: now(), acknowledged: acknowledged ? (1 as const) : (0 as const) }
        return { change: { state, ...told }, action: 'command.sent', detail: { acknowledged } }
      }),

    answer: (id, { ok, error, atMs }) =>
      change(id, (row) => {
        const mayAnswer = row.offered_ms !== null && ['waiting', 'sent', 'expired'].includes(row.state)
        if (!mayAnswer || actor !== `device:${row.device_id}`) return undefined
        const state = ok ? 'done' : 'failed'
        const late = atMs > row.expires_ms ? { late: true } : {}
        return {
          change: { state, answered_ms: atMs, error },
          action: `command.${state}`,
          detail: { ...(error !== null && { error }), ...late },
        }
      }),

    expire: (id) =>
      change(id, (row) => {
        if (!isOpenCommand(row.state) || row.expires_ms > now()) return undefined
        const reached = row.sent_ms !== null ? 'sent' : row.offered_ms !== null ? 'offered' : row.state
        return { change: { state: 'expired' }, action: 'command.expired', detail: { reached } }
      }),

    letOldGo: () => db.transaction().execute((transaction) => letOldGo(transaction, now() - commandLimits.keptMs)),
  }
}

function notedArgs(text: string | null): object {
  if (text === null) return {}
  if (Buffer.byteLength(text) <= maxNotedArgs) return { args: JSON.parse(text) }
  return { argsSha256: createHash('sha256').update(text).digest('hex') }
}

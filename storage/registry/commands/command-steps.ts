import { isOpenCommand } from '../../../contract/command.ts'
import type { Actor } from '../../../contract/http/audit.ts'
import type { Command } from '../../../contract/http/commands.ts'
import type { CommandChange } from './command-change.ts'

/** What becomes of a command without people; `undefined`: nothing did, since it has gone on or is gone. */
export interface CommandSteps {
  /** From now on it may be on its way; not noted, since it is no state. */
  offer(id: string): Promise<Command | undefined>
  /** It was not sent after all. */
  takeBack(id: string): Promise<Command | undefined>
  sent(id: string, how: { acknowledged: boolean }): Promise<Command | undefined>
  /** By the device that has it. A late answer to one whose time was over counts too. */
  answer(id: string, answer: { ok: boolean; error: string | null; atMs: number }): Promise<Command | undefined>
  /** Ends one whose time is over. */
  expire(id: string): Promise<Command | undefined>
}

export interface CommandStepsParts {
  change: CommandChange['change']
  now: () => number
  actor: Actor
}

export function createCommandSteps({ change, now, actor }: CommandStepsParts): CommandSteps {
  return {
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
  }
}

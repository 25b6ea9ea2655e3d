import { isOpenCommand } from '../../../contract/command.ts'
import type { Command } from '../../../contract/http/commands.ts'

/** Newest first, as the server lists them. */
const newestFirst = (one: Command, other: Command): number =>
  one.createdAt === other.createdAt ? (one.id < other.id ? 1 : -1) : one.createdAt < other.createdAt ? 1 : -1

/** A list with what was told of since: what is no longer of it goes, what is new comes in its place. */
export function withChanges(
  list: readonly Command[],
  changes: readonly Command[],
  isOfList: (command: Command) => boolean,
): Command[] {
  const told = new Set(changes.map(({ id }) => id))
  return [...list.filter(({ id }) => !told.has(id)), ...changes.filter(isOfList)].sort(newestFirst)
}

/** What is to be said of a command; the words are `command.is.…`. */
export type CommandWord =
  | 'waiting-approval'
  | 'waiting'
  | 'offered'
  | 'sent'
  | 'written'
  | 'done'
  | 'failed'
  | 'done-late'
  | 'failed-late'
  | 'expired-approval'
  | 'expired-away'
  | 'expired-offered'
  | 'expired-sent'
  | 'rejected'
  | 'cancelled'

/** State and what it means: a command that is over was not heard, not acknowledged, or not answered. */
export function commandWord(command: Command): CommandWord {
  const { state, offeredAt, acknowledged } = command
  switch (state) {
    case 'waiting':
      return offeredAt === null ? 'waiting' : 'offered'
    case 'sent':
      return acknowledged === false ? 'written' : 'sent'
    case 'done':
    case 'failed':
      return isLate(command) ? `${state}-late` : state
    case 'expired':
      return expiredWord(command)
    default:
      return state
  }
}

function expiredWord({ dangerous, approvedAt, offeredAt, sentAt }: Command): CommandWord {
  if (sentAt !== null) return 'expired-sent'
  if (offeredAt !== null) return 'expired-offered'
  return dangerous && approvedAt === null ? 'expired-approval' : 'expired-away'
}

function isLate({ answeredAt, expiresAt }: Command): boolean {
  return answeredAt !== null && answeredAt > expiresAt
}

/** What somebody may do about it; the server decides again. `actor`: as the audit names who is signed in. */
export function commandActions(command: Command, actor: string): ('approve' | 'reject' | 'cancel')[] {
  const { state, createdBy, offeredAt } = command
  const isTheirs = createdBy === actor
  const decisions = state === 'waiting-approval' && !isTheirs ? (['approve', 'reject'] as const) : []
  const mayCancel = isOpenCommand(state) && offeredAt === null && (isTheirs || state === 'waiting')
  return [...decisions, ...(mayCancel ? (['cancel'] as const) : [])]
}

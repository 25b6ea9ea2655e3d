import { setImmediate as turn } from 'node:timers/promises'
import type { Logger } from 'pino'
import { isOpenCommand } from '../../contract/command.ts'
import type { CommandResult, FeedLine } from '../../contract/feed.ts'
import type { Command, NewCommand } from '../../contract/http/commands.ts'
import type { BrokerControl } from '../../contract/ports/control.ts'
import type { StateReader } from '../../contract/ports/states.ts'
import { dayMs, hourMs } from '../../contract/time.ts'
import type { Registry } from '../../storage/registry/registry.ts'
import { unlessRunning } from '../live/slices.ts'
import type { Caller } from '../people/callers.ts'
import { createDeliveries } from './deliveries.ts'
import { createMissedResults } from './missed-results.ts'

/** Where commands are made, sent, answered and ended: the only one who writes them. */
export interface CommandDesk {
  create(caller: Caller, command: NewCommand & { deviceId: string; dangerous: boolean }): Promise<Command>
  decide(caller: Caller, id: string, decision: 'approved' | 'rejected'): Promise<Command>
  cancel(caller: Caller, id: string): Promise<Command>
  /** Hears answers of devices. */
  applyFeed(line: FeedLine): void
  /** What was answered while ingest could not be heard is looked up. */
  feedConnected(up: boolean): void
  /** Of those that changed first, as they are now, so many at most; the others come with the next call. */
  takeChanges(most: number): Command[]
  stop(): void
}

export interface CommandDeskParts {
  registry: Pick<Registry, 'as' | 'commands'>
  broker: Pick<BrokerControl, 'listening' | 'deliver'>
  states: Pick<StateReader, 'events'>
  now: () => number
  log: Logger
}

const tickEveryMs = 250
/** So long behind its end a command may still be answered by a device that has it. */
const lateAnswerMs = dayMs

/**
 * The registry holds all commands; what may still change stands here too, at most as many as may be open and those that were
 * over within a day, so that an answer of a stranger costs nothing.
 */
export async function openCommandDesk({ registry, broker, states, now, log }: CommandDeskParts): Promise<CommandDesk> {
  const { commands } = registry
  const watched = new Map<string, Command>()
  const changed = new Map<string, Command>()
  const answering = new Set<string>()
  for (const command of await commands.watched(now() - lateAnswerMs)) watched.set(command.id, command)

  function told(command: Command): Command {
    const { id, state, offeredAt, expiresAt } = command
    const mayBeAnswered = state === 'expired' && offeredAt !== null && Date.parse(expiresAt) > now() - lateAnswerMs
    // In its place: they are sent in the order in which they were made.
    if (isOpenCommand(state) || mayBeAnswered) watched.set(id, command)
    else watched.delete(id)
    changed.delete(id)
    changed.set(id, command)
    return command
  }

  /** What the registry did not change it knows better: the command is read anew, or is gone with its device. */
  async function follow(id: string, work: Promise<Command | undefined>): Promise<void> {
    const command = (await work) ?? (await commands.find(id))
    if (command === undefined) watched.delete(id)
    else told(command)
  }

  /** Answers to commands that this device was told; the first of each counts. */
  async function answer({ deviceId, id, ...result }: CommandResult): Promise<void> {
    if (watched.get(id)?.deviceId !== deviceId || answering.has(id)) return
    answering.add(id)
    try {
      await follow(id, registry.as(`device:${deviceId}`).commands.answer(id, result))
    } finally {
      answering.delete(id)
    }
  }

  const missed = createMissedResults({ states, watched, answer, now, log })
  const deliveries = createDeliveries({ broker, commands, watched, follow, log })

  async function end({ id, state, expiresAt }: Command): Promise<void> {
    if (isOpenCommand(state)) await follow(id, commands.expire(id))
    else if (Date.parse(expiresAt) <= now() - lateAnswerMs) watched.delete(id)
  }

  async function expireDue(): Promise<void> {
    // Before what was answered meanwhile is known, nobody can say that there is no answer.
    if (!missed.areKnown()) return
    const nowMs = now()
    for (const command of [...watched.values()]) if (Date.parse(command.expiresAt) <= nowMs) await end(command)
  }

  /** A registry that cannot be written is told, and tried again with the next tick. */
  async function guarded(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      log.error({ err: error }, `${what} cannot be noted`)
    }
  }

  async function letOldGo(): Promise<void> {
    while (await commands.letOldGo()) await turn()
  }

  const [expiring, sending] = [unlessRunning(expireDue), unlessRunning(deliveries.send)]

  /** A few times a second. One does not wait for the other: a broker that hangs keeps no command from its end. */
  async function tick(): Promise<void> {
    await Promise.all([guarded('the end of a command', expiring), guarded('what is sent to a device', sending)])
  }

  const timers = [
    setInterval(() => void tick(), tickEveryMs),
    setInterval(() => void guarded('that old commands went', letOldGo), hourMs),
  ]
  void missed.lookUp()

  return {
    async create(caller, command) {
      const made = told(await registry.as(caller.actor).commands.create(command))
      void tick()
      return made
    },
    async decide(caller, id, decision) {
      const decided = told(await registry.as(caller.actor).commands.decide(id, decision))
      void tick()
      return decided
    },
    cancel: async (caller, id) => told(await registry.as(caller.actor).commands.cancel(id)),
    applyFeed(line) {
      if (line.type !== 'command-results') return
      // What cannot be noted now stands among the events, and is looked up until it can.
      for (const result of line.results) if (watched.has(result.id)) answer(result).catch(missed.lookUp)
    },
    feedConnected(up) {
      if (up) void missed.lookUp()
    },
    takeChanges(most) {
      const taken = [...changed.values()].slice(0, most)
      for (const { id } of taken) changed.delete(id)
      return taken
    },
    stop() {
      for (const timer of timers) clearInterval(timer)
    },
  }
}

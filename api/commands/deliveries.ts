import type { Logger } from 'pino'
import type { Command } from '../../contract/http/commands.ts'
import type { BrokerControl } from '../../contract/ports/control.ts'
import type { Commands } from '../../storage/registry/commands/commands.ts'

export interface DeliveriesParts {
  broker: Pick<BrokerControl, 'listening' | 'deliver'>
  commands: Pick<Commands, 'offer' | 'takeBack' | 'sent'>
  /** What may still change, in the order in which it was made. */
  watched: ReadonlyMap<string, Command>
  /** Keeps what became of a command. */
  follow: (id: string, work: Promise<Command | undefined>) => Promise<void>
  log: Logger
}

/** Devices that are sent a command at the same time; so many of them may be such as did not answer the last time. */
const maxUnderWay = 100
const maxSilentUnderWay = 50

/** Sends what waits to the devices that listen: to each one after the other, in order, until its client has it. */
export function createDeliveries({ broker, commands, watched, follow, log }: DeliveriesParts) {
  const underWay = new Set<string>()
  /** Devices that left the last one unanswered, the longest ago first. */
  const silent = new Set<string>()

  /** The oldest that waits, of each device. */
  function oldest(): Map<string, Command> {
    const found = new Map<string, Command>()
    for (const command of watched.values()) {
      const { deviceId, state } = command
      if (state === 'waiting' && !underWay.has(deviceId) && !found.has(deviceId)) found.set(deviceId, command)
    }
    return found
  }

  /** True: its client has it, and the next may follow. */
  async function deliver({ id, deviceId, name, args, expiresAt, offeredAt }: Command): Promise<boolean> {
    // On disk before it may be on its way: from then on it cannot be taken back.
    const offered = commands.offer(id)
    await follow(id, offered)
    if ((await offered) === undefined) return false
    const outcome = await broker.deliver({ deviceId, id, name, expiresAt, ...(args !== undefined && { args }) })
    silent.delete(deviceId)
    if (outcome === 'unanswered') silent.add(deviceId)
    const went = outcome === 'acknowledged' || outcome === 'written'
    if (went) await follow(id, commands.sent(id, { acknowledged: outcome === 'acknowledged' }))
    else if (outcome !== 'unanswered' && offeredAt === null) await follow(id, commands.takeBack(id))
    return went
  }

  async function begin(command: Command): Promise<void> {
    const { id, deviceId } = command
    underWay.add(deviceId)
    let went = false
    try {
      went = await deliver(command)
    } catch (error) {
      log.error({ err: error, command: id }, 'a command cannot be sent')
    } finally {
      underWay.delete(deviceId)
    }
    if (went) await send()
  }

  /** A device that never answers is asked again and again until its command is over: it must not stand before the others. */
  function inTurn(waiting: ReadonlyMap<string, Command>, listening: readonly string[]): string[] {
    for (const deviceId of silent) if (!waiting.has(deviceId) && !underWay.has(deviceId)) silent.delete(deviceId)
    const there = new Set(listening)
    return [...listening.filter((id) => !silent.has(id)), ...[...silent].filter((id) => there.has(id))]
  }

  /** Begins what can be begun; does not wait for devices. */
  async function send(): Promise<void> {
    const waiting = oldest()
    const ids = [...waiting.keys()]
    if (ids.length === 0) return
    for (const deviceId of inTurn(waiting, await broker.listening(ids))) {
      const command = waiting.get(deviceId)
      const room = silent.has(deviceId) ? maxSilentUnderWay : maxUnderWay
      // Others may have begun it meanwhile.
      if (command !== undefined && underWay.size < room && !underWay.has(deviceId)) void begin(command)
    }
  }

  return { send }
}

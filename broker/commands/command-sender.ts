import { setImmediate as turn } from 'node:timers/promises'
import type { Aedes, Client } from 'aedes'
import type { CommandDelivery, CommandMessage } from '../../contract/ports/control.ts'
import { deviceTopic } from '../../contract/topics.ts'
import { inside } from '../aedes-inside.ts'
import type { SessionStore } from '../sessions/session-store.ts'
import type { LiveSession, LiveSessions } from '../sessions/sessions.ts'
import { commandIdIn, payloadOfCommand } from './command-payload.ts'

/** Sends commands to devices that are there and listen, and hears their acknowledgements. */
export interface CommandSender {
  /** Which of these devices are connected and have subscribed to their commands. */
  listening(deviceIds: readonly string[]): string[]
  /** Resolves after `answerWithinMs` at the latest. The same command again is not sent twice on one connection. */
  deliver(command: CommandMessage): Promise<CommandDelivery>
}

export interface CommandSenderParts {
  aedes: Aedes
  topicRoot: string
  sessions: Pick<LiveSessions, 'ofDevice'>
  store: Pick<SessionStore, 'holds'>
  now: () => number
  /** 10 s when absent. */
  answerWithinMs?: number
}

/** Acknowledged commands that are remembered, so that one whose acknowledgement nobody waited for is not sent again. */
const maxRemembered = 2000

interface Waiting {
  client: Client
  end: (delivery: CommandDelivery) => void
}

/** A device that is there and has subscribed to its commands. */
interface Listener {
  session: LiveSession
  topic: string
  qos: number
}

export function createCommandSender(parts: CommandSenderParts): CommandSender {
  const { aedes, topicRoot, sessions, store, now, answerWithinMs = 10_000 } = parts
  /** By the command's id. */
  const waiting = new Map<string, Set<Waiting>>()
  const acknowledged = new Set<string>()

  aedes.on('ack', (packet, client) => {
    // Nothing was under this number, or a PUBREL: the types do not tell.
    const { payload }: { payload?: Buffer } = Object(packet)
    const id = commandIdIn(payload)
    if (id === undefined) return
    remember(`${client.id} ${id}`)
    for (const one of waiting.get(id) ?? []) if (one.client.id === client.id) one.end('acknowledged')
  })
  aedes.on('clientDisconnect', (client) => {
    for (const ones of waiting.values()) for (const one of ones) if (one.client === client) one.end('unanswered')
  })

  function remember(key: string): void {
    acknowledged.add(key)
    if (acknowledged.size <= maxRemembered) return
    for (const oldest of acknowledged) {
      acknowledged.delete(oldest)
      break
    }
  }

  /** `undefined`: it is not there, or does not listen. */
  function listenerOf(deviceId: string): Listener | undefined {
    const session = sessions.ofDevice(deviceId)
    if (session === undefined) return undefined
    const topic = deviceTopic(topicRoot, { kind: session.credential.kind, deviceId, channel: 'command' })
    const subscription = inside(session.client).subscriptions[topic]
    return subscription === undefined ? undefined : { session, topic, qos: subscription.qos }
  }

  function waitFor(id: string, client: Client): Promise<CommandDelivery> {
    return new Promise((resolve) => {
      const ones = waiting.get(id) ?? new Set()
      const timer = setTimeout(() => one.end('unanswered'), answerWithinMs)
      const one: Waiting = {
        client,
        end(delivery) {
          clearTimeout(timer)
          ones.delete(one)
          if (ones.size === 0) waiting.delete(id)
          resolve(delivery)
        },
      }
      waiting.set(id, ones.add(one))
    })
  }

  function publish(topic: string, payload: Buffer): Promise<boolean> {
    return new Promise((resolve) => {
      aedes.publish({ cmd: 'publish', topic, payload, qos: 1, retain: false, dup: false }, (error) => resolve(!error))
    })
  }

  /** A session that has no room for it does not know its acknowledgement: nobody would hear of it, and it would be sent for ever. */
  async function publishKept({ id, deviceId }: CommandMessage, topic: string, payload: Buffer): Promise<void> {
    await publish(topic, payload)
    // Behind an acknowledgement that has just come.
    await turn()
    if (store.holds(deviceId, payload)) return
    const present = sessions.ofDevice(deviceId)?.client
    for (const one of waiting.get(id) ?? []) if (one.client === present) one.end('written')
  }

  async function send(command: CommandMessage, { session, topic, qos }: Listener): Promise<CommandDelivery> {
    const payload = payloadOfCommand(command)
    if (qos === 0) return (await publish(topic, payload)) ? 'written' : 'unanswered'
    const answered = waitFor(command.id, session.client)
    // Where it waits already its session sends it, or has; once more would be a second message.
    if (!store.holds(command.deviceId, payload)) await publishKept(command, topic, payload)
    return answered
  }

  return {
    listening: (deviceIds) => deviceIds.filter((id) => listenerOf(id) !== undefined),

    async deliver(command) {
      const { id, deviceId, expiresAt } = command
      if (acknowledged.has(`${deviceId} ${id}`)) return 'acknowledged'
      const listener = listenerOf(deviceId)
      if (listener === undefined) return 'away'
      return Date.parse(expiresAt) <= now() ? 'over' : send(command, listener)
    },
  }
}

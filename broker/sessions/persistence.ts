import { Readable } from 'node:stream'
import { parseDeviceTopic } from '../../contract/topics.ts'
import { type IncomingMessages, messageMark, type SessionClient } from './incoming.ts'
import type { KeptSessions, Subscription } from './kept-sessions.ts'
import type { Queued } from './outgoing.ts'
import type { Release } from './releases.ts'
import type { RetainedStatus } from './retained-status.ts'
import type { SessionFile } from './session-file.ts'

/** Stands for a kept session that has no subscription; nobody is granted it. Aedes calls a session present if there is any. */
export const sessionMark: Subscription = { topic: 'session', qos: 0 }

export interface PersistenceParts {
  topicRoot: string
  sessions: KeptSessions
  incoming: IncomingMessages
  retained: RetainedStatus
  wills: Map<string, Queued>
  file: SessionFile
  release: Release
}

/**
 * Answers as Aedes asks a persistence (aedes-persistence 10), where a client's id is its device's. The methods are async
 * because Aedes waits for promises.
 */
export function createPersistence(parts: PersistenceParts) {
  const { topicRoot, sessions, incoming, retained, wills, file, release } = parts
  let brokerId = ''

  function isCommandOf(id: string, topic: string): boolean {
    const target = parseDeviceTopic(topicRoot, topic)
    return target?.deviceId === id && target.channel === 'command'
  }

  /** Of a session that does not last nothing is written. */
  function savedOf(id: string): Promise<void> | undefined {
    return sessions.get(id)?.lasting === true ? file.saved() : undefined
  }

  return {
    async setup(broker: { id: string }): Promise<void> {
      brokerId = broker.id
    },

    async storeRetained(packet: Queued): Promise<void> {
      const target = parseDeviceTopic(topicRoot, packet.topic)
      if (target?.channel === 'status') retained.keep(target.deviceId, packet)
    },

    createRetainedStreamCombi: (filters: string[]) => Readable.from(retained.packets(filters)),

    async addSubscriptions({ id }: SessionClient, subscriptions: Subscription[]): Promise<void> {
      // Aedes hands over the refused ones too.
      sessions.subscribe(
        id,
        subscriptions.filter(({ topic }) => isCommandOf(id, topic)),
      )
      await savedOf(id)
    },

    async removeSubscriptions({ id }: SessionClient, topics: string[]): Promise<void> {
      sessions.unsubscribe(id, topics)
      await savedOf(id)
    },

    async subscriptionsByClient({ id }: SessionClient): Promise<Subscription[]> {
      const session = sessions.get(id)
      if (session?.present !== true) return []
      return session.subscriptions.size === 0 ? [sessionMark] : [...session.subscriptions.values()]
    },

    /** `begin` has done it. */
    async cleanSubscriptions(): Promise<void> {},

    /** A device hears its own topics only: the topic names it. */
    async subscriptionsByTopic(topic: string): Promise<(Subscription & { clientId: string })[]> {
      const clientId = parseDeviceTopic(topicRoot, topic)?.deviceId
      const subscription = clientId === undefined ? undefined : sessions.get(clientId)?.subscriptions.get(topic)
      if (clientId === undefined || subscription === undefined || subscription.qos === 0) return []
      return [{ ...subscription, clientId }]
    },

    async outgoingEnqueue({ clientId }: { clientId: string }, packet: Queued): Promise<void> {
      sessions.enqueue(clientId, packet, packet.qos)
      await savedOf(clientId)
    },

    async outgoingEnqueueCombi(subscriptions: { clientId: string; qos: number }[], packet: Queued): Promise<void> {
      for (const { clientId, qos } of subscriptions) {
        sessions.enqueue(clientId, packet, qos)
        await savedOf(clientId)
      }
    },

    /** A message was sent and has its number now, or a PUBREL stands in its place. */
    async outgoingUpdate({ id }: SessionClient, packet: Queued): Promise<void> {
      sessions.get(id)?.outgoing?.update(packet)
      await savedOf(id)
    },

    async outgoingClearMessageId({ id }: SessionClient, packet: Queued): Promise<Queued | undefined> {
      return sessions.get(id)?.outgoing?.settle(packet)
    },

    outgoingStream: ({ id }: SessionClient) => Readable.from(sessions.get(id)?.outgoing?.list() ?? []),

    async incomingStorePacket(client: SessionClient, packet: Queued): Promise<void> {
      incoming.of(client).held.set(packet.messageId ?? 0, messageMark(packet))
    },

    async incomingGetPacket(client: SessionClient, packet: Queued): Promise<Queued> {
      // A release is always put down: of what was held before a restart nothing is known here.
      if (packet.cmd === 'publish' && !incoming.of(client).held.has(packet.messageId ?? 0))
        throw new Error('no such packet')
      return packet
    },

    /** Before PUBCOMP: a crash behind it must not leave the number to the message that had it. */
    async incomingDelPacket(client: SessionClient, { messageId = 0 }: Queued): Promise<void> {
      await release(client, messageId)
      incoming.of(client).held.delete(messageId)
    },

    async cleanIncoming(client: SessionClient): Promise<void> {
      incoming.clean(client)
    },

    async putWill({ id }: SessionClient, packet: Queued & { clientId?: string }): Promise<void> {
      packet.brokerId = brokerId
      packet.clientId = id
      wills.set(id, packet)
    },

    async delWill({ id }: SessionClient): Promise<Queued | undefined> {
      const will = wills.get(id)
      wills.delete(id)
      return will
    },

    streamWill: (brokers: Record<string, unknown>) =>
      Readable.from([...wills.values()].filter((will) => brokers[will.brokerId] === undefined)),
  }
}

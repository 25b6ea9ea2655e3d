import { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import type { Client as AedesClient } from 'aedes'
import { parseDeviceTopic } from '../contract/topics.ts'
import type { RefusalReason } from './refusals.ts'
import type { Release } from './releases.ts'

/**
 * What outlives a connection, in memory: subscriptions and undelivered commands of a kept session, QoS 2 messages that
 * wait for their release, the retained status. All of it is bounded for each device, and can be forgotten as one.
 * It answers as Aedes asks a persistence (aedes-persistence 10), where a client's id is its device's.
 */
export interface SessionStoreLimits {
  /** Commands that wait for a device which is away. */
  queueMessages: number
  /** Bytes of their payloads. */
  queueBytes: number
  /** Bytes of a retained status. */
  retainedBytes: number
}

export interface SessionStoreParts {
  topicRoot: string
  limits: SessionStoreLimits
  refused: (reason: RefusalReason) => void
  release: Release
}

interface Subscription {
  topic: string
  qos: 0 | 1 | 2
}

/** A message as Aedes hands it over, or the PUBREL that took its place, which has neither topic nor payload. */
interface Queued {
  cmd: string
  brokerId: string
  brokerCounter: number
  topic: string
  payload?: Buffer
  qos: number
  retain: boolean
  dup: boolean
  messageId?: number | undefined
}

type Client = Pick<AedesClient, 'id' | 'conn'>

interface Kept {
  /** It was there before the connection that goes on with it, and that is told. */
  present: boolean
  subscriptions: Map<string, Subscription>
  outgoing: Queued[]
  queuedBytes: number
}

/** QoS 2 messages of one session, by their numbers, until their release. */
export interface Incoming {
  /** In the journal, with a mark of their bytes. */
  held: Map<number, number>
  /** On their way there, and who else sent the same number meanwhile. */
  underWay: Map<number, { mark: number; answers: ((error?: Error | null) => void)[] }>
}

/** Stands for a kept session that has no subscription; nobody is granted it. Aedes calls a session present if there is any. */
export const sessionMark: Subscription = { topic: 'session', qos: 0 }

export type SessionStore = ReturnType<typeof createSessionStore>

export function createSessionStore({ topicRoot, limits, refused, release }: SessionStoreParts) {
  const kept = new Map<string, Kept>()
  const incoming = new Map<string, Incoming>()
  /** A message that is written late belongs to the session that sent it, also when its device has begun another. */
  const incomingOfConnection = new WeakMap<Client, Incoming>()
  const retained = new Map<string, Queued>()
  const wills = new Map<string, Queued>()
  let brokerId = ''

  function keep(id: string): Kept {
    const known = kept.get(id)
    if (known !== undefined) return known
    const session = { present: false, subscriptions: new Map<string, Subscription>(), outgoing: [], queuedBytes: 0 }
    kept.set(id, session)
    return session
  }

  function isCommandOf(id: string, topic: string): boolean {
    const target = parseDeviceTopic(topicRoot, topic)
    return target?.deviceId === id && target.channel === 'command'
  }

  function incomingOf(client: Client): Incoming {
    const known = incomingOfConnection.get(client)
    if (known !== undefined) return known
    const session = incoming.get(client.id) ?? { held: new Map<number, number>(), underWay: new Map() }
    incoming.set(client.id, session)
    incomingOfConnection.set(client, session)
    return session
  }

  function enqueue(id: string, packet: Queued): void {
    const session = kept.get(id)
    if (session === undefined) return
    session.outgoing.push(copyOf(packet))
    session.queuedBytes += sizeOf(packet)
    while (session.outgoing.length > limits.queueMessages || session.queuedBytes > limits.queueBytes) {
      session.queuedBytes -= sizeOf(session.outgoing.shift())
      refused('queue-full')
    }
  }

  function dropKept(id: string): void {
    kept.delete(id)
    incoming.delete(id)
  }

  return {
    /** Devices of which something is kept. */
    devices: (): string[] => [...new Set([...kept.keys(), ...retained.keys()])],

    /**
     * Begins or goes on with the session of a device; one that is not to be kept ends what was kept before.
     * `quiet`: Aedes is not told of one that goes on, whose subscriptions the caller brings back. Returns whether it does.
     */
    begin(
      client: Client,
      { clean, sameClient, quiet }: { clean: boolean; sameClient: boolean; quiet: boolean },
    ): boolean {
      const { id } = client
      if (clean || !sameClient || !kept.has(id)) dropKept(id)
      incomingOf(client)
      const present = kept.has(id)
      if (!clean) keep(id).present = present && !quiet
      return present
    },

    subscriptions: (id: string): Subscription[] => [...(kept.get(id)?.subscriptions.values() ?? [])],

    /** Everything of this device, as if it had never been here. */
    forget(id: string): void {
      dropKept(id)
      retained.delete(id)
      wills.delete(id)
    },

    /** Of the session that this connection speaks in; another object once a session begins anew. */
    incoming: incomingOf,

    // ---- as Aedes asks; the methods are async because it waits for promises

    async setup(broker: { id: string }): Promise<void> {
      brokerId = broker.id
    },

    async storeRetained(packet: Queued): Promise<void> {
      const target = parseDeviceTopic(topicRoot, packet.topic)
      if (target?.channel !== 'status') return
      const size = sizeOf(packet)
      if (size === 0) retained.delete(target.deviceId)
      else if (size > limits.retainedBytes) refused('retained-too-large')
      else retained.set(target.deviceId, copyOf(packet))
    },

    createRetainedStreamCombi: (filters: string[]) =>
      Readable.from([...retained.values()].filter(({ topic }) => filters.includes(topic))),

    async addSubscriptions({ id }: Client, subscriptions: Subscription[]): Promise<void> {
      // Aedes hands over the refused ones too.
      for (const { topic, qos } of subscriptions)
        if (isCommandOf(id, topic)) keep(id).subscriptions.set(topic, { topic, qos })
    },

    async removeSubscriptions({ id }: Client, topics: string[]): Promise<void> {
      for (const topic of topics) kept.get(id)?.subscriptions.delete(topic)
    },

    async subscriptionsByClient({ id }: Client): Promise<Subscription[]> {
      const session = kept.get(id)
      if (session?.present !== true) return []
      return session.subscriptions.size === 0 ? [sessionMark] : [...session.subscriptions.values()]
    },

    async cleanSubscriptions({ id }: Client): Promise<void> {
      dropKept(id)
    },

    /** A device hears its own topics only: the topic names it. */
    async subscriptionsByTopic(topic: string): Promise<(Subscription & { clientId: string })[]> {
      const clientId = parseDeviceTopic(topicRoot, topic)?.deviceId
      const subscription = clientId === undefined ? undefined : kept.get(clientId)?.subscriptions.get(topic)
      if (clientId === undefined || subscription === undefined || subscription.qos === 0) return []
      return [{ ...subscription, clientId }]
    },

    async outgoingEnqueue({ clientId }: { clientId: string }, packet: Queued): Promise<void> {
      enqueue(clientId, packet)
    },

    async outgoingEnqueueCombi(subscriptions: { clientId: string }[], packet: Queued): Promise<void> {
      for (const { clientId } of subscriptions) enqueue(clientId, packet)
    },

    /** A message was sent and has its number now, or a PUBREL stands in its place. */
    async outgoingUpdate({ id }: Client, packet: Queued): Promise<void> {
      const outgoing = kept.get(id)?.outgoing ?? []
      const sent = outgoing.find((one) => isSame(one, packet))
      if (sent !== undefined) {
        sent.messageId = packet.messageId
        return
      }
      const index = outgoing.findIndex(({ messageId }) => messageId !== undefined && messageId === packet.messageId)
      // The oldest was dropped while it was under way: nothing to keep, and nothing wrong.
      if (index >= 0) outgoing[index] = packet
    },

    async outgoingClearMessageId({ id }: Client, { messageId }: Queued): Promise<Queued | undefined> {
      const session = kept.get(id)
      const index = session?.outgoing.findIndex((packet) => packet.messageId === messageId) ?? -1
      const [done] = index < 0 ? [] : (session?.outgoing.splice(index, 1) ?? [])
      if (session !== undefined && done !== undefined) session.queuedBytes -= sizeOf(done)
      return done
    },

    /** What is sent again says so [MQTT-3.3.1-1]. */
    outgoingStream: ({ id }: Client) =>
      Readable.from(
        (kept.get(id)?.outgoing ?? []).map((packet) => {
          if (packet.messageId !== undefined && packet.cmd === 'publish') packet.dup = true
          return packet
        }),
      ),

    async incomingStorePacket(client: Client, packet: Queued): Promise<void> {
      incomingOf(client).held.set(packet.messageId ?? 0, markOf(packet))
    },

    async incomingGetPacket(client: Client, packet: Queued): Promise<Queued> {
      // A release is always put down: of what was held before a restart nothing is known here.
      if (packet.cmd === 'publish' && !incomingOf(client).held.has(packet.messageId ?? 0))
        throw new Error('no such packet')
      return packet
    },

    /** Before PUBCOMP: a crash behind it must not leave the number to the message that had it. */
    async incomingDelPacket(client: Client, { messageId = 0 }: Queued): Promise<void> {
      await release(client, messageId)
      incomingOf(client).held.delete(messageId)
    },

    async cleanIncoming(client: Client): Promise<void> {
      const session = incomingOfConnection.get(client)
      if (session === undefined) return
      session.held.clear()
      if (incoming.get(client.id) === session) incoming.delete(client.id)
    },

    async putWill({ id }: Client, packet: Queued & { clientId?: string }): Promise<void> {
      packet.brokerId = brokerId
      packet.clientId = id
      wills.set(id, packet)
    },

    async delWill({ id }: Client): Promise<Queued | undefined> {
      const will = wills.get(id)
      wills.delete(id)
      return will
    },

    streamWill: (brokers: Record<string, unknown>) =>
      Readable.from([...wills.values()].filter((will) => brokers[will.brokerId] === undefined)),
  }
}

function isSame(one: Queued, other: Queued): boolean {
  return one.cmd === other.cmd && one.brokerId === other.brokerId && one.brokerCounter === other.brokerCounter
}

/** Tells messages apart that bear one number. */
export function markOf({ topic, payload }: { topic: string; payload?: Uint8Array | string }): number {
  return crc32(payload ?? '', crc32(topic))
}

/** The payload is a view of what was read from a socket; kept, it would keep all of that. */
function copyOf(packet: Queued): Queued {
  const { cmd, brokerId, brokerCounter, topic, qos, retain, dup } = packet
  return { cmd, brokerId, brokerCounter, topic, payload: Buffer.from(packet.payload ?? ''), qos, retain, dup }
}

function sizeOf(packet: Queued | undefined): number {
  return packet?.payload?.length ?? 0
}

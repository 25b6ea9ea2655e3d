import { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import type { Client as AedesClient } from 'aedes'
import type { DeviceCredential } from '../../contract/ports/credentials.ts'
import { dayMs } from '../../contract/time.ts'
import { parseDeviceTopic } from '../../contract/topics.ts'
import type { RefusalReason } from '../inbound/refusals.ts'
import { type KeptSession, openKeptSessions, type Subscription } from './kept-sessions.ts'
import { copyOf, formOf, type Queued, queuedOf, sizeOf } from './outgoing.ts'
import type { Release } from './releases.ts'
import type { OpenedSessionFile } from './session-file.ts'

/**
 * What outlives a connection: subscriptions and undelivered commands of a session, QoS 2 messages that wait for their
 * release, the retained status. What outlives the process too, of sessions that are to be kept, is on disk before it is
 * answered; of QoS 2 messages the journal tells. All of it is bounded for each device, and can be forgotten as one.
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
  opened: OpenedSessionFile
  /** As which a device signed in last. */
  credentialOf: (deviceId: string) => DeviceCredential | undefined
  now: () => number
}

/** How a connection begins. */
export interface SessionStart {
  credential: DeviceCredential
  clientId: string
  clean: boolean
  /** Aedes is not told of a session that goes on, whose subscriptions the caller brings back. */
  quiet: boolean
}

type Client = Pick<AedesClient, 'id' | 'conn'>

interface Retained {
  credential: DeviceCredential
  packet: Queued
  form: string
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

const retainedItem = 'retained'
/** A session that nobody used for so long is let go, with what waits in it. */
const unusedMs = 30 * dayMs

export type SessionStore = ReturnType<typeof createSessionStore>

export function createSessionStore(parts: SessionStoreParts) {
  const { topicRoot, limits, refused, release, opened, credentialOf, now } = parts
  const { file } = opened
  const sessions = openKeptSessions({ file, limits, refused, now }, opened.items)
  const incoming = new Map<string, Incoming>()
  /** A message that is written late belongs to the session that sent it, also when its device has begun another. */
  const incomingOfConnection = new WeakMap<Client, Incoming>()
  const sessionOfConnection = new WeakMap<Client, KeptSession>()
  const retained = new Map<string, Retained>()
  const wills = new Map<string, Queued>()
  let brokerId = ''

  for (const { device, item, form } of opened.items) {
    if (item !== retainedItem) continue
    // Our own words, sealed.
    const { credential, packet } = JSON.parse(form)
    retained.set(device, { credential, packet: queuedOf(packet), form })
  }

  function dropSession(id: string): void {
    incoming.delete(id)
    sessions.drop(id)
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

  /** Of a session that does not last nothing is written. */
  function savedOf(id: string): Promise<void> | undefined {
    return sessions.get(id)?.lasting === true ? file.saved() : undefined
  }

  function isOld({ usedAtMs }: KeptSession): boolean {
    return usedAtMs < now() - dayMs
  }

  function letStatusGo(id: string): void {
    if (retained.delete(id)) file.put(id, retainedItem, undefined)
  }

  /** Not waited for: it is in the journal, and nobody is sent what is kept here. */
  function keepStatus(id: string, given: Queued): void {
    const credential = credentialOf(id)
    const size = sizeOf(given)
    if (size > limits.retainedBytes) return refused('retained-too-large')
    if (size === 0 || credential === undefined) return letStatusGo(id)
    const packet = copyOf({ ...given, brokerCounter: 0, dup: false })
    const form = JSON.stringify({ credential, packet: formOf(packet) })
    const before = retained.get(id)
    retained.set(id, { credential, packet, form })
    if (before?.form !== form) file.put(id, retainedItem, form)
  }

  /** Of the session that this connection goes on with; `undefined` where it begins anew. */
  function sessionBefore(id: string, { clean, clientId }: SessionStart): KeptSession | undefined {
    const before = sessions.get(id)
    return !clean && before?.lasting === true && before.clientId === clientId ? before : undefined
  }

  return {
    /** Devices of which something is kept, as they signed in last. */
    credentials: (): DeviceCredential[] => {
      const all = [...retained.values(), ...[...sessions.all()].map(([, session]) => session)].map(
        ({ credential }) => credential,
      )
      return [...new Map(all.map((credential) => [credential.deviceId, credential])).values()]
    },

    /**
     * Begins or goes on with the session of a device; one that is not to be kept, or another client's, ends what was kept
     * before. `goesOn`: the session was there before. `saved`: the change is on its way to the disk.
     */
    begin(client: Client, beginning: SessionStart): { goesOn: boolean; saved: Promise<void> | undefined } {
      const { id } = client
      const { credential, clientId, clean, quiet } = beginning
      const before = sessionBefore(id, beginning)
      const ended = before === undefined && sessions.get(id)?.lasting === true
      if (before === undefined) dropSession(id)
      incomingOf(client)
      const session = before ?? sessions.begin(id, { credential, clientId, usedAtMs: 0 }, !clean)
      sessionOfConnection.set(client, session)
      session.present = before !== undefined && !quiet
      if (isOld(session) || isOther(session.credential, credential)) {
        session.credential = credential
        sessions.use(id, session)
      }
      const isChanged = before === undefined && (ended || session.lasting)
      return { goesOn: before !== undefined, saved: isChanged ? file.saved() : undefined }
    },

    /** The connection has ended. */
    end(client: Client): void {
      const { id } = client
      const session = sessions.get(id)
      if (session === undefined || session !== sessionOfConnection.get(client)) return
      const { lasting } = session
      if (lasting && isOld(session)) sessions.use(id, session)
      if (!lasting) dropSession(id)
    },

    /** Lets go of sessions that nobody used for a month. */
    expire(isLive: (id: string) => boolean): void {
      const oldestMs = now() - unusedMs
      for (const [id, { usedAtMs }] of [...sessions.all()]) if (usedAtMs < oldestMs && !isLive(id)) dropSession(id)
    },

    subscriptions: (id: string): Subscription[] => [...(sessions.get(id)?.subscriptions.values() ?? [])],

    /** Number of the newest command that waits for its acknowledgement; the next ones count on from it. */
    lastId: (id: string): number | undefined => sessions.get(id)?.outgoing.lastId(),

    /** Everything of this device, as if it had never been here. */
    forget(id: string): void {
      dropSession(id)
      letStatusGo(id)
      wills.delete(id)
    },

    /** Of the session that this connection speaks in; another object once a session begins anew. */
    incoming: incomingOf,

    close: file.close,

    // ---- as Aedes asks; the methods are async because it waits for promises

    async setup(broker: { id: string }): Promise<void> {
      brokerId = broker.id
    },

    async storeRetained(packet: Queued): Promise<void> {
      const target = parseDeviceTopic(topicRoot, packet.topic)
      if (target?.channel === 'status') keepStatus(target.deviceId, packet)
    },

    createRetainedStreamCombi: (filters: string[]) =>
      Readable.from([...retained.values()].map(({ packet }) => packet).filter(({ topic }) => filters.includes(topic))),

    async addSubscriptions({ id }: Client, subscriptions: Subscription[]): Promise<void> {
      // Aedes hands over the refused ones too.
      sessions.subscribe(
        id,
        subscriptions.filter(({ topic }) => isCommandOf(id, topic)),
      )
      await savedOf(id)
    },

    async removeSubscriptions({ id }: Client, topics: string[]): Promise<void> {
      sessions.unsubscribe(id, topics)
      await savedOf(id)
    },

    async subscriptionsByClient({ id }: Client): Promise<Subscription[]> {
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
      sessions.get(clientId)?.outgoing.enqueue(packet, packet.qos)
      await savedOf(clientId)
    },

    async outgoingEnqueueCombi(subscriptions: { clientId: string; qos: number }[], packet: Queued): Promise<void> {
      for (const { clientId, qos } of subscriptions) {
        sessions.get(clientId)?.outgoing.enqueue(packet, qos)
        await savedOf(clientId)
      }
    },

    /** A message was sent and has its number now, or a PUBREL stands in its place. */
    async outgoingUpdate({ id }: Client, packet: Queued): Promise<void> {
      sessions.get(id)?.outgoing.update(packet)
      await savedOf(id)
    },

    async outgoingClearMessageId({ id }: Client, packet: Queued): Promise<Queued | undefined> {
      return sessions.get(id)?.outgoing.settle(packet)
    },

    outgoingStream: ({ id }: Client) => Readable.from(sessions.get(id)?.outgoing.list() ?? []),

    async incomingStorePacket(client: Client, packet: Queued): Promise<void> {
      incomingOf(client).held.set(packet.messageId ?? 0, messageMark(packet))
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

function isOther(before: DeviceCredential, now: DeviceCredential): boolean {
  return before.revision !== now.revision || before.since !== now.since || before.kind !== now.kind
}

/** Tells messages apart that bear one number. */
export function messageMark({ topic, payload }: { topic: string; payload?: Uint8Array | string }): number {
  return crc32(payload ?? '', crc32(topic))
}

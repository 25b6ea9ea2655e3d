import type { Client } from 'aedes'
import type { ServiceCredential } from '../../contract/ports/credentials.ts'
import { coversFilter } from '../../contract/topic-filter.ts'
import type { HookGuard } from '../auth/hook-guard.ts'
import { createMessageQueue } from './message-queue.ts'
import { patternOf, type TopicKeys } from './patterns.ts'
import { type Delivery, type PublishFrame, packetBytes, writePacket } from './publish-frame.ts'
import { createSlotSet, type SlotSet } from './slot-set.ts'
import type { Turns } from './turns.ts'

/** One connection of a service, and what it is to hear. */
export interface Subscriber {
  readonly client: Client
  readonly credential: ServiceCredential
  readonly clientId: string
  readonly address: string
  readonly sinceMs: number
  /** QoS by pattern: what it subscribed to, as far as anything can match it. */
  readonly patterns: ReadonlyMap<string, 0 | 1>
  /** By filter, as it was granted. */
  readonly subscriptions: ReadonlyMap<string, 0 | 1>
  delivered: number
  dropped: number
  readonly waitingBytes: number
  /** Messages that wait. */
  readonly waiting: number
  /** Devices whose state it has to be told, and those of them whose state it gets as a retained message. */
  readonly owedStates: SlotSet
  readonly owedRetained: SlotSet
  /** Devices whose retained status it has to be told. */
  readonly owedStatus: SlotSet
  /** Why its connection ends, once that is known. */
  endReason: string | undefined
  /** Number of the message that it was found for last, and the QoS that it is heard with. */
  stamp: number
  heardQos: 0 | 1
  /** Whether its token lets it hear this topic, whatever was granted. */
  mayHear(keys: TopicKeys): boolean
  /** The highest QoS that any of its subscriptions has for the topic; `undefined`: none matches. */
  qosOf(keys: TopicKeys): 0 | 1 | undefined
  /** QoS that is granted, or `undefined` where it is not. Takes the place of a subscription of the same filter. */
  subscribe(filter: string, qos: number): 0 | 1 | undefined
  unsubscribe(filter: string): void
  enqueue(frame: PublishFrame, qos: 0 | 1): void
  /** Writes what its socket takes, as soon as its turn comes. */
  flush(): void
  acknowledged(messageId: number): void
  /** It has been too slow for messages, and took nothing, for so long, ms; 0: it has not. */
  stuckMs(nowMs: number): number
}

export interface SubscriberParts {
  topicRoot: string
  client: Client
  credential: ServiceCredential
  clientId: string
  address: string
  maxSubscriptions: number
  /** Memory of messages that wait for it; may change. */
  maxWaitingBytes: () => number
  /** What it is owed besides, and goes before what waits; `undefined`: nothing that could be told now. */
  nextState: (subscriber: Subscriber) => Delivery | undefined
  /** What it is owed besides, and goes behind what waits. */
  nextStatus: (subscriber: Subscriber) => Delivery | undefined
  guard: HookGuard
  turns: Turns
}

/** Bytes that are handed to a socket at once; the next ones when it has taken these. */
const chunkBytes = 64 * 1024
/** Of a chunk, so much may be states: a city of states must not hold up what waits. */
const stateShare = chunkBytes / 2
/** Messages of QoS 1 that may be unacknowledged; their payloads are held no longer, only their numbers. */
const maxInFlight = 8192
const maxPacketId = 65_535

export function createSubscriber(parts: SubscriberParts): Subscriber {
  const { topicRoot, client, credential, clientId, address, maxWaitingBytes, nextState, nextStatus, guard, turns } =
    parts
  const waiting = createMessageQueue()
  const subscriptions = new Map<string, 0 | 1>()
  /** `undefined`: to be derived anew. */
  let patterns: ReadonlyMap<string, 0 | 1> | undefined
  const allowed = new Set(credential.filters.map((filter) => patternOf(topicRoot, filter)))
  const inFlight = new Set<number>()
  let lastId = 0
  let writing = false
  /** It waits for its turn to write. */
  let queued = false
  let progressMs = performance.now()
  let droppedSince = 0

  function nextId(): number {
    do lastId = (lastId % maxPacketId) + 1
    while (inFlight.has(lastId))
    inFlight.add(lastId)
    return lastId
  }

  function progressed(): void {
    progressMs = performance.now()
    droppedSince = 0
  }

  /** Equal patterns of several filters have the highest QoS of them. */
  function derivePatterns(): ReadonlyMap<string, 0 | 1> {
    const derived = new Map<string, 0 | 1>()
    for (const [filter, qos] of subscriptions) {
      const pattern = patternOf(topicRoot, filter)
      if (pattern !== undefined) derived.set(pattern, qos === 1 ? 1 : (derived.get(pattern) ?? 0))
    }
    return derived
  }

  /** The next message; states only while they have a share left. */
  function next(mayBeState: boolean): { delivery: Delivery; isState: boolean } | undefined {
    const state = mayBeState ? nextState(subscriber) : undefined
    if (state !== undefined) return { delivery: state, isState: true }
    const first = waiting.first()
    if (first !== undefined) waiting.shift()
    const delivery = first ?? nextStatus(subscriber)
    return delivery === undefined ? undefined : { delivery, isState: false }
  }

  /** Messages of about `chunkBytes`. */
  function takeNext(): { deliveries: Delivery[]; bytes: number } {
    const deliveries: Delivery[] = []
    let bytes = 0
    let stateBytes = 0
    let room = maxInFlight - inFlight.size
    while (bytes < chunkBytes && room > 0) {
      const found = next(stateBytes < stateShare)
      if (found === undefined) break
      const size = packetBytes(found.delivery.frame)
      deliveries.push(found.delivery)
      bytes += size
      if (found.isState) stateBytes += size
      room -= found.delivery.qos
    }
    return { deliveries, bytes }
  }

  /** Whole packets; `undefined`: there are none. */
  function nextChunk(): Buffer | undefined {
    const { deliveries, bytes } = takeNext()
    if (deliveries.length === 0) return undefined
    const chunk = Buffer.allocUnsafeSlow(bytes)
    let at = 0
    for (const delivery of deliveries) at = writePacket(chunk, at, delivery, delivery.qos === 1 ? nextId() : 0)
    subscriber.delivered += deliveries.length
    return chunk.subarray(0, at)
  }

  const isClosed = () => client.closed || client.conn.destroyed

  function write(): void {
    queued = false
    if (writing || isClosed()) return
    const chunk = guard.safely(undefined, nextChunk)
    if (chunk === undefined) return
    writing = true
    client.conn.write(chunk, written)
  }

  function written(error?: Error | null): void {
    writing = false
    if (error) return
    progressed()
    subscriber.flush()
  }

  const subscriber: Subscriber = {
    client,
    credential,
    clientId,
    address,
    sinceMs: Date.now(),
    get patterns() {
      patterns ??= derivePatterns()
      return patterns
    },
    subscriptions,
    delivered: 0,
    dropped: 0,
    get waitingBytes() {
      return waiting.bytes
    },
    get waiting() {
      return waiting.length
    },
    owedStates: createSlotSet(),
    owedRetained: createSlotSet(),
    owedStatus: createSlotSet(),
    endReason: undefined,
    stamp: 0,
    heardQos: 0,
    mayHear: (keys) => keys.patterns.some((pattern) => allowed.has(pattern)),
    qosOf(keys) {
      let found: 0 | 1 | undefined
      for (const pattern of keys.patterns) {
        const qos = subscriber.patterns.get(pattern)
        if (qos === 1) return 1
        found ??= qos
      }
      return found
    },
    subscribe(filter, qos) {
      if (!mayGrant(credential, filter)) return undefined
      if (!subscriptions.has(filter) && subscriptions.size >= parts.maxSubscriptions) return undefined
      const granted = qos === 0 ? 0 : 1
      subscriptions.set(filter, granted)
      patterns = undefined
      return granted
    },
    unsubscribe(filter) {
      if (subscriptions.delete(filter)) patterns = undefined
    },
    enqueue(frame, granted) {
      const qos = granted === 1 ? frame.qos : 0
      const dropped = waiting.push({ frame, qos, retain: false }, maxWaitingBytes())
      subscriber.dropped += dropped
      droppedSince += dropped
    },
    flush() {
      if (writing || queued || isClosed()) return
      queued = true
      turns.add(write)
    },
    acknowledged(messageId) {
      if (!inFlight.delete(messageId)) return
      progressed()
      // At each one that makes room, every message would be a write of its own.
      if (inFlight.size === maxInFlight / 2) subscriber.flush()
    },
    stuckMs: (nowMs) => (droppedSince === 0 ? 0 : nowMs - progressMs),
  }
  return subscriber
}

/** One filter of the token covers all that this one can match, and it is none for what devices are told. */
function mayGrant({ filters }: ServiceCredential, filter: string): boolean {
  return !/\/command(\/#)?$/.test(filter) && filters.some((by) => coversFilter(by, filter))
}

import type { Client } from 'aedes'
import type { ServiceCredential } from '../../contract/ports/credentials.ts'
import type { HookGuard } from '../auth/hook-guard.ts'
import { createGrants, type Grants, type GrantsParts } from './grants.ts'
import { createMessageQueue } from './message-queue.ts'
import { createPacketIds } from './packet-ids.ts'
import { type Delivery, type PublishFrame, packetBytes, writePacket } from './publish-frame.ts'
import { createSlotSet, type SlotSet } from './slot-set.ts'
import type { WorkQueue } from './work-queue.ts'

/** One connection of a service, and what it is to hear. */
export interface Subscriber extends Grants {
  readonly client: Client
  readonly credential: ServiceCredential
  readonly clientId: string
  readonly address: string
  readonly sinceMs: number
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
  enqueue(frame: PublishFrame, qos: 0 | 1): void
  /** Writes what its socket takes, as soon as its turn comes. */
  flush(): void
  acknowledged(messageId: number): void
  /** It has been too slow for messages, and took nothing, for so long, ms; 0: it has not. */
  stuckMs(nowMs: number): number
}

export interface SubscriberParts extends GrantsParts {
  client: Client
  clientId: string
  address: string
  /** Memory of messages that wait for it; may change. */
  maxWaitingBytes: () => number
  /** What it is owed besides, and goes before what waits; `undefined`: nothing that could be told now. */
  nextState: (subscriber: Subscriber) => Delivery | undefined
  /** What it is owed besides, and goes behind what waits. */
  nextStatus: (subscriber: Subscriber) => Delivery | undefined
  guard: HookGuard
  turns: WorkQueue
}

/** Bytes that are handed to a socket at once; the next ones when it has taken these. */
const chunkBytes = 64 * 1024
/** Of a chunk, so much may be states: a city of states must not hold up what waits. */
const stateShare = chunkBytes / 2
/** Messages of QoS 1 that may be unacknowledged; their payloads are held no longer, only their numbers. */
const maxInFlight = 8192

export function createSubscriber(parts: SubscriberParts): Subscriber {
  const { client, credential, clientId, address, maxWaitingBytes, nextState, nextStatus, guard, turns } = parts
  const waiting = createMessageQueue()
  const grants = createGrants(parts)
  const inFlight = createPacketIds()
  let writing = false
  /** It waits for its turn to write. */
  let queued = false
  const progress = createProgress()

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
    for (const delivery of deliveries) at = writePacket(chunk, at, delivery, delivery.qos === 1 ? inFlight.next() : 0)
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
    progress.made()
    subscriber.flush()
  }

  const subscriber: Subscriber = {
    client,
    credential,
    clientId,
    address,
    sinceMs: Date.now(),
    get patterns() {
      return grants.patterns
    },
    subscriptions: grants.subscriptions,
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
    mayHear: grants.mayHear,
    qosOf: grants.qosOf,
    subscribe: grants.subscribe,
    unsubscribe: grants.unsubscribe,
    enqueue(frame, granted) {
      const qos = granted === 1 ? frame.qos : 0
      const dropped = waiting.push({ frame, qos, retain: false }, maxWaitingBytes())
      subscriber.dropped += dropped
      progress.dropped(dropped)
    },
    flush() {
      if (writing || queued || isClosed()) return
      queued = true
      turns.add(write)
    },
    acknowledged(messageId) {
      if (!inFlight.settle(messageId)) return
      progress.made()
      // At each one that makes room, every message would be a write of its own.
      if (inFlight.size === maxInFlight / 2) subscriber.flush()
    },
    stuckMs: progress.stuckMs,
  }
  return subscriber
}

/** Since when nothing was taken, while messages were dropped. */
function createProgress() {
  let madeMs = performance.now()
  let dropped = 0
  return {
    made(): void {
      madeMs = performance.now()
      dropped = 0
    },
    dropped(messages: number): void {
      dropped += messages
    },
    stuckMs: (nowMs: number) => (dropped === 0 ? 0 : nowMs - madeMs),
  }
}

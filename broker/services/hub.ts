import type { HookGuard } from '../auth/hook-guard.ts'
import { matchesStates, type TopicKeys, topicKeys } from './patterns.ts'
import { type PublishFrame, publishFrame } from './publish-frame.ts'
import type { Subscriber } from './subscriber.ts'

/** A message that was acknowledged. */
export interface HeardMessage {
  topic: string
  payload: Uint8Array
  qos: number
}

/** Hands messages to those who subscribed to them. */
export interface ServiceHub {
  /** What the journal has. */
  publish(message: HeardMessage): void
  /** Who hears a topic, each once, with the highest QoS of its subscriptions in `heardQos` [MQTT-3.3.5-1]. */
  hearersOf(keys: TopicKeys): Subscriber[]
  add(subscriber: Subscriber): void
  /** Its subscriptions are others than before. */
  resubscribed(subscriber: Subscriber, before: ReadonlyMap<string, 0 | 1>): void
  /** False: it was not there. */
  remove(subscriber: Subscriber): boolean
  all(): Iterable<Subscriber>
  /** Somebody subscribed to states of devices. */
  readonly asksStates: boolean
  readonly size: number
}

export interface ServiceHubParts {
  topicRoot: string
  guard: HookGuard
  /** It is about to hear what is newer than the message that the device left there. */
  outdates: (subscriber: Subscriber, keys: TopicKeys) => void
}

export function createServiceHub({ topicRoot, guard, outdates }: ServiceHubParts): ServiceHub {
  const subscribers = new Set<Subscriber>()
  /** Who subscribed to each pattern. */
  const index = new Map<string, Map<Subscriber, 0 | 1>>()
  /** Patterns there that states match. */
  let stateHearers = 0
  let batch: HeardMessage[] = []
  let stamp = 0

  /** Whether it was not found for this message before. Granted or not: what its token does not cover it does not get. */
  function finds(subscriber: Subscriber, qos: 0 | 1, keys: TopicKeys): boolean {
    if (subscriber.stamp === stamp) {
      if (qos === 1) subscriber.heardQos = 1
      return false
    }
    subscriber.stamp = stamp
    subscriber.heardQos = qos
    return subscriber.mayHear(keys)
  }

  function hearersOf(keys: TopicKeys): Subscriber[] {
    const found: Subscriber[] = []
    stamp += 1
    for (const pattern of keys.patterns) {
      const subscribed = index.get(pattern)
      if (subscribed === undefined) continue
      for (const [subscriber, qos] of subscribed) if (finds(subscriber, qos, keys)) found.push(subscriber)
    }
    return found
  }

  /** In a turn of its own: acknowledgements that came with it go first. */
  function handOut(): void {
    const messages = batch
    batch = []
    const ready = new Set<Subscriber>()
    // A fault of ours costs one message and is counted; never the broker.
    for (const message of messages) guard.safely(undefined, () => handOutOne(message, ready))
    for (const subscriber of ready) subscriber.flush()
  }

  function handOutOne({ topic, payload, qos }: HeardMessage, ready: Set<Subscriber>): void {
    const keys = topicKeys(topicRoot, topic)
    if (keys === undefined) return
    let frame: PublishFrame | undefined
    for (const subscriber of hearersOf(keys)) {
      frame ??= publishFrame(topic, payload, qos)
      if (keys.channel === 'status') outdates(subscriber, keys)
      subscriber.enqueue(frame, subscriber.heardQos)
      ready.add(subscriber)
    }
  }

  function subscribersOf(pattern: string): Map<Subscriber, 0 | 1> {
    const known = index.get(pattern)
    if (known !== undefined) return known
    const subscribed = new Map<Subscriber, 0 | 1>()
    index.set(pattern, subscribed)
    if (matchesStates(pattern)) stateHearers += 1
    return subscribed
  }

  function unindex(subscriber: Subscriber, patterns: ReadonlyMap<string, 0 | 1>): void {
    for (const pattern of patterns.keys()) {
      const subscribed = index.get(pattern)
      subscribed?.delete(subscriber)
      if (subscribed?.size !== 0) continue
      index.delete(pattern)
      if (matchesStates(pattern)) stateHearers -= 1
    }
  }

  return {
    publish(message) {
      batch.push(message)
      if (batch.length === 1) setImmediate(handOut)
    },
    hearersOf,
    add(subscriber) {
      subscribers.add(subscriber)
    },
    resubscribed(subscriber, before) {
      unindex(subscriber, before)
      for (const [pattern, qos] of subscriber.patterns) {
        subscribersOf(pattern).set(subscriber, qos)
      }
    },
    remove(subscriber) {
      if (!subscribers.delete(subscriber)) return false
      unindex(subscriber, subscriber.patterns)
      return true
    },
    all: () => subscribers,
    get asksStates() {
      return stateHearers > 0
    },
    get size() {
      return subscribers.size
    },
  }
}

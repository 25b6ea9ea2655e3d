import type { HookGuard } from '../auth/hook-guard.ts'
import type { HeardMessage, ServiceHub } from './hub.ts'
import { keysOf, stateChannel, type TopicKeys, topicKeys } from './patterns.ts'
import { type Delivery, type PublishFrame, publishFrame } from './publish-frame.ts'
import { createSearch } from './search.ts'
import { createSlots, type Slots } from './slots.ts'
import type { Subscriber } from './subscriber.ts'
import type { ToldStates } from './told-states.ts'
import type { WorkQueue } from './work-queue.ts'

/** The message that each device left at its status topic. */
export interface RetainedMessages {
  of(deviceId: string): HeardMessage | undefined
  topics(): Iterable<string>
}

/**
 * What subscribers are owed besides the messages that wait for them: states of devices, and what devices left at their status
 * topics. It is a bit for each device, and is looked up when the socket takes it: the newest wins, and the last one always comes,
 * however slow a subscriber is.
 */
export interface Owed {
  /** Owes it the retained messages of patterns that it subscribed to, a moment later. */
  retained(subscriber: Subscriber, patterns: Iterable<string>): void
  /** A newer status than the retained one is on its way to it. */
  outdates(subscriber: Subscriber, keys: TopicKeys): void
  stateChanged(device: string, isFirst: boolean): void
  nextState(subscriber: Subscriber): Delivery | undefined
  nextStatus(subscriber: Subscriber): Delivery | undefined
  /** Lets go of numbers of devices of which nobody is owed anything. */
  tidy(): void
  clear(): void
}

export interface OwedParts {
  topicRoot: string
  left: RetainedMessages
  hub: () => Pick<ServiceHub, 'hearersOf' | 'all'>
  states: () => ToldStates
  guard: HookGuard
  turns: WorkQueue
}

/** Of the event loop at once, ms. */
const sliceMs = 2

type HearersOf = (keys: TopicKeys) => Iterable<Subscriber>

/** Goes through what is retained, a device at a time, and owes it to those who hear it. */
function createRetainedSearch(parts: Pick<OwedParts, 'topicRoot' | 'left' | 'states'> & { slots: Slots }) {
  const { topicRoot, left, states, slots } = parts

  function* searchStatus(hearersOf: HearersOf): Generator<void> {
    for (const topic of left.topics()) {
      const keys = topicKeys(topicRoot, topic)
      const hearers = keys === undefined ? [] : hearersOf(keys)
      for (const { owedStatus } of hearers) owedStatus.add(slots.of(keys?.device ?? ''))
      yield
    }
  }

  function* searchStates(hearersOf: HearersOf): Generator<void> {
    for (const device of states().devices()) {
      for (const { owedStates, owedRetained } of hearersOf(keysOf(device, stateChannel))) {
        const slot = slots.of(device)
        owedStates.add(slot)
        owedRetained.add(slot)
      }
      yield
    }
  }

  return function* (hearersOf: HearersOf): Generator<void> {
    yield* searchStatus(hearersOf)
    yield* searchStates(hearersOf)
  }
}

/** Payloads of states as frames, encoded once for all who hear them. */
function createStateFrames(topicOf: (device: string) => string) {
  const frames = new WeakMap<Buffer, PublishFrame>()
  return (device: string, payload: Buffer): PublishFrame => {
    const known = frames.get(payload)
    // One payload stands for all devices that are gone.
    if (known !== undefined && payload.length > 0) return known
    const frame = publishFrame(topicOf(device), payload, 1)
    frames.set(payload, frame)
    return frame
  }
}

export function createOwed({ topicRoot, left, hub, states, guard, turns }: OwedParts): Owed {
  const slots = createSlots()
  /** Devices whose state has changed, and whether that is what they were told to be at the beginning. */
  const changed = new Map<string, boolean>()
  let telling = false

  const topicOf = (device: string, channel: string) => `${topicRoot}/${device}/${channel}`
  const stateFrame = createStateFrames((device) => topicOf(device, stateChannel))

  function isOwed(slot: number): boolean {
    for (const { owedStates, owedStatus } of hub().all()) {
      if (owedStates.has(slot) || owedStatus.has(slot)) return true
    }
    return false
  }

  const search = createSearch<Subscriber>({
    guard,
    over: createRetainedSearch({ topicRoot, left, states, slots }),
    found: (subscriber) => subscriber.flush(),
  })

  function tellSoon(): void {
    if (!telling) turns.add(tellChanged)
    telling = true
  }

  function oweState(device: string, isFirst: boolean): Subscriber[] {
    const hearers = hub().hearersOf(keysOf(device, stateChannel))
    for (const { owedStates, owedRetained } of hearers) {
      const slot = slots.of(device)
      owedStates.add(slot)
      if (isFirst) owedRetained.add(slot)
    }
    return hearers
  }

  /** Some of them: each has to be owed to everybody who hears it. */
  function tellChanged(): void {
    telling = false
    const subscribers = new Set<Subscriber>()
    const untilMs = performance.now() + sliceMs
    for (const [device, isFirst] of changed) {
      changed.delete(device)
      for (const subscriber of oweState(device, isFirst)) subscribers.add(subscriber)
      if (performance.now() >= untilMs) break
    }
    if (changed.size > 0) tellSoon()
    for (const subscriber of subscribers) subscriber.flush()
  }

  /** `undefined`: it may not hear it, or does not want to. */
  function grantedOf(subscriber: Subscriber, keys: TopicKeys): 0 | 1 | undefined {
    return subscriber.mayHear(keys) ? subscriber.qosOf(keys) : undefined
  }

  function stateOf(subscriber: Subscriber, slot: number): Delivery | undefined {
    const retain = subscriber.owedRetained.has(slot)
    subscriber.owedRetained.delete(slot)
    const device = slots.at(slot) ?? ''
    const payload = states().payloadOf(device)
    if (payload === undefined || (retain && payload.length === 0)) return undefined
    const qos = grantedOf(subscriber, keysOf(device, stateChannel))
    return qos === undefined ? undefined : { frame: stateFrame(device, payload), qos, retain }
  }

  function statusOf(subscriber: Subscriber, slot: number): Delivery | undefined {
    const device = slots.at(slot) ?? ''
    const message = left.of(device.slice(device.indexOf('/') + 1))
    if (message === undefined || message.topic !== topicOf(device, 'status')) return undefined
    const granted = grantedOf(subscriber, keysOf(device, 'status'))
    if (granted === undefined) return undefined
    const frame = publishFrame(message.topic, message.payload, message.qos)
    return { frame, qos: granted === 1 ? frame.qos : 0, retain: true }
  }

  return {
    retained: search.ask,
    outdates({ owedStatus }, { device }) {
      const slot = owedStatus.size === 0 ? undefined : slots.find(device)
      if (slot !== undefined) owedStatus.delete(slot)
    },
    stateChanged(device, isFirst) {
      changed.set(device, isFirst || changed.get(device) === true)
      tellSoon()
    },
    nextState(subscriber) {
      const { owedStates } = subscriber
      if (owedStates.size === 0 || !states().mayTell()) return undefined
      for (let slot = owedStates.take(); slot >= 0; slot = owedStates.take()) {
        const delivery = stateOf(subscriber, slot)
        if (delivery !== undefined) return delivery
      }
      return undefined
    },
    nextStatus(subscriber) {
      const { owedStatus } = subscriber
      for (let slot = owedStatus.take(); slot >= 0; slot = owedStatus.take()) {
        const delivery = statusOf(subscriber, slot)
        if (delivery !== undefined) return delivery
      }
      return undefined
    },
    tidy() {
      slots.tidy(isOwed)
      states().tidy((device) => changed.has(device) || slots.find(device) !== undefined)
    },
    clear() {
      search.stop()
      changed.clear()
      slots.clear()
    },
  }
}

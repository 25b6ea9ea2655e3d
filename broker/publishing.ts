import type { AedesOptions, PublishPacket } from 'aedes'
import { countReadings } from '../contract/json-scan.ts'
import type { JournalEntry, JournalWriter } from '../contract/ports.ts'
import { inside } from './aedes-inside.ts'
import type { Guard } from './guarded.ts'
import type { BrokerLimits } from './options.ts'
import type { RefusalReason, Refusals } from './refusals.ts'
import { type Incoming, type SessionStore, sessionMark } from './session-store.ts'
import type { LiveSession, Sessions } from './sessions.ts'

type Done = (error?: Error | null) => void

export interface PublishingParts {
  limits: BrokerLimits
  journal: JournalWriter
  sessions: Sessions
  store: SessionStore
  refusals: Refusals
  guard: Guard
}

export interface Publishing {
  hooks: Required<Pick<AedesOptions, 'authorizePublish' | 'authorizeSubscribe' | 'authorizeForward'>>
  publishWill(session: LiveSession): void
}

/** What a connected device says and asks to hear. A PUBLISH goes on to its acknowledgement once the journal has it. */
export function createPublishing(parts: PublishingParts): Publishing {
  const { limits, journal, sessions, store, refusals, guard } = parts

  function refuse(session: LiveSession, reason: RefusalReason, done: Done): void {
    refusals.count(reason, { address: session.address, userName: session.credential.deviceId })
    session.endReason = `error: ${reason}`
    done(new Error(`${reason}: ${session.credential.deviceId}`))
  }

  /** A Will says that its device went; it did not when we did. */
  function isOutdatedWill(session: LiveSession, packet: PublishPacket): boolean {
    // It is this very packet that is published.
    return packet === inside(session.client).will && session.endReason === 'broker-closed'
  }

  /** The Will of a session that another of its device takes over: published here and now, and not again at its end. */
  function publishWill(session: LiveSession): void {
    const within = inside(session.client)
    const { will } = within
    within.will = null
    if (!will || within._disconnected) return
    takePublish(session, will, (error) => {
      if (!error) within.broker.publish(will, () => undefined)
    })
  }

  function entryOf({ credential }: LiveSession, channel: string, packet: PublishPacket): JournalEntry {
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload
    return {
      receivedAtMs: Date.now(),
      type: 'message',
      principal: credential.deviceId,
      topic: packet.topic,
      payload,
      qos: packet.qos,
      dup: packet.dup,
      readings: countReadings(channel, payload, limits.readingsPerMessage),
    }
  }

  function takePublish(session: LiveSession, packet: PublishPacket, done: Done): void {
    const verdict = session.access.publish(packet.topic)
    if ('refused' in verdict) return refuse(session, verdict.refused, done)
    if (verdict.channel === 'status' && isOutdatedWill(session, packet)) return done(new Error('outdated Will'))
    // The Will of a device whose key was taken back is told, but nothing is kept of it.
    if (verdict.channel !== 'status' || session.endReason === 'revoked') packet.retain = false
    const entry = entryOf(session, verdict.channel, packet)
    const written: Done = (error) => (error instanceof Error ? refuse(session, 'journal-full', done) : done())
    if (packet.qos !== 2 || packet.messageId === undefined) return journal.append(entry, written)
    takeOnce(store.incoming(session.client), packet.messageId, entry, written)
  }

  /**
   * QoS 2: into the journal once, however often it is sent before its release, on whichever connection of its session.
   * What is held already Aedes answers with PUBREC alone.
   */
  function takeOnce(incoming: Incoming, messageId: number, entry: JournalEntry, answer: Done): void {
    if (incoming.held.has(messageId)) return answer()
    const others = incoming.underWay.get(messageId)
    if (others !== undefined) return void others.push(answer)
    journal.append(entry, (error) => {
      answer(error)
      // By then Aedes holds it.
      setImmediate(() => {
        for (const other of incoming.underWay.get(messageId) ?? []) other(error)
        incoming.underWay.delete(messageId)
      })
    })
    // Under way once the journal has taken it: one that throws leaves nothing behind, and the device may try again.
    incoming.underWay.set(messageId, [])
  }

  const hooks: Publishing['hooks'] = {
    authorizePublish(client, packet, done) {
      guard.hook(done, () => {
        const session = client === null ? undefined : sessions.of(client)
        if (session === undefined) done(new Error('no session'))
        else takePublish(session, packet, done)
      })
    },

    authorizeSubscribe(client, subscription, done) {
      guard.hook(done, () => {
        const session = sessions.of(client)
        // Also for the subscriptions of a kept session, when its device comes back: rights may have changed.
        if (session?.access.subscribe(subscription.topic) === true) return done(null, subscription)
        if (subscription !== sessionMark)
          refusals.count('subscribe-denied', {
            address: session?.address ?? '',
            userName: session?.credential.deviceId,
          })
        done(null, null)
      })
    },

    authorizeForward: (client, packet) =>
      guard.safely(null, () => (sessions.of(client)?.access.subscribe(packet.topic) === true ? packet : null)),
  }
  return { hooks, publishWill: (session) => guard.safely(undefined, () => publishWill(session)) }
}

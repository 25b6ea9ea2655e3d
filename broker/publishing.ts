import type { AedesOptions, PublishPacket } from 'aedes'
import type { JournalEntry, JournalWriter } from '../contract/ports/journal.ts'
import { inside } from './aedes-inside.ts'
import type { HookGuard } from './auth/hook-guard.ts'
import type { RefusalReason, Refusals } from './inbound/refusals.ts'
import { type Incoming, messageMark } from './sessions/incoming.ts'
import { sessionMark } from './sessions/persistence.ts'
import type { SessionStore } from './sessions/session-store.ts'
import type { LiveSession, LiveSessions } from './sessions/sessions.ts'

type Done = (error?: Error | null) => void

type MessageEntry = JournalEntry & { packetId: number }

/** Messages of QoS 2 of one session that wait for PUBREL; past it the connection ends. As many as Aedes allows a connection. */
const maxUnreleased = 1000

function isFull({ held, underWay }: Incoming, messageId: number): boolean {
  return held.size + underWay.size >= maxUnreleased && !held.has(messageId) && !underWay.has(messageId)
}

export interface PublishingParts {
  journal: JournalWriter
  sessions: LiveSessions
  store: SessionStore
  refusals: Refusals
  guard: HookGuard
  /** The journal has it: who else may hear it now does. */
  heard: (entry: JournalEntry) => void
}

export interface Publishing {
  hooks: Required<Pick<AedesOptions, 'authorizePublish' | 'authorizeSubscribe' | 'authorizeForward'>>
  publishWill(session: LiveSession): void
}

/** What a connected device says and asks to hear. A PUBLISH goes on to its acknowledgement once the journal has it. */
export function createPublishing(parts: PublishingParts): Publishing {
  const { journal, sessions, store, refusals, guard, heard } = parts

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
    if (will && !within._disconnected) {
      processPublish(session, will, (error) => {
        if (!error) within.broker.publish(will, () => undefined)
      })
    }
    within.will = null
  }

  function entryOf({ client, credential }: LiveSession, packet: PublishPacket): MessageEntry {
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload
    return {
      receivedAtMs: Date.now(),
      type: 'message',
      principal: credential.deviceId,
      topic: packet.topic,
      payload,
      qos: packet.qos,
      dup: packet.dup,
      packetId: packet.messageId ?? 0,
      will: packet === inside(client).will,
      readings: 1,
    }
  }

  function processPublish(session: LiveSession, packet: PublishPacket, done: Done): void {
    const verdict = session.access.publish(packet.topic)
    if ('refused' in verdict) return refuse(session, verdict.refused, done)
    if (verdict.channel === 'status' && isOutdatedWill(session, packet)) return done(new Error('outdated Will'))
    // The Will of a device whose key was taken back is told, but nothing is kept of it.
    if (verdict.channel !== 'status' || session.endReason === 'revoked') packet.retain = false
    const entry = entryOf(session, packet)
    if (entry.qos === 2 && entry.packetId > 0) processExactlyOnce(session, entry, done)
    else keep(session, entry, done)
  }

  function keep(session: LiveSession, entry: JournalEntry, done: Done): void {
    journal.append(entry, (error) => {
      if (error instanceof Error) return refuse(session, 'journal-full', done)
      done()
      heard(entry)
    })
  }

  /**
   * QoS 2: into the journal once, however often it is sent before its release, on whichever connection of its session.
   * What is held already Aedes answers with PUBREC alone. Other bytes under its number are another message, of a client
   * that forgot the first.
   */
  function processExactlyOnce(session: LiveSession, entry: MessageEntry, done: Done): void {
    const { packetId: messageId } = entry
    const incoming = store.incoming(session.client)
    if (isFull(incoming, messageId)) return refuse(session, 'too-many-unreleased', done)
    const mark = messageMark(entry)
    if (incoming.held.get(messageId) === mark) return done()
    const others = incoming.underWay.get(messageId)
    if (others?.mark === mark) return void others.answers.push(done)
    keep(session, entry, (error) => {
      done(error)
      if (!error && incoming.held.has(messageId)) incoming.held.set(messageId, mark)
      // By then Aedes holds it.
      setImmediate(() => {
        for (const other of sent.answers) other(error)
        if (incoming.underWay.get(messageId) === sent) incoming.underWay.delete(messageId)
      })
    })
    // Under way once the journal has taken it: one that throws leaves nothing behind, and the device may try again.
    const sent = { mark, answers: [] as Done[] }
    incoming.underWay.set(messageId, sent)
  }

  const hooks: Publishing['hooks'] = {
    authorizePublish(client, packet, done) {
      guard.hook(done, () => {
        const session = client === null ? undefined : sessions.of(client)
        if (session === undefined) done(new Error('no session'))
        else processPublish(session, packet, done)
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

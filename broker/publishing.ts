import type { AedesOptions, Client, PublishPacket } from 'aedes'
import { countReadings } from '../contract/json-scan.ts'
import type { JournalEntry, JournalWriter } from '../contract/ports.ts'
import { guarded } from './guarded.ts'
import type { BrokerLimits } from './options.ts'
import type { RefusalReason, Refusals } from './refusals.ts'
import type { LiveSession, Sessions } from './sessions.ts'

type Done = (error?: Error | null) => void

export interface PublishingParts {
  limits: BrokerLimits
  journal: JournalWriter
  sessions: Sessions
  refusals: Refusals
}

export type Publishing = Required<Pick<AedesOptions, 'authorizePublish' | 'authorizeSubscribe'>>

/** What a connected device says and asks to hear. A PUBLISH goes on to its acknowledgement once the journal has it. */
export function createPublishing({ limits, journal, sessions, refusals }: PublishingParts): Publishing {
  function refuse(session: LiveSession, reason: RefusalReason, done: Done): void {
    refusals.count(reason)
    session.endReason = `error: ${reason}`
    done(new Error(`${reason}: ${session.credential.deviceId}`))
  }

  /** A Will says that its device went; it did not when we did, or when it speaks to us on another connection. */
  function isOutdatedWill(session: LiveSession, packet: PublishPacket): boolean {
    // Not in the types of Aedes 1.2.0; it is this very packet that is published.
    if (packet !== (session.client as { will?: unknown }).will) return false
    return session.endReason === 'broker-closed' || session.endReason === 'taken-over' || !sessions.isLast(session)
  }

  function takePublish(session: LiveSession, packet: PublishPacket, done: Done): void {
    const verdict = session.access.publish(packet.topic)
    if ('refused' in verdict) return refuse(session, verdict.refused, done)
    if (verdict.channel === 'status' && isOutdatedWill(session, packet)) return done(new Error('outdated Will'))
    if (verdict.channel !== 'status') packet.retain = false
    if (packet.qos === 2 && isHeldQos2(session.client, packet)) return done()
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload
    const entry: JournalEntry = {
      receivedAtMs: Date.now(),
      type: 'message',
      principal: session.credential.deviceId,
      topic: packet.topic,
      payload,
      qos: packet.qos,
      dup: packet.dup,
      readings: countReadings(verdict.channel, payload, limits.readingsPerMessage),
    }
    journal.append(entry, (error) => {
      if (error === undefined) done()
      else refuse(session, 'journal-full', done)
    })
  }

  return {
    authorizePublish(client, packet, done) {
      guarded(done, () => {
        const session = client === null ? undefined : sessions.of(client)
        if (session === undefined) done(new Error('no session'))
        else takePublish(session, packet, done)
      })
    },

    authorizeSubscribe(client, subscription, done) {
      guarded(done, () => {
        if (sessions.of(client)?.access.subscribe(subscription.topic) === true) return done(null, subscription)
        refusals.count('subscribe-denied')
        done(null, null)
      })
    },
  }
}

/** QoS 2 sent again before its PUBREL: it is in the journal, Aedes answers with PUBREC alone. */
function isHeldQos2(client: Client, { messageId }: { messageId?: number | undefined }): boolean {
  // Private to Aedes 1.2.0: ids of stored QoS 2 messages that wait for PUBREL.
  const held = (client as unknown as { _inboundInflight?: Set<number> })._inboundInflight
  return messageId !== undefined && held?.has(messageId) === true
}

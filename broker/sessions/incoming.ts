import { crc32 } from 'node:zlib'
import type { Client as AedesClient } from 'aedes'

export type SessionClient = Pick<AedesClient, 'id' | 'conn'>

/** QoS 2 messages of one session, by their numbers, until their release. */
export interface Incoming {
  /** In the journal, with a mark of their bytes. */
  held: Map<number, number>
  /** On their way there, and who else sent the same number meanwhile. */
  underWay: Map<number, { mark: number; answers: ((error?: Error | null) => void)[] }>
}

export type IncomingMessages = ReturnType<typeof createIncomingMessages>

/** Keeps the QoS 2 messages of all sessions. */
export function createIncomingMessages() {
  const ofSession = new Map<string, Incoming>()
  /** A message that is written late belongs to the session that sent it, also when its device has begun another. */
  const ofConnection = new WeakMap<SessionClient, Incoming>()

  return {
    /** Of the session that this connection speaks in; another object once a session begins anew. */
    of(client: SessionClient): Incoming {
      const known = ofConnection.get(client)
      if (known !== undefined) return known
      const session = ofSession.get(client.id) ?? { held: new Map<number, number>(), underWay: new Map() }
      ofSession.set(client.id, session)
      ofConnection.set(client, session)
      return session
    },

    drop(id: string): void {
      ofSession.delete(id)
    },

    clean(client: SessionClient): void {
      const session = ofConnection.get(client)
      if (session === undefined) return
      session.held.clear()
      if (ofSession.get(client.id) === session) ofSession.delete(client.id)
    },
  }
}

/** Tells messages apart that bear one number. */
export function messageMark({ topic, payload }: { topic: string; payload?: Uint8Array | string }): number {
  return crc32(payload ?? '', crc32(topic))
}

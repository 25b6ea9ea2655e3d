import type { DeviceCredential } from '../../contract/ports/credentials.ts'
import { dayMs } from '../../contract/time.ts'
import type { RefusalReason } from '../inbound/refusals.ts'
import { createIncomingMessages, type SessionClient } from './incoming.ts'
import { type KeptSession, openKeptSessions, type Subscription } from './kept-sessions.ts'
import type { Queued } from './outgoing.ts'
import { createPersistence } from './persistence.ts'
import type { Release } from './releases.ts'
import { openRetainedStatus } from './retained-status.ts'
import type { OpenedSessionFile } from './session-file.ts'

/**
 * What outlives a connection: subscriptions and undelivered commands of a session, QoS 2 messages that wait for their
 * release, the retained status. What outlives the process too, of sessions that are to be kept, is on disk before it is
 * answered; of QoS 2 messages the journal tells. All of it is bounded for each device, and can be forgotten as one.
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

/** A session that nobody used for so long is let go, with what waits in it. */
const unusedMs = 30 * dayMs

export type SessionStore = ReturnType<typeof createSessionStore>

export function createSessionStore(parts: SessionStoreParts) {
  const { topicRoot, limits, refused, release, opened, credentialOf, now } = parts
  const { file } = opened
  const sessions = openKeptSessions({ file, limits, refused, now }, opened.items)
  const retained = openRetainedStatus({ opened, maxBytes: limits.retainedBytes, refused, credentialOf })
  const incoming = createIncomingMessages()
  const sessionOfConnection = new WeakMap<SessionClient, KeptSession>()
  const wills = new Map<string, Queued>()

  function dropSession(id: string): void {
    incoming.drop(id)
    sessions.drop(id)
  }

  function isOld({ usedAtMs }: KeptSession): boolean {
    return usedAtMs < now() - dayMs
  }

  /** Of the session that this connection goes on with; `undefined` where it begins anew. */
  function sessionBefore(id: string, { clean, clientId }: SessionStart): KeptSession | undefined {
    const before = sessions.get(id)
    return !clean && before?.lasting === true && before.clientId === clientId ? before : undefined
  }

  return {
    /** Devices of which something is kept, as they signed in last. */
    credentials: (): DeviceCredential[] => {
      const all = [...retained.credentials(), ...[...sessions.all()].map(([, { credential }]) => credential)]
      return [...new Map(all.map((credential) => [credential.deviceId, credential])).values()]
    },

    /**
     * Begins or goes on with the session of a device; one that is not to be kept, or another client's, ends what was kept
     * before. `goesOn`: the session was there before. `saved`: the change is on its way to the disk.
     */
    begin(client: SessionClient, beginning: SessionStart): { goesOn: boolean; saved: Promise<void> | undefined } {
      const { id } = client
      const { credential, clientId, clean, quiet } = beginning
      const before = sessionBefore(id, beginning)
      const ended = before === undefined && sessions.get(id)?.lasting === true
      if (before === undefined) dropSession(id)
      incoming.of(client)
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
    end(client: SessionClient): void {
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
    lastId: (id: string): number | undefined => sessions.get(id)?.outgoing?.lastId(),

    /** This very message waits for the acknowledgement of the device. */
    holds: (id: string, payload: Buffer): boolean => sessions.get(id)?.outgoing?.holds(payload) === true,

    /** Everything of this device, as if it had never been here. */
    forget(id: string): void {
      dropSession(id)
      retained.drop(id)
      wills.delete(id)
    },

    /** What devices left at their status topics. */
    left: { of: retained.of, topics: retained.topics },

    /** Of the session that this connection speaks in; another object once a session begins anew. */
    incoming: incoming.of,

    close: file.close,

    ...createPersistence({ topicRoot, sessions, incoming, retained, wills, file, release }),
  }
}

function isOther(before: DeviceCredential, now: DeviceCredential): boolean {
  return before.revision !== now.revision || before.since !== now.since || before.kind !== now.kind
}

import type { Client } from 'aedes'
import type { DeviceCredential } from '../../contract/ports/credentials.ts'
import type { LinkChange } from '../../contract/ports/journal.ts'
import { type Acl, createAcl } from '../auth/acl.ts'

/** One live connection and who is behind it. */
export interface LiveSession {
  client: Client
  credential: DeviceCredential
  access: Acl
  address: string
  /** Why it will end, once we know; the socket's own end otherwise. */
  endReason: string | undefined
}

/** What is told of a new connection. */
export interface Greeting extends Pick<LinkChange, 'client' | 'session'> {
  address: string
}

export interface LiveSessions {
  /** Ends the device's other connection first, if there is one. */
  open(client: Client, credential: DeviceCredential, greeting: Greeting): LiveSession
  of(client: Client): LiveSession | undefined
  ofDevice(deviceId: string): LiveSession | undefined
  close(client: Client, reason: string): void
  all(): Iterable<LiveSession>
  readonly size: number
}

export interface SessionsParts {
  root: string
  recordLink: (deviceId: string, change: LinkChange) => void
  /** A session is about to be ended by another of its device: its Will is due [MQTT-3.1.2-8]. */
  lastWords: (session: LiveSession) => void
}

/**
 * Own register of connections (Aedes' `connectedClients` drifts, aedes#985). A credential has one live connection at
 * most: whoever shows it last has it. The Will of the one before comes first, then that the new one is there.
 */
export function createLiveSessions({ root, recordLink, lastWords }: SessionsParts): LiveSessions {
  const sessions = new Map<Client, LiveSession>()
  const live = new Map<string, LiveSession>()

  function close(client: Client, reason: string): void {
    const session = sessions.get(client)
    if (session === undefined) return
    sessions.delete(client)
    const { deviceId } = session.credential
    if (live.get(deviceId) === session) live.delete(deviceId)
    recordLink(deviceId, { event: 'disconnected', reason: session.endReason ?? reason })
  }

  return {
    open(client, credential, greeting) {
      const before = live.get(credential.deviceId)
      if (before !== undefined) {
        before.endReason ??= 'taken-over'
        lastWords(before)
        close(before.client, 'taken-over')
        before.client.conn.destroy()
      }
      const { address } = greeting
      const session = { client, credential, access: createAcl(root, credential), address, endReason: undefined }
      sessions.set(client, session)
      live.set(credential.deviceId, session)
      recordLink(credential.deviceId, { event: 'connected', ...greeting })
      return session
    },
    of: (client) => sessions.get(client),
    ofDevice: (deviceId) => live.get(deviceId),
    close,
    all: () => sessions.values(),
    get size() {
      return sessions.size
    },
  }
}

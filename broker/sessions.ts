import type { Client } from 'aedes'
import type { DeviceCredential, LinkChange } from '../contract/ports.ts'
import { type Access, createAccess } from './access.ts'

/** One live connection and who is behind it. */
export interface LiveSession {
  client: Client
  credential: DeviceCredential
  access: Access
  address: string
  /** Why it will end, once we know; the socket's own end otherwise. */
  endReason: string | undefined
}

export interface Sessions {
  /** Ends the device's other connection first, if there is one. */
  open(client: Client, credential: DeviceCredential, address: string): LiveSession
  of(client: Client): LiveSession | undefined
  ofDevice(deviceId: string): LiveSession | undefined
  /** Nobody else speaks for its device at present. */
  isLast(session: LiveSession): boolean
  close(client: Client, reason: string): void
  all(): Iterable<LiveSession>
  readonly size: number
}

/**
 * Own register of connections (Aedes' `connectedClients` drifts, aedes#985). A credential has one live connection at
 * most: whoever shows it last has it. Each new connection is told, because it outdates the Will of the one before.
 */
export function createSessions(root: string, tell: (deviceId: string, change: LinkChange) => void): Sessions {
  const sessions = new Map<Client, LiveSession>()
  const live = new Map<string, LiveSession>()

  function close(client: Client, reason: string): void {
    const session = sessions.get(client)
    if (session === undefined) return
    sessions.delete(client)
    const { deviceId } = session.credential
    if (live.get(deviceId) === session) live.delete(deviceId)
    tell(deviceId, { event: 'disconnected', reason: session.endReason ?? reason })
  }

  return {
    open(client, credential, address) {
      const before = live.get(credential.deviceId)
      if (before !== undefined) {
        before.endReason ??= 'taken-over'
        close(before.client, 'taken-over')
        before.client.conn.destroy()
      }
      const session = { client, credential, access: createAccess(root, credential), address, endReason: undefined }
      sessions.set(client, session)
      live.set(credential.deviceId, session)
      tell(credential.deviceId, { event: 'connected', address })
      return session
    },
    of: (client) => sessions.get(client),
    ofDevice: (deviceId) => live.get(deviceId),
    isLast: (session) => live.get(session.credential.deviceId) === session,
    close,
    all: () => sessions.values(),
    get size() {
      return sessions.size
    },
  }
}

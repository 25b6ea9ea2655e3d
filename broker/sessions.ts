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
  open(client: Client, credential: DeviceCredential, address: string): LiveSession
  of(client: Client): LiveSession | undefined
  /** Nobody else speaks for its device at present. */
  isLast(session: LiveSession): boolean
  close(client: Client, reason: string): void
  all(): Iterable<LiveSession>
  readonly size: number
}

/**
 * Own register of connections (Aedes' `connectedClients` drifts, aedes#985). A device is connected while any of its
 * connections lives, so that a second short one does not report it gone. Each new connection is told, because it outdates
 * the Will of the one that it took over from.
 */
export function createSessions(root: string, tell: (deviceId: string, change: LinkChange) => void): Sessions {
  const sessions = new Map<Client, LiveSession>()
  const perDevice = new Map<string, number>()
  return {
    open(client, credential, address) {
      const session = { client, credential, access: createAccess(root, credential), address, endReason: undefined }
      sessions.set(client, session)
      perDevice.set(credential.deviceId, (perDevice.get(credential.deviceId) ?? 0) + 1)
      tell(credential.deviceId, { event: 'connected', address })
      return session
    },
    of: (client) => sessions.get(client),
    isLast: ({ credential }) => (perDevice.get(credential.deviceId) ?? 0) <= 1,
    close(client, reason) {
      const session = sessions.get(client)
      if (session === undefined) return
      sessions.delete(client)
      const { deviceId } = session.credential
      const left = (perDevice.get(deviceId) ?? 1) - 1
      if (left > 0) return void perDevice.set(deviceId, left)
      perDevice.delete(deviceId)
      tell(deviceId, { event: 'disconnected', reason: session.endReason ?? reason })
    },
    all: () => sessions.values(),
    get size() {
      return sessions.size
    },
  }
}

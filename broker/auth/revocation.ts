import type { Logger } from 'pino'
import type { CredentialStatus, CredentialStore, DeviceCredential } from '../../contract/ports/credentials.ts'
import type { LiveSession, LiveSessions } from '../sessions/sessions.ts'

export interface Revocation {
  /** Registry changes heard of so far. */
  changes(): number
  /** Compares every live session with the registry, and cuts those whose key or certificate is not good any more. */
  refresh(): void
  stop(): void
}

export interface RevocationParts {
  credentials: CredentialStore
  sessions: LiveSessions
  /** Last credentials of devices of which something is known beyond their connection, were it only how much of their rate is used up. */
  kept: () => DeviceCredential[]
  /** Everything that is kept of a device which may not connect any more. */
  forget: (deviceId: string) => void
  log: Logger
}

/**
 * Cuts off within a second whoever's key has ended or was revoked, or who was removed. Of the revoked and removed nothing is
 * kept; whose key has ended comes back with another one.
 */
export function watchRevocations({ credentials, sessions, kept, forget, log }: RevocationParts): Revocation {
  let changes = 0

  function cut(session: LiveSession, standing: CredentialStatus): void {
    if (standing === 'good') return
    session.endReason = standing === 'ended' ? 'key-ended' : 'revoked'
    session.client.conn.destroy()
  }

  async function cutRevoked(): Promise<void> {
    const live = [...sessions.all()]
    const asked = new Set([...live.map(({ credential }) => credential), ...kept()])
    const standings = await credentials.judge([...asked])
    for (const session of live) cut(session, standings.get(session.credential) ?? 'revoked')
    for (const [{ deviceId }, standing] of standings) if (standing === 'revoked') forget(deviceId)
  }

  /** One look at a time: while a city reconnects there are many reasons for one, and each concerns all sessions. */
  let looking = false
  let again = false

  function refresh(): void {
    again = looking
    if (looking) return
    looking = true
    cutRevoked()
      .catch((error: unknown) => log.error({ err: error }, 'revoked devices could not be looked up'))
      .finally(() => {
        looking = false
        if (again) refresh()
      })
  }

  const stop = credentials.watch(() => {
    changes += 1
    refresh()
  })
  return { changes: () => changes, refresh, stop }
}

import type { Logger } from 'pino'
import type { DeviceCredential } from '../contract/ports/credentials.ts'
import type { JournalWriter } from '../contract/ports/journal.ts'
import { createRateLimits, type RateLimit } from './inbound/rate-limit.ts'
import type { Refusals } from './inbound/refusals.ts'
import type { BrokerLimits } from './options.ts'
import { createReleases } from './sessions/releases.ts'
import { inMemory, openSessionFile } from './sessions/session-file.ts'
import { createSessionStore, type SessionStore } from './sessions/session-store.ts'

export interface KeptDevicesParts {
  topicRoot: string
  limits: BrokerLimits
  journal: JournalWriter
  /** Absent: nothing outlives the process. */
  sessionsPath?: string | undefined
  refusals: Refusals
  log: Logger
}

/** What is kept of devices beyond their connections: their sessions, their last credentials, how much of their rate is used up. */
export interface KeptDevices {
  store: SessionStore
  rateLimitOf(deviceId: string): RateLimit
  /** As which each signed in last. */
  credentials(): DeviceCredential[]
  /** It will be let in: what is kept of a time before its last revocation goes first. */
  admitting(credential: DeviceCredential): void
  admitted(credential: DeviceCredential): void
  /** All of it; a live connection is not touched. */
  forget(deviceId: string): void
  /** Devices of which anything is in memory. */
  remembered(): string[]
}

export function openKeptDevices(parts: KeptDevicesParts): KeptDevices {
  const { topicRoot, limits, journal, sessionsPath, refusals, log } = parts
  const release = createReleases(journal)
  const opened = sessionsPath === undefined ? inMemory : openSessionFile({ path: sessionsPath, log })
  if (opened.damaged) refusals.count('sessions-damaged')
  const lastCredentials = new Map<string, DeviceCredential>()
  const store = createSessionStore({
    topicRoot,
    limits,
    refused: refusals.count,
    release,
    opened,
    credentialOf: (deviceId) => lastCredentials.get(deviceId),
    now: Date.now,
  })
  for (const credential of store.credentials()) lastCredentials.set(credential.deviceId, credential)
  const rateLimits = createRateLimits(limits, () => performance.now())

  function forget(deviceId: string): void {
    store.forget(deviceId)
    rateLimits.forget(deviceId)
    lastCredentials.delete(deviceId)
  }

  return {
    store,
    rateLimitOf: rateLimits.of,
    credentials: () => [...lastCredentials.values()],
    admitting({ deviceId, since }) {
      const before = lastCredentials.get(deviceId)
      if (before !== undefined && before.since !== since) forget(deviceId)
    },
    admitted(credential) {
      lastCredentials.set(credential.deviceId, credential)
    },
    forget,
    remembered: () => [...new Set([...lastCredentials.keys(), ...rateLimits.devices()])],
  }
}

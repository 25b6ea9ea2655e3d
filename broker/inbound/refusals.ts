import type { RefusedClient } from '../../contract/ports/control.ts'

/** What was turned away at the door, by reason; never acknowledged, so no part of the pipeline's balance. */
export interface Refusals {
  count(reason: RefusalReason, who?: Peer): void
  totals(): Record<string, number>
  /** Who was refused or held back, newest first. */
  clients(): RefusedClient[]
}

/** Who is at the other end, as far as it is known or claimed. */
export interface Peer {
  address: string
  /** Device id, or the user name that was claimed. */
  userName?: string | undefined
  clientId?: string | undefined
}

export type RefusalReason =
  | 'packet-too-large'
  | 'protocol-error'
  | 'malformed-text'
  | 'mqtt-5'
  | 'protocol-version'
  | 'bad-client-id'
  | 'bad-credentials'
  | 'login-throttled'
  | 'connect-timeout'
  | 'too-many-connections'
  | 'too-many-pending'
  | 'too-many-takeovers'
  | 'certificate-missing'
  | 'certificate-untrusted'
  | 'certificate-expired'
  | 'certificate-not-yet-valid'
  | 'certificate-revoked'
  | 'certificate-other-device'
  | 'certificate-unknown-device'
  | 'tls-failed'
  | 'foreign-topic'
  | 'unknown-topic'
  | 'topic-too-long'
  | 'topic-too-deep'
  | 'retained-too-large'
  | 'subscribe-denied'
  | 'publish-denied'
  | 'too-many-services'
  | 'rate-limited'
  | 'queue-full'
  | 'too-many-unreleased'
  | 'sessions-damaged'
  | 'journal-full'
  | 'not-reading'
  | 'hook-failed'

/** Most clients that are remembered; past it those that were quiet longest go. */
const maxClients = 200
/** Of what a stranger claims to be, so much is kept. */
const maxCharacters = 64

export function createRefusals(now: () => number): Refusals {
  const totals = new Map<string, number>()
  const clients = new Map<string, RefusedClient>()

  function remember(reason: RefusalReason, { address, userName = '', clientId = '' }: Peer): void {
    const who = { reason, userName: harmless(userName), clientId: harmless(clientId), address }
    const key = Object.values(who).join('\n')
    const count = (clients.get(key)?.count ?? 0) + 1
    // Put in anew, the order is that of the last time.
    clients.delete(key)
    clients.set(key, { ...who, count, lastAtMs: now() })
    if (clients.size <= maxClients) return
    for (const oldest of clients.keys()) {
      clients.delete(oldest)
      break
    }
  }

  return {
    count(reason, who) {
      totals.set(reason, (totals.get(reason) ?? 0) + 1)
      if (who !== undefined) remember(reason, who)
    },
    totals: () => Object.fromEntries(totals),
    clients: () => [...clients.values()].toReversed(),
  }
}

/** Text of a stranger that nobody's log or screen can take for anything else. */
function harmless(text: string): string {
  return text.slice(0, maxCharacters).replace(/[^\x20-\x7e]/g, '?')
}

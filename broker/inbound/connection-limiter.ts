import type { Duplex } from 'node:stream'
import type { PeerCertificate } from './peer-certificate.ts'
import type { RefusalReason } from './refusals.ts'

/** One connection, from its first byte on; pending until it has said who it is. */
export interface PendingConnection {
  readonly address: string
  /** Over TLS: what the other end showed, `undefined` for nothing. */
  readonly tls?: { certificate: PeerCertificate | undefined } | undefined
  /** It has said who it is, and is. */
  settle(): void
}

export interface DoorkeeperLimits {
  connectionsPerAddress: number
  /** Connections of all addresses that have not said who they are. */
  pendingConnections: number
  /** All connections together, so that the process keeps files for itself. */
  connections: number
}

export interface DoorkeeperParts {
  limits: DoorkeeperLimits
  refused(reason: RefusalReason, who: { address: string }): void
}

interface AtAddress {
  open: number
  /** Oldest first. */
  pending: Set<Duplex>
}

/**
 * Decides who may stand in the door. Where it is full, the oldest connection that has said nothing yet goes, of the
 * address that has most of them: whoever opens many harms himself, and a device that says who it is gets in.
 */
export function createConnectionLimiter({ limits, refused }: DoorkeeperParts) {
  const addresses = new Map<string, AtAddress>()
  let pending = 0
  let open = 0

  function sendAway(address: string, reason: RefusalReason): boolean {
    const [oldest] = addresses.get(address)?.pending ?? []
    if (oldest === undefined) return false
    refused(reason, { address })
    leavePending(address, oldest)
    oldest.destroy()
    return true
  }

  function leavePending(address: string, stream: Duplex): void {
    if (addresses.get(address)?.pending.delete(stream) === true) pending -= 1
  }

  function most(): string {
    let found = ''
    let size = 0
    for (const [address, entry] of addresses) {
      if (entry.pending.size <= size) continue
      size = entry.pending.size
      found = address
    }
    return found
  }

  /** True if there is room, or was made. */
  function makeRoom(address: string): boolean {
    const here = addresses.get(address)
    if (here !== undefined && here.open >= limits.connectionsPerAddress && !sendAway(address, 'too-many-connections'))
      return false
    if (pending >= limits.pendingConnections) return sendAway(most(), 'too-many-pending')
    return open < limits.connections || sendAway(most(), 'too-many-pending')
  }

  return {
    /** `undefined`: it was refused, and destroyed. */
    admit(stream: Duplex, address: string): PendingConnection | undefined {
      if (!makeRoom(address)) {
        refused('too-many-connections', { address })
        stream.on('error', () => undefined)
        stream.destroy()
        return undefined
      }
      const here = addresses.get(address) ?? { open: 0, pending: new Set<Duplex>() }
      addresses.set(address, here)
      here.open += 1
      here.pending.add(stream)
      open += 1
      pending += 1
      stream.once('close', () => {
        leavePending(address, stream)
        here.open -= 1
        open -= 1
        if (here.open === 0) addresses.delete(address)
      })
      return { address, settle: () => leavePending(address, stream) }
    },
  }
}

export type ConnectionLimiter = ReturnType<typeof createConnectionLimiter>

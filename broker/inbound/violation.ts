import type { RefusalReason } from './refusals.ts'

/** What a packet broke; the connection ends with it. */
export interface Violation {
  reason: RefusalReason
  /** For the log; never text of the peer. */
  detail: string
  /** Return code of the CONNACK that is due before the end, where the specification asks for one. */
  connack?: 1 | 2
  /** As the peer wrote it, where it is worth knowing who this is. */
  clientId?: string
}

export function violation(reason: RefusalReason, detail: string, connack?: 1 | 2): Violation {
  return connack === undefined ? { reason, detail } : { reason, detail, connack }
}

export function malformed(detail: string): Violation {
  return { reason: 'protocol-error', detail }
}

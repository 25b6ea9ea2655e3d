import { createHash } from 'node:crypto'

/** A record as it stands in the table. Times are ms since 1970 UTC; `detail` is JSON, kept as the text that was hashed. */
export interface AuditRow {
  seq: number
  at_ms: number
  actor: string
  action: string
  target: string | null
  detail: string
  /** Hash of the record before. */
  previous: Uint8Array
  hash: Uint8Array
  /** Ed25519 over `hash`: who can write the table, but has not the key, cannot make a record. */
  signature: Uint8Array
}

/** What the first record has before it. */
export const genesis: Uint8Array = Buffer.alloc(32)

/** The encoding that is hashed: this name, then every field in this order, as one JSON array in UTF-8. */
const encoding = 'bcc-audit-1'

/** SHA-256 over the hash of the record before and the canonical encoding of this one. */
export function hashOf(row: Omit<AuditRow, 'hash' | 'signature'>): Uint8Array {
  const { seq, at_ms, actor, action, target, detail, previous } = row
  const text = JSON.stringify([encoding, seq, at_ms, actor, action, target, detail])
  return createHash('sha256').update(previous).update(text, 'utf8').digest()
}

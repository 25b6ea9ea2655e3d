import { iso } from '../../../contract/time.ts'
import { type Anchor, writeAnchor } from './anchor-file.ts'
import type { AuditLog } from './audit-log.ts'
import type { AuditSigner } from './signer.ts'

export interface AnchoringParts {
  audit: AuditLog
  signer: AuditSigner
  /** Where anchors are appended: a place that outlives the database, at best on another disk. */
  anchorFile: string
  now: () => number
}

/**
 * Appends what stands for the whole log to its second place, unless `last` says the same already.
 * @returns The newest anchor; `null` while the log is empty. Throws when the place is away or full.
 */
export async function anchorHead(parts: AnchoringParts, last: Anchor | null): Promise<Anchor | null> {
  const { audit, signer, anchorFile, now } = parts
  const head = await audit.head()
  if (head === undefined) return last
  const anchor = { at: iso(now()), count: head.count, head: Buffer.from(head.hash).toString('hex') }
  if (last?.count === anchor.count && last.head === anchor.head) return last
  writeAnchor(anchorFile, anchor, signer)
  return anchor
}

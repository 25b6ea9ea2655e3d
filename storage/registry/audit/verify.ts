import type { Anchor, AnchorLines } from './anchor-file.ts'
import type { AuditLog } from './audit-log.ts'
import { type AuditRow, genesis, hashOf } from './record.ts'
import type { AuditVerifier } from './signer.ts'

export type AuditFaultKind = 'changed' | 'missing' | 'put-in' | 'exchanged' | 'anchor-forged'

export interface AuditFault {
  kind: AuditFaultKind
  /** The first record that is not as it was written; for a forged anchor its line. */
  seq: number
  sentence: string
}

export interface AuditVerdict {
  /** Records that are there. */
  records: number
  /** Anchors that were compared. */
  anchors: number
  /** Up to this record the log cannot have been cut or exchanged; null without an anchor. */
  anchoredTo: number | null
  head: string | null
  fault: AuditFault | null
}

export interface VerifyParts {
  audit: Pick<AuditLog, 'after' | 'at' | 'head'>
  signer: AuditVerifier
  /** Read before the records: what is appended meanwhile is no fault. */
  anchorLines: AnchorLines
}

const rowsPerRead = 1000

/**
 * Walks through the whole log and says which record is the first that was changed, cut, put in or exchanged.
 * A record alone is proved by its signature, its place by the hash of the one before, the end by the anchors.
 */
export async function verifyAudit(parts: VerifyParts): Promise<AuditVerdict> {
  const { anchors, badLine } = parts.anchorLines
  const anchored = new Map<number, Anchor>()
  // The first one of a count: a log that was cut and has grown again gets a second one, which agrees.
  for (const anchor of anchors) if (!anchored.has(anchor.count)) anchored.set(anchor.count, anchor)
  const anchoredTo = Math.max(0, ...anchored.keys())
  const { last, fault } = await walk(parts, anchored)
  const records = last?.seq ?? 0
  const cut = records < anchoredTo ? cutOff(records, anchoredTo) : null
  return {
    records,
    anchors: anchored.size,
    anchoredTo: anchored.size === 0 ? null : anchoredTo,
    head: last === undefined ? null : Buffer.from(last.hash).toString('hex'),
    fault: fault ?? cut ?? (badLine === undefined ? null : forgedAnchor(badLine)),
  }
}

interface Walked {
  last: AuditRow | undefined
  fault: AuditFault | null
}

async function walk({ audit, signer }: VerifyParts, anchored: ReadonlyMap<number, Anchor>): Promise<Walked> {
  let last: AuditRow | undefined
  for (;;) {
    const rows = await readAfter(audit, last?.seq)
    if (rows === undefined) return { last, fault: changed((last?.seq ?? 0) + 1) }
    for (const row of rows) {
      const fault = faultOf(row, last, signer) ?? anchorFault(row, anchored)
      if (fault !== null) return { last, fault }
      last = row
    }
    if (rows.length === 0) return { last, fault: null }
  }
}

/** `undefined` when a row cannot even be read, as with a number that is too large for one. */
async function readAfter(audit: VerifyParts['audit'], seq: number | undefined): Promise<AuditRow[] | undefined> {
  const from = seq ?? Number.MIN_SAFE_INTEGER
  try {
    return await audit.after(from, rowsPerRead)
  } catch {
    const next = await audit.at((seq ?? 0) + 1).catch(() => undefined)
    return next === undefined ? undefined : [next]
  }
}

function faultOf(row: AuditRow, before: AuditRow | undefined, signer: AuditVerifier): AuditFault | null {
  const expected = (before?.seq ?? 0) + 1
  if (row.seq < expected) return putIn(row.seq)
  if (row.seq > expected) {
    return { kind: 'missing', seq: expected, sentence: `Record ${expected} is missing; ${row.seq} comes next.` }
  }
  if (!sameBytes(row.hash, hashOf(row))) return changed(row.seq)
  if (!isSigned(row, signer)) return putIn(row.seq)
  if (!sameBytes(row.previous, before?.hash ?? genesis)) {
    const seq = Math.max(1, row.seq - 1)
    return {
      kind: 'exchanged',
      seq,
      sentence: `Record ${seq} is not the one that record ${row.seq} was written after.`,
    }
  }
  return null
}

function anchorFault(row: AuditRow, anchored: ReadonlyMap<number, Anchor>): AuditFault | null {
  const anchor = anchored.get(row.seq)
  if (anchor === undefined || anchor.head === Buffer.from(row.hash).toString('hex')) return null
  const agreed = Math.max(0, ...[...anchored.keys()].filter((count) => count < row.seq))
  const sentence = `From record ${agreed + 1} on the log was exchanged, at the latest at record ${row.seq}: the anchor of ${anchor.at} disagrees.`
  return { kind: 'exchanged', seq: agreed + 1, sentence }
}

function isSigned(row: AuditRow, signer: AuditVerifier): boolean {
  try {
    return signer.matches(row.hash, row.signature)
  } catch (error) {
    // A signature of another type or length; but without a key nothing can be said.
    if (Object(error).code === 'ENOENT') throw error
    return false
  }
}

function sameBytes(one: unknown, other: Uint8Array): boolean {
  return one instanceof Uint8Array && Buffer.compare(one, other) === 0
}

function changed(seq: number): AuditFault {
  return { kind: 'changed', seq, sentence: `Record ${seq} was changed.` }
}

function putIn(seq: number): AuditFault {
  return { kind: 'put-in', seq, sentence: `Record ${seq} was put in by somebody who has not the key.` }
}

function cutOff(records: number, anchoredTo: number): AuditFault {
  const seq = records + 1
  const sentence = `Record ${seq} is missing: the end was cut off, an anchor names ${anchoredTo} records.`
  return { kind: 'missing', seq, sentence }
}

function forgedAnchor(line: number): AuditFault {
  return { kind: 'anchor-forged', seq: line, sentence: `Line ${line} of the anchors is not signed by this key.` }
}

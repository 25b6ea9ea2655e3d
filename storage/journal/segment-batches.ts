import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { JournalBatch } from '../../contract/ports/journal.ts'
import { isDamageOfOwn } from '../damage.ts'
import { readFrames } from './frame.ts'
import { localPartition } from './local-partition.ts'
import { judgeSeal } from './seal.ts'
import type { SegmentFile } from './segment.ts'

export interface BoundedSegment extends SegmentFile {
  /** First batch of the next segment: whatever this one holds from there on was never acknowledged. */
  nextSeq: number
}

/** A segment that is open for reading. */
export interface ReadableSegment {
  file: BoundedSegment
  db: DatabaseSync
  /** Of {@link selectBehind}. */
  behind: StatementSync
  /** Up to here nothing more can be read. */
  skipTo: number
}

/** The batches of a segment behind `after`, up to about `maxBytes`; those that can be found, where it is damaged. */
export type ReadBatches = (from: ReadableSegment, after: number, maxBytes: number) => JournalBatch[]

class OutOfOrderError extends Error {}

const columns = 'seq, entries, readings, cum, crc, body'
const byNumber = `SELECT ${columns} FROM batch WHERE seq = ?`
/** Numbers that are tried one by one behind a damaged place, where nothing tells how many there were. */
const maxTried = 200_000

/** The rows behind one number and before another. */
export function selectBehind(db: DatabaseSync): StatementSync {
  return db.prepare(`SELECT ${columns} FROM batch WHERE seq > ? AND seq < ? ORDER BY seq`)
}

/** @param noteDamage Told of what in a segment could not be read. */
export function createBatchReading(noteDamage: (file: BoundedSegment, error: unknown) => void): ReadBatches {
  function fromSegment(from: ReadableSegment, after: number, maxBytes: number): JournalBatch[] {
    const batches: JournalBatch[] = []
    try {
      takeRows(from, after, maxBytes, batches)
    } catch (error) {
      if (!(error instanceof OutOfOrderError || isDamageOfOwn(error))) throw error
      noteDamage(from.file, error)
      if (batches.length === 0) return pastDamage(from, after)
    }
    return batches
  }

  function takeRows(from: ReadableSegment, after: number, maxBytes: number, batches: JournalBatch[]): void {
    let bytes = 0
    let last = Math.max(after, from.skipTo, from.file.firstSeq - 1)
    for (const row of from.behind.iterate(last, from.file.nextSeq)) {
      const batch = nextBatch(from, row, last)
      if (batch !== undefined) batches.push(batch)
      last = batch?.seq ?? last
      bytes += bodyOf(row).byteLength
      if (bytes >= maxBytes && batches.length > 0) return
    }
  }

  /**
   * Numbers follow one another, but where a damaged page points at the wrong one, rows come twice, or before those that
   * they come after. @throws OutOfOrderError where batches of before can be found by their numbers.
   */
  function nextBatch(from: ReadableSegment, row: Record<string, unknown>, last: number): JournalBatch | undefined {
    const batch = toBatch(row)
    if (batch === undefined || batch.seq <= last) {
      noteDamage(from.file, new Error(`behind ${last}: the numbers of a batch are not sound`))
      return undefined
    }
    if (isAnyBetween(from.db, last, batch.seq)) throw new OutOfOrderError(`batch ${batch.seq} comes behind ${last}`)
    return batch
  }

  /** Behind a damaged page a batch can often still be found by its number. */
  function pastDamage(from: ReadableSegment, after: number): JournalBatch[] {
    const { db, file } = from
    const one = db.prepare(byNumber)
    const last = Math.min(lastSeq(db) ?? after + maxTried, file.nextSeq - 1, Math.max(after, from.skipTo) + maxTried)
    for (let seq = Math.max(after, from.skipTo) + 1; seq <= last; seq += 1) {
      const batch = tryRow(() => one.get(seq))
      if (batch !== undefined) return [batch]
      from.skipTo = seq
    }
    return []
  }

  return fromSegment
}

function bodyOf({ body }: Record<string, unknown>): Uint8Array {
  return body instanceof Uint8Array ? body : new Uint8Array()
}

function toBatch(row: Record<string, unknown>): JournalBatch | undefined {
  const body = bodyOf(row)
  const [seq, entries, readings, cum] = [row.seq, row.entries, row.readings, row.cum].map(Number) as [
    number,
    number,
    number,
    number,
  ] // four in, four out
  const verdict = judgeSeal(row.crc, { seq, entries, readings, cum }, body)
  if (verdict === 'header') return undefined
  return { partition: localPartition, seq, cum, readings, entries: verdict === 'sound' ? readFrames(body) : undefined }
}

function isAnyBetween(db: DatabaseSync, after: number, before: number): boolean {
  if (before === after + 1) return false
  const one = db.prepare(byNumber)
  for (let seq = after + 1; seq < Math.min(before, after + maxTried); seq += 1) {
    if (tryRow(() => one.get(seq)) !== undefined) return true
  }
  return false
}

/** `undefined` for a row that is not there, and for one that is damaged. */
function tryRow(read: () => Record<string, unknown> | undefined): JournalBatch | undefined {
  try {
    const row = read()
    return row && toBatch(row)
  } catch (error) {
    if (isDamageOfOwn(error)) return undefined
    throw error
  }
}

function lastSeq(db: DatabaseSync): number | undefined {
  try {
    return Number(db.prepare('SELECT max(seq) AS seq FROM batch').get()?.seq ?? 0)
  } catch (error) {
    if (isDamageOfOwn(error)) return undefined
    throw error
  }
}

import { mkdirSync, statSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { JournalBatch, JournalDamage, JournalPosition } from '../../contract/ports/journal.ts'
import { isDamageOfOwn } from '../damage.ts'
import { readFrames } from './frame.ts'
import { writeConsumed } from './hints.ts'
import { localPartition } from './local-partition.ts'
import { judgeSeal } from './seal.ts'
import {
  isComplete,
  journalHead,
  journalTail,
  listDamaged,
  listSegments,
  type SegmentFile,
  setAside,
} from './segment.ts'

interface Bounded extends SegmentFile {
  /** First batch of the next segment: whatever this one holds from there on was never acknowledged. */
  nextSeq: number
}

interface Open {
  file: Bounded
  inode: number
  db: DatabaseSync
  behind: StatementSync
  /** Up to here nothing more can be read. */
  skipTo: number
}

interface ReaderOptions {
  onDamage?: (damage: Omit<JournalDamage, 'partition'>) => void
}

/** Reads one folder of segments; see `JournalReader` for what its members promise. */
export interface SegmentReader {
  read(after: number, maxBytes: number): JournalBatch[]
  commit(seq: number): void
  head(): JournalPosition | undefined
  tail(): JournalPosition | undefined
  close(): void
}

class OutOfOrderError extends Error {}

const columns = 'seq, entries, readings, cum, crc, body'
const byNumber = `SELECT ${columns} FROM batch WHERE seq = ?`
/** Numbers that are tried one by one behind a damaged place, where nothing tells how many there were. */
const maxTried = 200_000

/** Opens a folder of segments beside its writer, in another process or thread; writes nothing but the hint of `commit`. */
export function openSegmentReader(dir: string, { onDamage }: ReaderOptions = {}): SegmentReader {
  mkdirSync(dir, { recursive: true })
  const damaged = new Map<string, Bounded>()
  let open: Open | undefined

  function close(): void {
    open?.db.close()
    open = undefined
  }

  function noteDamage(file: Bounded, error: unknown): void {
    if (!damaged.has(file.path)) onDamage?.({ path: file.path, error })
    damaged.set(file.path, file)
  }

  /** `undefined` while the writer is still making the file, and for one that is damaged from its first page on. */
  function openAt(file: Bounded): Open | undefined {
    const inode = statSync(file.path, { throwIfNoEntry: false })?.ino
    if (inode === undefined) return undefined
    if (open?.file.path === file.path && open.inode === inode) {
      open.file = file
      return open
    }
    close()
    let db: DatabaseSync | undefined
    try {
      db = new DatabaseSync(file.path, { readOnly: true, timeout: 5000 })
      if (isComplete(db)) {
        const behind = db.prepare(`SELECT ${columns} FROM batch WHERE seq > ? AND seq < ? ORDER BY seq`)
        open = { file, inode, db, behind, skipTo: 0 }
        return open
      }
    } catch (error) {
      if (!isDamageOfOwn(error)) throw error
      noteDamage(file, error)
    }
    db?.close()
    return undefined
  }

  /** The segments that hold what comes behind `after`, oldest first. */
  function segmentsBehind(after: number): Bounded[] {
    const segments = listSegments(dir).map((file, index, all) => {
      return { ...file, nextSeq: all[index + 1]?.firstSeq ?? Number.MAX_SAFE_INTEGER }
    })
    const first = segments.findLastIndex((segment) => segment.firstSeq <= after + 1)
    return segments.slice(Math.max(0, first))
  }

  function fromSegment(from: Open, after: number, maxBytes: number): JournalBatch[] {
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

  function takeRows(from: Open, after: number, maxBytes: number, batches: JournalBatch[]): void {
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
  function nextBatch(from: Open, row: Record<string, unknown>, last: number): JournalBatch | undefined {
    const batch = toBatch(row)
    if (batch === undefined || batch.seq <= last) {
      noteDamage(from.file, new Error(`behind ${last}: the numbers of a batch are not sound`))
      return undefined
    }
    if (isAnyBetween(from.db, last, batch.seq)) throw new OutOfOrderError(`batch ${batch.seq} comes behind ${last}`)
    return batch
  }

  /** Behind a damaged page a batch can often still be found by its number. */
  function pastDamage(from: Open, after: number): JournalBatch[] {
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

  /** A damaged segment behind which all was taken leaves the journal before the writer unlinks it. */
  function setPassedAside(after: number): void {
    for (const [path, { nextSeq }] of damaged) {
      if (after < nextSeq) continue
      damaged.delete(path)
      if (open?.file.path === path) close()
      onDamage?.({ path, keptAs: setAside(path, listDamaged(dir)) })
    }
  }

  /** Segments passed on the way to this one are bounded by it, also where they were the newest when they were opened. */
  function boundPassed(by: SegmentFile): void {
    for (const passed of damaged.values()) {
      if (by.firstSeq > passed.firstSeq) passed.nextSeq = Math.min(passed.nextSeq, by.firstSeq)
    }
  }

  function fromListed(after: number, maxBytes: number): JournalBatch[] {
    for (const file of segmentsBehind(after)) {
      const from = openAt(file)
      const batches = from === undefined ? [] : fromSegment(from, after, maxBytes)
      if (batches.length === 0) continue
      boundPassed(file)
      return batches
    }
    return []
  }

  return {
    read(after, maxBytes) {
      if (damaged.size > 0) setPassedAside(after)
      // While the open segment goes on giving, the folder need not be listed.
      const batches = open !== undefined && open.file.firstSeq <= after + 1 ? fromSegment(open, after, maxBytes) : []
      return batches.length > 0 ? batches : fromListed(after, maxBytes)
    },
    commit: (seq) => writeConsumed(dir, seq),
    head: () => journalHead(dir),
    tail: () => journalTail(dir),
    close,
  }
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

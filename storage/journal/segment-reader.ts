import { mkdirSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { JournalBatch, JournalDamage, JournalPosition } from '../../contract/ports/journal.ts'
import { isDamageOfOwn } from '../damage.ts'
import { writeConsumed } from './hints.ts'
import {
  isComplete,
  journalHead,
  journalTail,
  listDamaged,
  listSegments,
  type SegmentFile,
  setAside,
} from './segment.ts'
import { type BoundedSegment, createBatchReading, type ReadableSegment, selectBehind } from './segment-batches.ts'

interface Open extends ReadableSegment {
  inode: number
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

/** Opens a folder of segments beside its writer, in another process or thread; writes nothing but the hint of `commit`. */
export function openSegmentReader(dir: string, { onDamage }: ReaderOptions = {}): SegmentReader {
  mkdirSync(dir, { recursive: true })
  const damaged = new Map<string, BoundedSegment>()
  const readBatches = createBatchReading(noteDamage)
  let open: Open | undefined

  function close(): void {
    open?.db.close()
    open = undefined
  }

  function noteDamage(file: BoundedSegment, error: unknown): void {
    if (!damaged.has(file.path)) onDamage?.({ path: file.path, error })
    damaged.set(file.path, file)
  }

  /** `undefined` while the writer is still making the file, and for one that is damaged from its first page on. */
  function openAt(file: BoundedSegment): Open | undefined {
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
        open = { file, inode, db, behind: selectBehind(db), skipTo: 0 }
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
  function segmentsBehind(after: number): BoundedSegment[] {
    const segments = listSegments(dir).map((file, index, all) => {
      return { ...file, nextSeq: all[index + 1]?.firstSeq ?? Number.MAX_SAFE_INTEGER }
    })
    const first = segments.findLastIndex((segment) => segment.firstSeq <= after + 1)
    return segments.slice(Math.max(0, first))
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
      const batches = from === undefined ? [] : readBatches(from, after, maxBytes)
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
      const batches = open !== undefined && open.file.firstSeq <= after + 1 ? readBatches(open, after, maxBytes) : []
      return batches.length > 0 ? batches : fromListed(after, maxBytes)
    },
    commit: (seq) => writeConsumed(dir, seq),
    head: () => journalHead(dir),
    tail: () => journalTail(dir),
    close,
  }
}

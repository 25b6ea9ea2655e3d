import { mkdirSync, statSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import type { JournalEntry } from '../../contract/ports.ts'
import { readFrames } from './frame.ts'
import { isComplete, journalHead, journalTail, listSegments, type SegmentFile, type SegmentTail } from './segment.ts'

export interface JournalBatch {
  seq: number
  /** Readings since the first start, up to and with this batch, as the writer counted them. */
  cum: number
  readings: number
  /** `undefined`: the body on disk is not what was written (CRC); its readings are lost and have to be counted so. */
  entries: JournalEntry[] | undefined
}

export interface JournalReader {
  /** Batches behind `after`, in order, about `mostBytes` at a time. Empty: there is nothing new. */
  read(after: number, mostBytes: number): JournalBatch[]
  /** The batch before the oldest that is still there. `undefined`: there is no journal yet. */
  head(): SegmentTail | undefined
  /** The newest batch. `undefined`: there is no journal yet. */
  tail(): SegmentTail | undefined
  close(): void
}

interface Bounded extends SegmentFile {
  /** First batch of the next segment: whatever this one holds from there on was never acknowledged. */
  nextSeq: number
}

interface Open {
  file: Bounded
  inode: number
  db: DatabaseSync
  select: StatementSync
}

/** Reads the journal beside its writer, in another process or thread. Never writes. */
export function openJournalReader(dir: string): JournalReader {
  mkdirSync(dir, { recursive: true })
  let open: Open | undefined

  /** `undefined` while the writer is still making the file. */
  function openAt(file: Bounded): Open | undefined {
    const inode = statSync(file.path, { throwIfNoEntry: false })?.ino
    if (inode === undefined) return undefined
    if (open?.file.path === file.path && open.inode === inode) return open
    open?.db.close()
    open = undefined
    const db = new DatabaseSync(file.path, { readOnly: true, timeout: 5000 })
    if (!isComplete(db)) {
      db.close()
      return undefined
    }
    const select = db.prepare('SELECT seq, cum, readings, crc, body FROM batch WHERE seq > ? AND seq < ? ORDER BY seq')
    open = { file, inode, db, select }
    return open
  }

  /** The segments that hold what comes behind `after`, oldest first. */
  function segmentsBehind(after: number): Bounded[] {
    const segments = listSegments(dir).map((file, index, all) => {
      return { ...file, nextSeq: all[index + 1]?.firstSeq ?? Number.MAX_SAFE_INTEGER }
    })
    const first = segments.findLastIndex((segment) => segment.firstSeq <= after + 1)
    return segments.slice(Math.max(0, first))
  }

  function fromSegment(from: Open | undefined, after: number, mostBytes: number): JournalBatch[] {
    const batches: JournalBatch[] = []
    let bytes = 0
    for (const row of from?.select.iterate(after, from.file.nextSeq) ?? []) {
      const body = row.body instanceof Uint8Array ? row.body : new Uint8Array()
      batches.push({
        seq: Number(row.seq),
        cum: Number(row.cum),
        readings: Number(row.readings),
        entries: crc32(body) === row.crc ? readFrames(body) : undefined,
      })
      bytes += body.byteLength
      if (bytes >= mostBytes) break
    }
    return batches
  }

  return {
    read(after, mostBytes) {
      // While the open segment goes on giving, the folder need not be listed.
      if (open !== undefined && open.file.firstSeq <= after + 1) {
        const batches = fromSegment(open, after, mostBytes)
        if (batches.length > 0) return batches
      }
      for (const file of segmentsBehind(after)) {
        const batches = fromSegment(openAt(file), after, mostBytes)
        if (batches.length > 0) return batches
      }
      return []
    },
    head: () => journalHead(dir),
    tail: () => journalTail(dir),
    close() {
      open?.db.close()
      open = undefined
    },
  }
}

import { existsSync, mkdirSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import type { JournalEntry } from '../../contract/ports.ts'
import { readFrames } from './frame.ts'
import { listSegments, type SegmentFile, segmentTail } from './segment.ts'

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
  /** Readings ever written, and when the oldest batch behind `after` was (ms; null: none). */
  tail(after: number): { cum: number; oldestMs: number | null }
  close(): void
}

interface Open {
  file: SegmentFile
  db: DatabaseSync
  select: StatementSync
}

/** Reads the journal beside its writer, in another process or thread. Never writes. */
export function openJournalReader(dir: string): JournalReader {
  mkdirSync(dir, { recursive: true })
  let open: Open | undefined

  /** `undefined` while the writer is still making the file. */
  function openAt(file: SegmentFile): Open | undefined {
    if (open?.file.path === file.path) return open
    open?.db.close()
    open = undefined
    const db = new DatabaseSync(file.path, { readOnly: true, timeout: 5000 })
    if (!hasTables(db)) {
      db.close()
      return undefined
    }
    const select = db.prepare('SELECT seq, cum, readings, crc, body FROM batch WHERE seq > ? ORDER BY seq')
    open = { file, db, select }
    return open
  }

  /** The segments that hold what comes behind `after`, oldest first. */
  function segmentsBehind(after: number): SegmentFile[] {
    const segments = listSegments(dir)
    const first = segments.findLastIndex((segment) => segment.firstSeq <= after + 1)
    return segments.slice(Math.max(0, first))
  }

  function fromSegment(file: SegmentFile, after: number, mostBytes: number): JournalBatch[] {
    const batches: JournalBatch[] = []
    let bytes = 0
    for (const row of openAt(file)?.select.iterate(after) ?? []) {
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
        const batches = fromSegment(open.file, after, mostBytes)
        if (batches.length > 0) return batches
      }
      for (const file of segmentsBehind(after)) {
        const batches = fromSegment(file, after, mostBytes)
        if (batches.length > 0) return batches
      }
      return []
    },
    tail(after) {
      const newest = listSegments(dir).at(-1)
      if (newest === undefined || !existsSync(newest.path)) return { cum: 0, oldestMs: null }
      const db = new DatabaseSync(newest.path, { readOnly: true, timeout: 5000 })
      try {
        if (!hasTables(db)) return { cum: 0, oldestMs: null }
        const { cum } = segmentTail(db, newest.firstSeq)
        const oldest = db.prepare('SELECT at FROM batch WHERE seq > ? ORDER BY seq LIMIT 1').get(after)
        return { cum, oldestMs: oldest === undefined ? null : Number(oldest.at) }
      } finally {
        db.close()
      }
    },
    close() {
      open?.db.close()
      open = undefined
    },
  }
}

function hasTables(db: DatabaseSync): boolean {
  const found = db.prepare("SELECT count(*) AS n FROM sqlite_master WHERE name IN ('batch', 'origin')").get()
  return found?.n === 2
}

import type { JournalPosition } from '../../contract/ports/journal.ts'
import { isDamageOfOwn } from '../damage.ts'
import { readTailHint } from './hints.ts'
import { findResumePoint, segmentBehind } from './resume-point.ts'
import { sealOf } from './seal.ts'
import { openSegment, type SegmentFile, segmentTail } from './segment.ts'

export interface PackedBatch {
  entries: number
  readings: number
  body: Uint8Array<ArrayBuffer>
}

/** The one segment that is written. */
export interface ActiveSegment {
  file: SegmentFile
  /** The newest batch that is on disk. */
  readonly tail: JournalPosition
  /** All of them in one transaction; when it returns they are on disk, when it throws none of them counts. */
  commit(batches: readonly PackedBatch[]): void
  close(): void
}

/** `startCum` counts for a segment that has no beginning of its own yet. */
export function openActive(file: SegmentFile, startCum: number): ActiveSegment {
  const db = openSegment(file.path, startCum)
  const insert = db.prepare(
    'INSERT INTO batch (seq, entries, readings, cum, at, crc, body) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  let tail = segmentTail(db, file.firstSeq)

  function insertAll(batches: readonly PackedBatch[]): JournalPosition {
    let { seq, cum } = tail
    const nowMs = Date.now()
    for (const { entries, readings, body } of batches) {
      seq += 1
      cum += readings
      insert.run(seq, entries, readings, cum, nowMs, sealOf({ seq, entries, readings, cum }, body), body)
    }
    return { seq, cum }
  }

  return {
    file,
    get tail() {
      return tail
    },
    commit(batches) {
      db.exec('BEGIN IMMEDIATE')
      try {
        const reached = insertAll(batches)
        db.exec('COMMIT')
        tail = reached
      } catch (error) {
        if (db.isTransaction) db.exec('ROLLBACK')
        throw error
      }
    },
    close: () => db.close(),
  }
}

/** Goes on where the last writer ended. A newest segment that can no longer be written is followed by a new one. */
export function beginWriting(dir: string): ActiveSegment {
  const { file, startCum } = findResumePoint(dir)
  try {
    return openActive(file, startCum)
  } catch (error) {
    if (!isDamageOfOwn(error)) throw error
    return openActive(segmentBehind(dir, file.firstSeq), Math.max(startCum, readTailHint(dir).cum))
  }
}

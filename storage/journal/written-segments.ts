import { existsSync } from 'node:fs'
import type { JournalPosition } from '../../contract/ports/journal.ts'
import { makeFolder } from '../sync-folder.ts'
import { beginWriting, openActive, type PackedBatch } from './active-segment.ts'
import { readConsumed, writeTailHint } from './hints.ts'
import { listSegments, removeSegment, segmentBytes, segmentPath } from './segment.ts'

/** The segments of a folder, as their only writer has them: the newest is written, those before it go when they are read. */
export interface WrittenSegments {
  /** All of them in one transaction; when it returns they are on disk, when it throws none of them counts. */
  commit(batches: readonly PackedBatch[]): void
  /** The newest batch that is on disk. */
  tail(): JournalPosition
  /** Bytes of all segments on disk, about. */
  bytes(): number
  /** Of the one that is written. */
  activeBytes(): number
  /** Goes on in a new segment; where none can be made it throws, and the old one goes on. */
  rotate(): void
  /** Unlinks what ingest has read. */
  clean(): void
  /** Tells the next writer how far this one has come. */
  noteTail(): void
  close(): void
}

/** Goes on where the last writer ended. */
export function openWrittenSegments(dir: string): WrittenSegments {
  let active = beginWriting(dir)
  let totalBytes = allBytes(dir)
  let activeBytes = segmentBytes(active.file)
  let noted = 0

  function rotate(): void {
    const { seq, cum } = active.tail
    const next = { path: segmentPath(dir, seq + 1), firstSeq: seq + 1 }
    const previous = active
    try {
      active = openActive(next, cum)
    } catch (error) {
      // A file that is half made would bound the one before, which goes on.
      removeSegment(next)
      throw error
    }
    activeBytes = segmentBytes(active.file)
    previous.close()
  }

  function noteTail(): void {
    if (noted === active.tail.seq) return
    try {
      writeTailHint(dir, active.tail)
      noted = active.tail.seq
    } catch {
      // Only a hint, and the disk may be full.
    }
  }

  return {
    commit(batches) {
      active.commit(batches)
      for (const { body } of batches) {
        totalBytes += body.byteLength
        activeBytes += body.byteLength
      }
    },
    tail: () => active.tail,
    bytes: () => totalBytes,
    activeBytes: () => activeBytes,
    rotate,
    clean() {
      // Files that somebody took away can still be written, but never again be read.
      if (!existsSync(active.file.path)) {
        makeFolder(dir)
        rotate()
      }
      noteTail()
      const consumed = readConsumed(dir)
      const segments = listSegments(dir)
      for (const [index, segment] of segments.entries()) {
        const next = segments[index + 1]
        if (next !== undefined && next.firstSeq <= consumed + 1) removeSegment(segment)
      }
      totalBytes = allBytes(dir)
    },
    noteTail,
    close: () => active.close(),
  }
}

function allBytes(dir: string): number {
  return listSegments(dir).reduce((sum, segment) => sum + segmentBytes(segment), 0)
}

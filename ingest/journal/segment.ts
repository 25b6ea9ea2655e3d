import { readdirSync, statSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * A journal is a folder of segments, each one SQLite file named after its first batch. Only the newest is written.
 * A segment whose batches were all consumed is unlinked, which gives the disk its space back at once.
 */

const namePattern = /^journal-(\d{15})\.db$/

export interface SegmentFile {
  path: string
  firstSeq: number
}

/** Oldest first. */
export function listSegments(dir: string): SegmentFile[] {
  return readdirSync(dir)
    .flatMap((name) => {
      const digits = namePattern.exec(name)?.[1]
      return digits === undefined ? [] : [{ path: join(dir, name), firstSeq: Number(digits) }]
    })
    .sort((a, b) => a.firstSeq - b.firstSeq)
}

export function segmentPath(dir: string, firstSeq: number): string {
  return join(dir, `journal-${String(firstSeq).padStart(15, '0')}.db`)
}

/** Bytes on disk with its write-ahead log. */
export function segmentBytes({ path }: SegmentFile): number {
  return [path, `${path}-wal`].reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0)
}

export function removeSegment({ path }: SegmentFile): void {
  for (const file of [path, `${path}-wal`, `${path}-shm`]) {
    if (statSync(file, { throwIfNoEntry: false }) !== undefined) unlinkSync(file)
  }
}

/**
 * Opens a segment for writing. `synchronous = FULL` syncs the write-ahead log at every commit: a commit that
 * returned is on disk (https://sqlite.org/pragma.html#pragma_synchronous).
 */
export function openSegment(path: string, startCum: number): DatabaseSync {
  const db = new DatabaseSync(path)
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA busy_timeout = 5000;
    CREATE TABLE IF NOT EXISTS origin (cum INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS batch (
      seq INTEGER PRIMARY KEY, entries INTEGER NOT NULL, readings INTEGER NOT NULL, cum INTEGER NOT NULL,
      at INTEGER NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL
    );
  `)
  if (db.prepare('SELECT count(*) AS n FROM origin').get()?.n === 0) {
    db.prepare('INSERT INTO origin (cum) VALUES (?)').run(startCum)
  }
  return db
}

export interface SegmentTail {
  /** Last batch; one less than the segment's first when it is empty. */
  seq: number
  /** Readings in all batches since the first start, up to and with that one. */
  cum: number
}

export function segmentTail(db: DatabaseSync, firstSeq: number): SegmentTail {
  const last = db.prepare('SELECT seq, cum FROM batch ORDER BY seq DESC LIMIT 1').get()
  if (last !== undefined) return { seq: Number(last.seq), cum: Number(last.cum) }
  return { seq: firstSeq - 1, cum: Number(db.prepare('SELECT cum FROM origin').get()?.cum ?? 0) }
}

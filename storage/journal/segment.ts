import { existsSync, readdirSync, renameSync, rmSync, statSync, unlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { JournalPosition } from '../../contract/ports/journal.ts'
import { isDamageOfOwn } from '../damage.ts'
import { syncFolder } from '../sync-folder.ts'

/**
 * A journal is a folder of segments, each one SQLite file named after its first batch. Only the newest is written.
 * A segment whose batches were all consumed is unlinked, which gives the disk its space back at once.
 */

const namePattern = /^journal-(\d{15})\.db$/

export interface SegmentFile {
  path: string
  firstSeq: number
}

/** Files that were set aside because they were damaged, oldest first. */
export function listDamaged(dir: string): string[] {
  const names = readdirSync(dir).filter((name) => name.endsWith('.db.damaged'))
  return names.sort().map((name) => join(dir, name))
}

/** Oldest first. */
export function listSegments(dir: string): SegmentFile[] {
  if (!existsSync(dir)) return []
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
  // Readers look into a new file at once, also while it is turned over to WAL.
  const db = new DatabaseSync(path, { timeout: 5000 })
  try {
    return prepareSegment(db, path, startCum)
  } catch (error) {
    db.close()
    throw error
  }
}

function prepareSegment(db: DatabaseSync, path: string, startCum: number): DatabaseSync {
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS origin (cum INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS batch (
      seq INTEGER PRIMARY KEY, entries INTEGER NOT NULL, readings INTEGER NOT NULL, cum INTEGER NOT NULL,
      at INTEGER NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL
    );
  `)
  db.prepare('INSERT INTO origin (cum) SELECT ? WHERE NOT EXISTS (SELECT 1 FROM origin)').run(startCum)
  db.exec('COMMIT')
  // SQLite syncs the folder for a journal that it makes, not for the database itself.
  syncFolder(dirname(path))
  return db
}

/** https://sqlite.org/rescode.html#readonly_rollback: made half, and only a writer may take that back. */
const readonlyRollback = 776

/** False for a segment whose writer died, or is still at work, while it made the file. */
export function isComplete(db: DatabaseSync): boolean {
  try {
    return hasOrigin(db)
  } catch (error) {
    if (Object(error).errcode === readonlyRollback) return false
    throw error
  }
}

function hasOrigin(db: DatabaseSync): boolean {
  const found = db.prepare("SELECT count(*) AS n FROM sqlite_master WHERE name IN ('batch', 'origin')").get()
  return found?.n === 2 && db.prepare('SELECT count(*) AS n FROM origin').get()?.n === 1
}

/** End of the newest segment that can be read; `damaged`: there is a newer one that cannot. */
export function newestTail(dir: string): { tail: JournalPosition | undefined; damaged: boolean } {
  let damaged = false
  for (const { path, firstSeq } of listSegments(dir).reverse()) {
    const tail = readSegment(path, (db) => segmentTail(db, firstSeq))
    if (tail === 'damaged') damaged = true
    else if (tail !== undefined) return { tail, damaged }
  }
  return { tail: undefined, damaged }
}

/** End of the journal; `undefined` where there is none, or where its newest segment cannot be read. */
export function journalTail(dir: string): JournalPosition | undefined {
  const { tail, damaged } = newestTail(dir)
  return damaged ? undefined : tail
}

/** Where the oldest segment that can be read begins: the batch before its first. */
export function journalHead(dir: string): JournalPosition | undefined {
  for (const { path, firstSeq } of listSegments(dir)) {
    const cum = readSegment(path, (db) => Number(db.prepare('SELECT cum FROM origin').get()?.cum))
    if (cum !== undefined && cum !== 'damaged') return { seq: firstSeq - 1, cum }
  }
  return undefined
}

/** `undefined` for a segment that is not complete, or was unlinked a moment ago. */
function readSegment<T>(path: string, read: (db: DatabaseSync) => T): T | undefined | 'damaged' {
  if (!existsSync(path)) return undefined
  const db = new DatabaseSync(path, { readOnly: true, timeout: 5000, open: false })
  try {
    db.open()
    return isComplete(db) ? read(db) : undefined
  } catch (error) {
    if (!existsSync(path)) return undefined
    if (isDamageOfOwn(error)) return 'damaged'
    throw error
  } finally {
    if (db.isOpen) db.close()
  }
}

export function segmentTail(db: DatabaseSync, firstSeq: number): JournalPosition {
  const last = db.prepare('SELECT seq, cum FROM batch ORDER BY seq DESC LIMIT 1').get()
  if (last !== undefined) return { seq: Number(last.seq), cum: Number(last.cum) }
  return { seq: firstSeq - 1, cum: Number(db.prepare('SELECT cum FROM origin').get()?.cum ?? 0) }
}

const keptDamaged = 3

/** Takes a file that is damaged out of the journal, and keeps it for a person to look at; the newest three are kept. */
export function setAside(path: string, earlier: readonly string[]): string {
  const aside = `${path}.damaged`
  for (const end of ['', '-wal']) {
    if (statSync(`${path}${end}`, { throwIfNoEntry: false }) !== undefined)
      renameSync(`${path}${end}`, `${aside}${end}`)
  }
  rmSync(`${path}-shm`, { force: true })
  for (const old of earlier.slice(0, Math.max(0, earlier.length + 1 - keptDamaged))) {
    for (const end of ['', '-wal']) rmSync(`${old}${end}`, { force: true })
  }
  return aside
}

import { existsSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isDamage } from '../../damage.ts'
import { syncFolder } from '../../sync-folder.ts'

/**
 * A cold file holds the sealed days of one month. It explains itself: the names of devices and metrics stand in it, so
 * that it can be read without the hot database it came from. Only the seal worker writes it.
 */

const schema = `
  CREATE TABLE IF NOT EXISTS day (
    no INTEGER PRIMARY KEY AUTOINCREMENT, profile TEXT NOT NULL, day_ms INTEGER NOT NULL, metrics TEXT NOT NULL,
    whole INTEGER NOT NULL DEFAULT 0, UNIQUE (profile, day_ms)
  );
  CREATE TABLE IF NOT EXISTS device (dev INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE);
  CREATE TABLE IF NOT EXISTS chunk (id INTEGER PRIMARY KEY, points INTEGER NOT NULL, body BLOB NOT NULL);
`

/** Devices that a month may have; chunks are numbered `no * maxColdDevices + dev`, so that a day lies together. */
export const maxColdDevices = 2 ** 24
/** Large pages: a blob of a kilobyte or two leaves less of its page empty. */
const pageBytes = 16_384

export const coldFilePattern = /^cold-\d{4}-\d{2}\.db$/

export function coldFileName(ms: number): string {
  return `cold-${new Date(ms).toISOString().slice(0, 7)}.db`
}

/** Opens a month for writing, or makes it. `FULL`: the rows leave the hot database once these bytes are on disk. */
export function openColdFile(path: string): DatabaseSync {
  const isNew = !existsSync(path)
  const db = new DatabaseSync(path, { timeout: 5000 })
  try {
    db.exec(`
      PRAGMA page_size = ${pageBytes};
      PRAGMA auto_vacuum = INCREMENTAL;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA cache_size = -4000;
      ${schema}
    `)
    db.prepare('SELECT count(*) FROM day').get()
    if (isNew) syncFolder(dirname(path))
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Of the file, or of one chunk in it. */
export function isColdDamage(error: unknown): boolean {
  return Object(error).code === 'chunk-damaged' || isDamage(error)
}

/** Puts a damaged database aside, with what belongs to it; returns its new name. */
export function putAside(path: string, nowMs: number): string {
  const aside = `${path}.damaged-${new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-')}`
  for (const end of ['', '-wal', '-shm']) {
    try {
      renameSync(path + end, aside + end)
    } catch (error) {
      if (Object(error).code !== 'ENOENT') throw error
    }
  }
  return aside
}

export function removeColdFile(dir: string, name: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(join(dir, name + end), { force: true })
}

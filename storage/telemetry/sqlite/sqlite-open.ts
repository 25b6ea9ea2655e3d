import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { makeFolder, syncFolder } from '../../sync-folder.ts'

/**
 * Opens the hot database. `NORMAL`: a power cut may take the last commits back, whole and in order, and with them the
 * position up to which the journal was read, so that what they held is read again
 * (https://sqlite.org/pragma.html#pragma_synchronous). Syncs belong to the journal, whose device waits for them.
 */
export function openHotDatabase(path: string): DatabaseSync {
  makeFolder(dirname(path))
  const isNew = !existsSync(path)
  const db = new DatabaseSync(path, { timeout: 5000 })
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA cache_size = -16000;
    PRAGMA wal_autocheckpoint = 2000;
  `)
  if (isNew) syncFolder(dirname(path))
  return db
}

export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

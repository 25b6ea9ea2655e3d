import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { makeFolder, syncFolder } from '../../sync-folder.ts'

/**
 * Opens a database of ours. `FULL`: a commit that returned is on disk, also after a power cut
 * (https://sqlite.org/pragma.html#pragma_synchronous); measured to cost less than 10 % in batches.
 */
export function openHotDatabase(path: string): DatabaseSync {
  makeFolder(dirname(path))
  const isNew = !existsSync(path)
  const db = new DatabaseSync(path, { timeout: 5000 })
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
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

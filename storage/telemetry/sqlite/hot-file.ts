import { existsSync, rmSync, writeFileSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { isDamage } from '../../damage.ts'
import { putAside } from '../cold/cold-file.ts'
import { openHotDatabase } from './sqlite-open.ts'

/** What the last run saw of damage that no start would see again. */
function suspicion(path: string): string {
  return `${path}.suspect`
}

/**
 * Opens the hot database and what is built on it. A file that is damaged is put aside under a name of its own, with all
 * that is in it, and a new one begun: a wall that starts without its past is better than none.
 */
export function openHot<T extends object>(
  path: string,
  build: (db: DatabaseSync) => T,
): T & { db: DatabaseSync; putAside: string | undefined } {
  const seen = existsSync(suspicion(path))
  let aside: string | undefined
  if (seen && !isSound(path)) aside = putAside(path, Date.now())
  if (seen) rmSync(suspicion(path), { force: true })
  let db: DatabaseSync | undefined
  try {
    db = openHotDatabase(path)
    // After a sync that failed, the log of the process before may lie in memory only, and its next sync falsely succeed
    // (https://wiki.postgresql.org/wiki/Fsync_Errors): what it holds goes into the file, which is synced.
    db.exec('PRAGMA wal_checkpoint(PASSIVE)')
    return { ...build(db), db, putAside: aside }
  } catch (error) {
    if (!isDamage(error)) throw error
    db?.close()
    aside = putAside(path, Date.now())
    db = openHotDatabase(path)
    return { ...build(db), db, putAside: aside }
  }
}

function isSound(path: string): boolean {
  let db: DatabaseSync | undefined
  try {
    db = openHotDatabase(path)
    return db.prepare('PRAGMA quick_check(1)').get()?.quick_check === 'ok'
  } catch (error) {
    if (isDamage(error)) return false
    throw error
  } finally {
    db?.close()
  }
}

/** Watches what ends this process: damage that is met in the middle of the work is looked into at the next start. */
export function watchForDamage(path: string): { close(): void } {
  function note(error: unknown): void {
    if (isDamage(error)) writeFileSync(suspicion(path), error instanceof Error ? error.message : '')
  }
  process.on('uncaughtExceptionMonitor', note)
  return { close: () => void process.off('uncaughtExceptionMonitor', note) }
}

import { closeSync, fdatasync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { syncFolder } from '../../sync-folder.ts'

/** Syncs the write-ahead log of a database whose commits do not. */
export interface WalSync {
  /**
   * Resolves when all commits that returned before the call would outlive a power cut; the caller's thread does not wait.
   * @throws when the disk fails: nobody knows then what of them is on it, and only a checkpoint tells.
   */
  sync(): Promise<void>
  close(): void
}

/**
 * A commit under `synchronous = NORMAL` lies in the log, or, where a checkpoint has passed since, in the database file,
 * which SQLite synced before it began the log anew (https://sqlite.org/pragma.html#pragma_synchronous). So a sync of the
 * log covers every commit before it. The database has to stay open meanwhile: the log is removed with its last connection.
 */
export function openWalSync(path: string): WalSync {
  const descriptor = openSync(`${path}-wal`, 'r')
  // SQLite makes the log anew at each start, and would sync its name with its first own sync.
  syncFolder(dirname(path))
  return {
    sync: () =>
      new Promise((resolve, reject) => fdatasync(descriptor, (error) => (error === null ? resolve() : reject(error)))),
    close: () => closeSync(descriptor),
  }
}

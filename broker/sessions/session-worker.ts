import { closeSync, fsyncSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'

export interface SessionWorkerOptions {
  path: string
}

/** What changed, in one transaction; without `form` it goes. */
export type SessionChanges = readonly { device: string; item: string; form: string | undefined; crc: number }[]

export type SessionReply = 'written' | { failed: string }

const retryMs = 250

/** The only writer of the file. A commit that returned is on disk: `synchronous = FULL` syncs the log at each. */
function run(port: MessagePort, { path }: SessionWorkerOptions): void {
  const db = new DatabaseSync(path, { timeout: 5000 })
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS kept (
      device TEXT NOT NULL, item TEXT NOT NULL, form TEXT NOT NULL, crc INTEGER NOT NULL, PRIMARY KEY (device, item)
    ) WITHOUT ROWID
  `)
  syncFolder(dirname(path))
  const keep = db.prepare('INSERT OR REPLACE INTO kept (device, item, form, crc) VALUES (?, ?, ?, ?)')
  const letGo = db.prepare('DELETE FROM kept WHERE device = ? AND item = ?')
  let held: SessionChanges[] = []
  let retry: NodeJS.Timeout | undefined

  function commit(changes: SessionChanges): void {
    db.exec('BEGIN IMMEDIATE')
    try {
      for (const { device, item, form, crc } of changes) {
        if (form === undefined) letGo.run(device, item)
        else keep.run(device, item, form, crc)
      }
      db.exec('COMMIT')
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK')
      throw error
    }
  }

  function reply(message: SessionReply): void {
    port.postMessage(message)
  }

  function flush(): void {
    retry = undefined
    for (let changes = held[0]; changes !== undefined; changes = held[0]) {
      try {
        commit(changes)
      } catch (error) {
        reply({ failed: error instanceof Error ? error.message : String(error) })
        retry ??= setTimeout(flush, retryMs)
        return
      }
      held = held.slice(1)
      reply('written')
    }
  }

  port.on('message', (message: SessionChanges | 'close') => {
    if (message !== 'close') held.push(message)
    if (retry === undefined) flush()
    if (message === 'close') close()
  })

  function close(): void {
    clearTimeout(retry)
    db.close()
    // Ends this thread alone. Behind `port.close()` it went on for ever now and then, though nothing kept it.
    process.exit()
  }
}

/** A new file is there after a power cut only when its folder was synced too (fsync(2)). */
function syncFolder(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

if (parentPort !== null) run(parentPort, workerData)

import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { inTransaction } from '../sqlite/sqlite-open.ts'
import { openChunk } from './chunk.ts'
import { coldFileName, isColdDamage, maxColdDevices, openColdFile, putAside } from './cold-file.ts'
import { parseNames } from './cold-files.ts'
import type { SealedChunk } from './sealed-rows.ts'

/** One day of a profile in its cold file. */
export interface ColdDay {
  no: number
  names: readonly string[]
}

export interface EncodedChunk {
  deviceId: string
  points: number
  body: Uint8Array
}

/** The writing side of one cold file. Each `put` is a transaction of its own. */
export interface Month {
  day(profile: string, dayMs: number): ColdDay | undefined
  /** Begins a day anew: what an interrupted seal left of it goes. */
  begin(profile: string, dayMs: number, names: readonly string[]): ColdDay
  chunk(day: ColdDay, deviceId: string): SealedChunk | undefined
  put(day: ColdDay, chunks: readonly EncodedChunk[]): void
  /** All of the day is in and was compared. */
  finish(day: ColdDay): void
  sizeOf(day: ColdDay): { points: number; bytes: number }
  /** Days that were finished. */
  wholeDays(): { profile: string; dayMs: number; day: ColdDay }[]
  remove(day: ColdDay): void
  isEmpty(): boolean
  /** Gives about so many free pages back to the disk; false when there are none. */
  shrink(pages: number): boolean
  /** Writes everything into the file itself and closes it. */
  close(): void
}

/** Opens the cold file of this moment; a damaged one is put aside under the name that is told, and a new one begun. */
export function openMonth(dir: string, ms: number, { onAside }: { onAside: (fromMs: number, file: string) => void }) {
  const path = join(dir, coldFileName(ms))
  try {
    return createMonth(openColdFile(path))
  } catch (error) {
    if (!isColdDamage(error)) throw error
    onAside(ms, putAside(path, Date.now()))
    return createMonth(openColdFile(path))
  }
}

export function coldFileSize(path: string): number {
  return ['', '-wal'].reduce((sum, end) => sum + (statSync(path + end, { throwIfNoEntry: false })?.size ?? 0), 0)
}

function createMonth(db: DatabaseSync): Month {
  const deviceNumber = db.prepare('INSERT INTO device (id) VALUES (?) ON CONFLICT DO UPDATE SET id = id RETURNING dev')
  const put = db.prepare(`
    INSERT INTO chunk (id, points, body) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET points = excluded.points, body = excluded.body
  `)
  const body = db.prepare('SELECT body FROM chunk WHERE id = (SELECT ? * ? + dev FROM device WHERE id = ?)')
  const find = db.prepare('SELECT no, metrics FROM day WHERE profile = ? AND day_ms = ?')

  function day(profile: string, dayMs: number): ColdDay | undefined {
    const row = find.get(profile, dayMs)
    return row === undefined ? undefined : { no: Number(row.no), names: parseNames(String(row.metrics)) }
  }

  function idsOf({ no }: ColdDay): [number, number] {
    return [no * maxColdDevices, (no + 1) * maxColdDevices - 1]
  }

  function removeNow(of: ColdDay): void {
    db.prepare('DELETE FROM chunk WHERE id BETWEEN ? AND ?').run(...idsOf(of))
    db.prepare('DELETE FROM day WHERE no = ?').run(of.no)
  }

  return {
    day,
    begin: (profile, dayMs, names) =>
      inTransaction(db, () => {
        const left = day(profile, dayMs)
        if (left !== undefined) removeNow(left)
        const insert = db.prepare('INSERT INTO day (profile, day_ms, metrics) VALUES (?, ?, ?)')
        return { no: Number(insert.run(profile, dayMs, JSON.stringify(names)).lastInsertRowid), names }
      }),
    chunk({ no, names }, deviceId) {
      const row = body.get(no, maxColdDevices, deviceId)
      return row?.body instanceof Uint8Array ? { ...openChunk(row.body, names.length), names } : undefined
    },
    put: (of, chunks) =>
      inTransaction(db, () => {
        for (const { deviceId, points, body: bytes } of chunks) {
          const dev = Number(deviceNumber.get(deviceId)?.dev)
          if (dev >= maxColdDevices) throw new RangeError(`more than ${maxColdDevices} devices in one month`)
          put.run(of.no * maxColdDevices + dev, points, bytes)
        }
      }),
    finish({ no }) {
      db.prepare('UPDATE day SET whole = 1 WHERE no = ?').run(no)
    },
    sizeOf(of) {
      const row = db
        .prepare(
          'SELECT ifnull(sum(points), 0) AS points, ifnull(sum(length(body)), 0) AS bytes FROM chunk WHERE id BETWEEN ? AND ?',
        )
        .get(...idsOf(of))
      return { points: Number(row?.points), bytes: Number(row?.bytes) }
    },
    wholeDays: () =>
      db
        .prepare('SELECT no, profile, day_ms, metrics FROM day WHERE whole = 1')
        .all()
        .map((row) => ({
          profile: String(row.profile),
          dayMs: Number(row.day_ms),
          day: { no: Number(row.no), names: parseNames(String(row.metrics)) },
        })),
    remove: (of) => inTransaction(db, () => removeNow(of)),
    isEmpty: () => db.prepare('SELECT 1 FROM day').get() === undefined,
    shrink(pages) {
      db.prepare(`PRAGMA incremental_vacuum(${pages})`).all()
      return Number(db.prepare('PRAGMA freelist_count').get()?.freelist_count) > 0
    },
    close() {
      db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all()
      db.close()
    },
  }
}

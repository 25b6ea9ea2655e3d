import type { DatabaseSync } from 'node:sqlite'
import { maxManualOfDevice } from '../../../contract/manual.ts'
import type { ManualQuery, ManualReading } from '../../../contract/ports/telemetry.ts'
import { roles } from '../../../contract/roles.ts'

/**
 * Readings by hand, apart from all that devices measured: no bucket, roll-up or newest reading can hold one of them. All
 * calls belong inside the caller's transaction.
 */
export interface ManualTable {
  /**
   * Keeps a reading. Of one author and moment it joins what is there, metric by metric, as readings of devices do; of a
   * moment that another author has taken it goes to the next free millisecond. Returns it as it stands; `undefined`: it
   * says nothing new.
   */
  save(deviceId: string, reading: ManualReading): ManualReading | undefined
  /** Drops about so many of those that were read before this moment; returns how many. */
  dropBefore(ms: number, most: number): number
  /** How many went for want of room since the last time. */
  flush(): number
}

const schema = `
  CREATE TABLE IF NOT EXISTS manual (
    device TEXT NOT NULL, at INTEGER NOT NULL, arrival INTEGER NOT NULL, author TEXT NOT NULL, role TEXT NOT NULL,
    metrics TEXT NOT NULL, note TEXT, PRIMARY KEY (device, at)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS manual_at ON manual (at);
`

export function createManualTable(db: DatabaseSync, most = maxManualOfDevice): ManualTable {
  db.exec(schema)
  const find = db.prepare('SELECT * FROM manual WHERE device = ? AND at = ?')
  const upsert = db.prepare(`
    INSERT OR REPLACE INTO manual (device, at, arrival, author, role, metrics, note) VALUES (?, ?, ?, ?, ?, ?, ?)
  `)
  const count = db.prepare('SELECT count(*) AS n FROM manual WHERE device = ?')
  const trim = db.prepare(`
    DELETE FROM manual WHERE device = ?1 AND at IN (SELECT at FROM manual WHERE device = ?1 ORDER BY at LIMIT ?2)
  `)
  const drop = db.prepare(
    'DELETE FROM manual WHERE (device, at) IN (SELECT device, at FROM manual WHERE at < ? ORDER BY at LIMIT ?)',
  )
  let letGo = 0

  function keep(deviceId: string, reading: ManualReading): ManualReading {
    const { atMs, receivedAtMs, author, role, metrics, note } = reading
    upsert.run(deviceId, atMs, receivedAtMs, author, role, JSON.stringify(metrics), note)
    const tooMany = Number(count.get(deviceId)?.n) - most
    if (tooMany > 0) letGo += Number(trim.run(deviceId, tooMany).changes)
    return reading
  }

  return {
    save(deviceId, reading) {
      for (let { atMs } = reading; ; atMs += 1) {
        const row = find.get(deviceId, atMs)
        if (row === undefined) return keep(deviceId, { ...reading, atMs })
        const before = manualOf(row)
        if (before.author !== reading.author) continue
        const joined = {
          ...{ ...reading, atMs },
          metrics: { ...before.metrics, ...reading.metrics },
          note: reading.note ?? before.note,
        }
        return saysSame(before, joined) ? undefined : keep(deviceId, joined)
      }
    },
    dropBefore: (ms, atMost) => Number(drop.run(ms, atMost).changes),
    flush() {
      const gone = letGo
      letGo = 0
      return gone
    },
  }
}

function saysSame(before: ManualReading, joined: ManualReading): boolean {
  const names = Object.keys(joined.metrics)
  return before.note === joined.note && names.every((name) => before.metrics[name] === joined.metrics[name])
}

/** Oldest first; a database of an older release has none. */
export function readManual(db: DatabaseSync, { deviceId, fromMs, toMs }: ManualQuery): ManualReading[] {
  if (db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'manual'").get() === undefined) return []
  return db
    .prepare('SELECT * FROM manual WHERE device = ? AND at >= ? AND at < ? ORDER BY at')
    .all(deviceId, fromMs, toMs)
    .map(manualOf)
}

function manualOf({ at, arrival, author, role, metrics, note }: Record<string, unknown>): ManualReading {
  return {
    atMs: Number(at),
    receivedAtMs: Number(arrival),
    author: String(author),
    role: roles.find((known) => known === role) ?? 'operator',
    // Our own words, of finite numbers.
    metrics: JSON.parse(String(metrics)) as Record<string, number>,
    note: typeof note === 'string' ? note : null,
  }
}

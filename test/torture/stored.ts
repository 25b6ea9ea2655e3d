import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PipelineCounters } from '../../contract/feed.ts'
import { openStoreReader } from '../support/storage/books.ts'

/** What the embedded store of a data folder holds, read past our own code. */
export interface Stored {
  /** Moments (ms) of each device's rows. */
  rows: Map<string, Set<number>>
  rowCount: number
}

const busTable = /^r_trans_binjai_bus_\d{8}$/

export function readStored(dir: string): Stored {
  const db = new DatabaseSync(join(dir, 'store', 'hot.db'), { readOnly: true, timeout: 5000 })
  const rows = new Map<string, Set<number>>()
  let rowCount = 0
  const names = new Map(
    db
      .prepare('SELECT dev, id FROM device')
      .all()
      .map((row) => [Number(row.dev), String(row.id)]),
  )
  const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()
  for (const table of tables.map(({ name }) => String(name)).filter((name) => busTable.test(name))) {
    for (const row of db.prepare(`SELECT ts, dev FROM ${table}`).iterate()) {
      const id = names.get(Number(row.dev)) ?? ''
      const moments = rows.get(id) ?? new Set()
      rows.set(id, moments.add(Number(row.ts)))
      rowCount += 1
    }
  }
  db.close()
  return { rows, rowCount }
}

/** Acknowledged moments that the store does not hold. */
export function lostOf(acknowledged: Map<string, number[]>, { rows }: Pick<Stored, 'rows'>): number {
  let lost = 0
  for (const [id, moments] of acknowledged) {
    const held = rows.get(id) ?? new Set()
    lost += moments.reduce((sum, ms) => sum + (held.has(ms) ? 0 : 1), 0)
  }
  return lost
}

/** Waits until nothing waits any more; the counters then. Throws when for so long nothing was taken. */
export async function settled(dir: string, stuckAfterMs = 60_000): Promise<PipelineCounters> {
  const reader = openStoreReader({ storePath: join(dir, 'store', 'hot.db'), journalDir: join(dir, 'journal') })
  let movedMs = performance.now()
  let waiting: number | undefined
  try {
    for (;;) {
      const counters = await reader.counters().catch(() => undefined)
      if (counters?.waiting === 0) return counters
      if (counters?.waiting !== waiting) movedMs = performance.now()
      waiting = counters?.waiting
      if (performance.now() - movedMs > stuckAfterMs) throw new Error(`still waiting: ${JSON.stringify(counters)}`)
      await sleep(50)
    }
  } finally {
    await reader.close()
  }
}

/** What the books say more, or less, than they should. */
export function imbalanceOf({ received, stored, duplicates, rejected, waiting }: PipelineCounters): number {
  const sum = Object.values(rejected).reduce((total, n) => total + n, stored + duplicates + waiting)
  return Math.abs(received - sum)
}

/** An hour ago, but today in UTC: the store keeps a table for each day. */
export function earlierTodayMs(): number {
  return Math.max(Math.floor(Date.now() / 86_400_000) * 86_400_000, Date.now() - 3_600_000)
}

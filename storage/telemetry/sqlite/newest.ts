import type { DatabaseSync } from 'node:sqlite'
import { type DeferredTable, deferredRows } from './write-behind.ts'

/** Where the newest reading of a device lies. */
export interface NewestRow {
  dev: number
  tsMs: number
  profile: string
}

/** Name of the table, also among the deferred ones. */
export const newestTable = 'newest'

/** Writes where the newest reading lies; an older one moves nothing back. */
export function createNewestWriter(db: DatabaseSync): (row: NewestRow) => void {
  const upsert = db.prepare(`
    INSERT INTO newest (dev, ts, profile) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET ts = excluded.ts, profile = excluded.profile WHERE excluded.ts >= ts
  `)
  return ({ dev, tsMs, profile }) => void upsert.run(dev, tsMs, profile)
}

export function newestForm({ tsMs, profile }: NewestRow): string {
  return `${tsMs} ${profile}`
}

export function createDeferredNewest(db: DatabaseSync): DeferredTable {
  const write = createNewestWriter(db)
  return {
    write: (key, form) => write(parseForm(key, form)),
    keeps: (known, form) => parseForm('', known).tsMs > parseForm('', form).tsMs,
  }
}

/** Where the newest reading of each device lies, also of those that the table does not know yet. */
export function readNewest(db: DatabaseSync): NewestRow[] {
  const found = new Map<number, NewestRow>()
  const add = (row: NewestRow) => {
    if ((found.get(row.dev)?.tsMs ?? 0) <= row.tsMs) found.set(row.dev, row)
  }
  // The log first: what leaves it while we read is in the table then.
  for (const { key, form } of deferredRows(db, newestTable)) add(parseForm(key, form))
  for (const { dev, ts, profile } of db.prepare('SELECT dev, ts, profile FROM newest').all()) {
    add({ dev: Number(dev), tsMs: Number(ts), profile: String(profile) })
  }
  return [...found.values()]
}

function parseForm(key: string, form: string): NewestRow {
  const at = form.indexOf(' ')
  return { dev: Number(key), tsMs: Number(form.slice(0, at)), profile: form.slice(at + 1) }
}

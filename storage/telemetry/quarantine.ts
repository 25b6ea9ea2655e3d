import { Buffer } from 'node:buffer'
import type { DatabaseSync } from 'node:sqlite'
import type { JournalEntry } from '../../contract/ports/journal.ts'
import type { QuarantineQuery, QuarantineRow, QuarantineSlice } from '../../contract/ports/pipeline.ts'
import type { RejectReason } from '../../contract/reading.ts'

/** Told of each reading, or whole message, that could not be taken. `n` 0: a note, the reading itself was taken. */
export type Refuse = (item: RefusedPart) => void

export interface RefusedPart {
  reason: RejectReason
  detail: string
  n: number
  payload: Uint8Array
}

/** The same before its bytes are made: where all readings of a message are refused they are those of the message. */
export interface UnmadePart extends Omit<RefusedPart, 'payload'> {
  payload: Uint8Array | (() => Uint8Array)
}

export interface RefusedItem extends Omit<RefusedPart, 'reason'> {
  atMs: number
  topic: string
  deviceId: string | null
  reason: string
}

export interface Quarantine {
  add(item: RefusedItem): void
  find(id: number): QuarantineRow | undefined
  remove(row: QuarantineRow): void
  /** The row stays, for this reason and so many readings. */
  keep(id: number, why: { reason: string; detail: string; atMs: number; n: number }): void
}

export interface QuarantineLimits {
  rows: number
  /** Of the payloads; beside them a row has at most 1 KiB of words. */
  bytes: number
}

/** Past these the oldest rows go, of the device that holds most of them; the counts stay. */
export const quarantineLimits: QuarantineLimits = { rows: 100_000, bytes: 512 * 1024 * 1024 }

const maxDetail = 500
/** Let go in one go: a tenth of what the device holds, and at most so many. */
const trimmedAtOnce = 100

const schema = `
  CREATE TABLE IF NOT EXISTS quarantine (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, topic TEXT NOT NULL, device TEXT, reason TEXT NOT NULL,
    detail TEXT NOT NULL, n INTEGER NOT NULL, payload BLOB NOT NULL, retried_at INTEGER
  );
  CREATE INDEX IF NOT EXISTS quarantine_reason ON quarantine (reason, id);
  CREATE INDEX IF NOT EXISTS quarantine_device ON quarantine (device, id);
`

/** What one device holds; `''`: messages of which nobody knows whose they are. */
interface Held {
  rows: number
  bytes: number
}

/**
 * What could not be taken, with its bytes. A device that floods pushes out its own evidence, not that of others: where
 * there is no more room, who holds most gives first.
 */
export function openQuarantine(db: DatabaseSync, limits: QuarantineLimits = quarantineLimits): Quarantine {
  db.exec(schema)
  const holders = new Map<string, Held>()
  const all: Held = { rows: 0, bytes: 0 }
  const insert = db.prepare(
    'INSERT INTO quarantine (at, topic, device, reason, detail, n, payload) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const dropOldest = db.prepare(`
    DELETE FROM quarantine WHERE id IN (SELECT id FROM quarantine WHERE device IS ? ORDER BY id LIMIT ?)
    RETURNING length(payload) AS bytes
  `)
  const update = db.prepare('UPDATE quarantine SET reason = ?, detail = ?, retried_at = ?, n = ? WHERE id = ?')
  const found = db
    .prepare(
      "SELECT ifnull(device, '') AS device, count(*) AS n, sum(length(payload)) AS bytes FROM quarantine GROUP BY 1",
    )
    .all()
  for (const { device, n, bytes } of found) hold(String(device), Number(n), Number(bytes))

  function hold(device: string, rows: number, bytes: number): void {
    const held = holders.get(device) ?? { rows: 0, bytes: 0 }
    holders.set(device, held)
    for (const one of [held, all]) {
      one.rows += rows
      one.bytes += bytes
    }
    if (held.rows <= 0) holders.delete(device)
  }

  function share({ rows, bytes }: Held): number {
    return Math.max(rows / limits.rows, bytes / limits.bytes)
  }

  function trim(): void {
    while (share(all) > 1 && holders.size > 0) {
      const [device, held] = [...holders].reduce((one, other) => (share(other[1]) > share(one[1]) ? other : one))
      const most = Math.min(trimmedAtOnce, Math.ceil(held.rows / 10))
      const gone = dropOldest.all(device === '' ? null : device, most)
      if (gone.length === 0) throw new Error(`quarantine holds nothing of "${device}", against its own count`)
      for (const { bytes } of gone) hold(device, -1, -Number(bytes))
    }
  }

  return {
    add({ atMs, topic, deviceId, reason, detail, n, payload }) {
      insert.run(atMs, topic, deviceId, reason, detail.slice(0, maxDetail), n, payload)
      hold(deviceId ?? '', 1, payload.byteLength)
      trim()
    },
    find(id) {
      const row = db.prepare('SELECT * FROM quarantine WHERE id = ?').get(id)
      return row && toQuarantineRow(row)
    },
    remove({ id, deviceId, payload }) {
      db.prepare('DELETE FROM quarantine WHERE id = ?').run(id)
      hold(deviceId ?? '', -1, -payload.byteLength)
    },
    keep(id, { reason, detail, atMs, n }) {
      update.run(reason, detail.slice(0, maxDetail), atMs, n, id)
    },
  }
}

export interface Gathering {
  refuse(item: UnmadePart): void
  /** Passes on what came together of a message with so many readings. */
  end(readings: number): void
}

/**
 * Gathers what is refused of one message, so that a thousand readings which are wrong in the same way are one row: an
 * array that can be sent again as it is.
 */
export function gatherRefusals({ payload }: JournalEntry, pass: Refuse): Gathering {
  let gathered: Map<string, UnmadePart[]> | undefined
  return {
    refuse(item) {
      gathered ??= new Map()
      const key = `${item.reason} ${item.n === 0}`
      const same = gathered.get(key)
      if (same === undefined) gathered.set(key, [item])
      else same.push(item)
    },
    end(readings) {
      if (gathered !== undefined) for (const parts of gathered.values()) pass(joined(parts, { readings, payload }))
    },
  }
}

function joined(
  parts: readonly UnmadePart[],
  { readings, payload }: { readings: number; payload: Uint8Array },
): RefusedPart {
  const [first] = parts
  if (first === undefined) throw new Error('nothing was refused')
  if (parts.length === 1) return { ...first, payload: made(first) }
  return {
    reason: first.reason,
    detail: `${first.detail.slice(0, maxDetail / 2)} (and ${parts.length - 1} more of the same message)`,
    n: parts.reduce((sum, { n }) => sum + n, 0),
    payload: parts.length === readings ? payload : arrayOf(parts),
  }
}

function made({ payload }: UnmadePart): Uint8Array {
  return typeof payload === 'function' ? payload() : payload
}

function arrayOf(parts: readonly UnmadePart[]): Uint8Array {
  const between = Buffer.from(',')
  const list = parts.flatMap((part, index) => (index === 0 ? [made(part)] : [between, made(part)]))
  return Buffer.concat([Buffer.from('['), ...list, Buffer.from(']')])
}

/** Of the payloads in one answer, so that a page of large ones is not more than a process can hold. */
const maxPageBytes = 1024 * 1024

/** Newest first; fewer than asked where they are large, and at least one. */
export function readQuarantine(db: DatabaseSync, { reason, limit, beforeId }: QuarantineQuery): QuarantineSlice {
  const rows: QuarantineRow[] = []
  let bytes = 0
  const found = db
    .prepare('SELECT * FROM quarantine WHERE id < ? AND (? IS NULL OR reason = ?) ORDER BY id DESC LIMIT ?')
    .iterate(beforeId ?? Number.MAX_SAFE_INTEGER, reason ?? null, reason ?? null, limit + 1)
  for (const one of found) {
    if (rows.length === limit || bytes >= maxPageBytes) return { rows, more: true }
    const row = toQuarantineRow(one)
    rows.push(row)
    bytes += row.payload.byteLength
  }
  return { rows, more: false }
}

function toQuarantineRow(row: Record<string, unknown>): QuarantineRow {
  return {
    id: Number(row.id),
    atMs: Number(row.at),
    topic: String(row.topic),
    deviceId: typeof row.device === 'string' ? row.device : null,
    reason: String(row.reason),
    detail: String(row.detail),
    readings: Number(row.n),
    payload: row.payload instanceof Uint8Array ? row.payload : new Uint8Array(),
    retriedAtMs: row.retried_at === null ? null : Number(row.retried_at),
  }
}

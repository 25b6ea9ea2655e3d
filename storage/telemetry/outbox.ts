import type { DatabaseSync } from 'node:sqlite'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { StoredHistory, StoredReading } from '../../contract/ports/telemetry.ts'

/** What waits for the configured store, oldest first. Part of the ledger, which writes it with what was taken. */
export interface OutboxTable {
  put(readings: readonly StoredReading[]): void
  putHistory(history: StoredHistory): void
  /** The oldest, about `most` of them, and the id up to which they reach; they are in the sender's hands until `settle`. */
  next(most: number): Waiting | undefined
  /** All up to this id have their outcome. */
  settle(upTo: number): void
  /** Readings. */
  waiting(): number
  bytes(): number
}

/** What the sender takes in hand at once. */
export interface Waiting {
  upTo: number
  readings: StoredReading[]
  history: StoredHistory
}

export interface OutboxParts {
  /** Readings that wait already; the ledger keeps their number. */
  waiting: number
  /** Past it the oldest go, but none that the sender has in its hands. */
  maxBytes: number
  /** Told of those that went so. */
  letGo: (gone: Pick<Waiting, 'readings' | 'history'>) => void
}

export const outboxSchema =
  'CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER NOT NULL, body BLOB NOT NULL);'

/** Readings in one row, so that what waits can be read in parts. */
const maxPerRow = 5000

/** The table is there already. */
export function openOutbox(db: DatabaseSync, { waiting, maxBytes, letGo }: OutboxParts): OutboxTable {
  const insert = db.prepare('INSERT INTO outbox (n, body) VALUES (?, ?)')
  const oldest = db.prepare('SELECT id, n, body FROM outbox ORDER BY id')
  const drop = db.prepare(`
    DELETE FROM outbox WHERE id = (SELECT min(id) FROM outbox WHERE id > ?) RETURNING n, body, length(body) AS bytes
  `)
  const forwarded = db.prepare('DELETE FROM outbox WHERE id <= ? RETURNING n, length(body) AS bytes')
  let count = waiting
  let bytes = Number(db.prepare('SELECT ifnull(sum(length(body)), 0) AS bytes FROM outbox').get()?.bytes)
  /** Up to here the sender has them in its hands. */
  let handedUpTo = 0

  function add(n: number, body: Uint8Array): void {
    insert.run(n, body)
    bytes += body.length
    count += n
  }

  function left(row: Record<string, unknown>): void {
    count -= Number(row.n)
    bytes -= Number(row.bytes)
  }

  /** They are in the embedded store; the configured one will not have them. */
  function trim(): void {
    while (bytes > maxBytes) {
      const gone = drop.get(handedUpTo)
      if (gone === undefined) return
      left(gone)
      const body = unpack(gone.body)
      letGo(Array.isArray(body) ? { readings: body, history: noHistory } : { readings: [], history: body })
    }
  }

  return {
    put(readings) {
      for (let at = 0; at < readings.length; at += maxPerRow) {
        const part = readings.slice(at, at + maxPerRow)
        add(part.length, pack(part))
      }
      trim()
    },
    putHistory(history) {
      add(0, pack(history))
      trim()
    },
    next(most) {
      const next = joinWaiting(oldest.iterate(), most)
      handedUpTo = next?.upTo ?? 0
      return next
    },
    settle(upTo) {
      for (const gone of forwarded.all(upTo)) left(gone)
      handedUpTo = 0
    },
    waiting: () => count,
    bytes: () => bytes,
  }
}

/** States and events that the sender takes in hand at once, about. */
const maxHistoryAtOnce = 5000

/** Rows of the outbox, as far as they hold about so many readings. */
function joinWaiting(rows: Iterable<Record<string, unknown>>, most: number): Waiting | undefined {
  const joined: Waiting = { upTo: 0, readings: [], history: { states: [], events: [], manual: [] } }
  const { readings, history } = joined
  for (const { id, n, body } of rows) {
    const isEnough = readings.length > 0 && readings.length + Number(n) > most
    if (isEnough || history.states.length + history.events.length >= maxHistoryAtOnce) break
    joined.upTo = Number(id)
    const waiting = unpack(body)
    if (Array.isArray(waiting)) readings.push(...waiting)
    else {
      history.states.push(...waiting.states)
      history.events.push(...waiting.events)
      // Older releases knew none.
      history.manual?.push(...(waiting.manual ?? []))
    }
  }
  return joined.upTo === 0 ? undefined : joined
}

const noHistory: StoredHistory = { states: [], events: [] }

/** Small batches are not worth packing. */
const packedFrom = 1024

/** JSON, packed where that pays: an hour without InfluxDB takes a tenth of the room. */
function pack(waiting: readonly StoredReading[] | StoredHistory): Uint8Array {
  const json = Buffer.from(JSON.stringify(waiting))
  return json.length < packedFrom ? json : zstdCompressSync(json)
}

/** First bytes of what is not packed. */
const listBegins = '['.charCodeAt(0)
const recordBegins = '{'.charCodeAt(0)

/** What `pack` made; text in databases of older releases. */
function unpack(body: unknown): StoredReading[] | StoredHistory {
  const bytes = body instanceof Uint8Array ? body : undefined
  const isJson = bytes === undefined || bytes[0] === listBegins || bytes[0] === recordBegins
  const json = isJson ? (bytes ?? String(body)) : zstdDecompressSync(bytes)
  // Our own words of a moment ago, in the shape they were written in.
  return JSON.parse(typeof json === 'string' ? json : Buffer.from(json).toString()) as StoredReading[] | StoredHistory
}

/** The readings in a row of the outbox. */
export function unpackReadings(body: unknown): StoredReading[] {
  const waiting = unpack(body)
  return Array.isArray(waiting) ? waiting : []
}

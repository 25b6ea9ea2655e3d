import type { DatabaseSync } from 'node:sqlite'
import type { LedgerCounts, PipelineNotes } from '../../contract/feed.ts'
import type { JournalPosition } from '../../contract/ports/journal.ts'
import type { QuarantineRow } from '../../contract/ports/pipeline.ts'
import type { StoredHistory, StoredReading } from '../../contract/ports/telemetry.ts'
import { openOutbox, outboxSchema, type Waiting } from './outbox.ts'
import { openPositions } from './positions.ts'
import { openQuarantine, type QuarantineLimits, type RefusedItem } from './quarantine.ts'
import { addColumn } from './sqlite/add-column.ts'

/**
 * What must be exact across every crash: how far the journal was read, what became of each reading, what waits for the
 * configured store, what was refused. It lives in the hot database, so that a batch's rows, its counts and the new
 * offset are one transaction: all of it happened, or none.
 */
export interface Ledger {
  /** The last batch of a partition that was taken in. */
  position(partition: string): JournalPosition
  /** The partition is another one, which begins behind this batch. What was read of the one before stays counted. */
  resetPosition(partition: string, to: JournalPosition): void
  advance(partition: string, to: JournalPosition): void
  /**
   * A message that was taken apart turned out to hold so many `readings`; the journal, or its row in quarantine, had it
   * count for `known` until now. What is received only grows: readings that were promised and are not there are lost.
   */
  recount(known: number, readings: number): void
  stored(n: number): void
  duplicate(n: number): void
  /** Readings that will never be stored, kept in quarantine. `n` 0: a note only, the reading itself was taken. */
  reject(item: RefusedItem): void
  /** Readings that were lost with their bytes. */
  lost(reason: string, n: number): void
  note(name: keyof PipelineNotes, n?: number): void
  notes(): PipelineNotes
  /** Readings for the configured store, handed over by the sender. They count as waiting until then. */
  enqueue(readings: readonly StoredReading[]): void
  /** States and events for the configured store. They are no readings and count for nothing. */
  enqueueHistory(history: StoredHistory): void
  /** The oldest that wait, about `most` of them, and the id up to which they reach. */
  nextWaiting(most: number): Waiting | undefined
  /** Arrival of the newest entry that was taken in, ms, our clock; 0: none was. */
  heardMs(): number
  setHeard(ms: number): void
  /** All up to this id have their outcome; `stored` of them are in the configured store. */
  settleWaiting(upTo: number, stored: number): void
  waiting(): number
  /** Bytes of all that wait. */
  waitingBytes(): number
  quarantined(id: number): QuarantineRow | undefined
  /** A second chance went well: the row leaves quarantine, its count leaves `rejected`. */
  release(row: QuarantineRow): void
  /** A second chance failed: the row stays with `n` readings, perhaps for another reason. */
  keep(row: QuarantineRow, why: { reason: string; detail: string; atMs: number; n: number }): void
  /** All counts; between two transactions they are those on disk. */
  counts(): LedgerCounts
  /** Writes the counts; the last thing before COMMIT. */
  flush(): void
}

const schema = `
  CREATE TABLE IF NOT EXISTS ledger (
    one INTEGER PRIMARY KEY CHECK (one = 1), stored INTEGER NOT NULL, duplicates INTEGER NOT NULL,
    outbox INTEGER NOT NULL, notes TEXT NOT NULL, heard_ms INTEGER NOT NULL DEFAULT 0, extra INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE IF NOT EXISTS rejected (reason TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
  ${outboxSchema}
`

const noNotes: PipelineNotes = {
  late: 0,
  clockFixed: 0,
  serverStamped: 0,
  implausibleValues: 0,
  unusableValues: 0,
  namelessValues: 0,
  ignoredFields: 0,
  unforwardedHistory: 0,
}

export interface LedgerLimits {
  quarantine?: QuarantineLimits
  /** Past it the oldest readings that wait for the configured store are forwarded no more, and counted so. */
  outboxBytes?: number
  /** Told of those that will never be in the configured store, as far as they came this way. */
  notForwarded?: (readings: readonly StoredReading[]) => void
}

export function createLedger(
  db: DatabaseSync,
  { quarantine: limits, outboxBytes = Number.POSITIVE_INFINITY, notForwarded = () => undefined }: LedgerLimits = {},
): Ledger {
  db.exec(schema)
  const positions = openPositions(db)
  addColumn(db, 'ledger', 'heard_ms INTEGER NOT NULL DEFAULT 0')
  addColumn(db, 'ledger', 'extra INTEGER NOT NULL DEFAULT 0')
  db.exec("INSERT OR IGNORE INTO ledger (one, stored, duplicates, outbox, notes) VALUES (1, 0, 0, 0, '{}')")
  const row = db.prepare('SELECT * FROM ledger').get() ?? {}
  let heardMs = Number(row.heard_ms)
  let stored = Number(row.stored)
  let duplicates = Number(row.duplicates)
  let extra = Number(row.extra)
  const notes: PipelineNotes = { ...noNotes, ...JSON.parse(String(row.notes)) }
  const rejected = openRejected(db)
  const quarantine = openQuarantine(db, limits)
  const write = db.prepare(
    'UPDATE ledger SET stored = ?, duplicates = ?, outbox = ?, notes = ?, heard_ms = ?, extra = ?',
  )
  const count = rejected.add
  const outbox = openOutbox(db, {
    waiting: Number(row.outbox),
    maxBytes: outboxBytes,
    letGo({ readings, history }) {
      count('not-forwarded', readings.length)
      const { states, events, manual = [] } = history
      notes.unforwardedHistory += states.length + events.length + manual.length
      notForwarded(readings)
    },
  })

  return {
    position: positions.of,
    resetPosition: positions.reset,
    advance: positions.advance,
    recount(known, readings) {
      if (readings > known) extra += readings - known
      else count('journal-damaged', known - readings)
    },
    stored(n) {
      stored += n
    },
    duplicate(n) {
      duplicates += n
    },
    reject(item) {
      count(item.reason, item.n)
      quarantine.add(item)
    },
    lost: count,
    note(name, n = 1) {
      notes[name] += n
    },
    notes: () => ({ ...notes }),
    enqueue: outbox.put,
    enqueueHistory: outbox.putHistory,
    heardMs: () => heardMs,
    setHeard(ms) {
      heardMs = ms
    },
    nextWaiting: outbox.next,
    settleWaiting(upTo, n) {
      outbox.settle(upTo)
      stored += n
    },
    waiting: outbox.waiting,
    waitingBytes: outbox.bytes,
    quarantined: quarantine.find,
    release(row) {
      count(row.reason, -row.readings)
      quarantine.remove(row)
    },
    keep(row, why) {
      count(row.reason, -row.readings)
      count(why.reason, why.n)
      quarantine.keep(row.id, why)
    },
    counts: () => ({
      ...{ stored, duplicates, rejected: rejected.counts(), outbox: outbox.waiting(), extra },
      partitions: [...positions.all()].map(({ partition, base, cum }) => ({ partition, base, cum })),
    }),
    flush() {
      rejected.flush()
      write.run(stored, duplicates, outbox.waiting(), JSON.stringify(notes), heardMs, extra)
      positions.flush()
    },
  }
}

/** Refused readings by reason. */
function openRejected(db: DatabaseSync) {
  const known = new Map<string, number>()
  for (const { reason, n } of db.prepare('SELECT reason, n FROM rejected').all()) known.set(String(reason), Number(n))
  const changed = new Set<string>()
  const save = db.prepare('INSERT OR REPLACE INTO rejected (reason, n) VALUES (?, ?)')
  return {
    add(reason: string, n: number): void {
      if (n === 0) return
      known.set(reason, (known.get(reason) ?? 0) + n)
      changed.add(reason)
    },
    counts: (): Record<string, number> => Object.fromEntries([...known].filter(([, n]) => n !== 0)),
    flush(): void {
      for (const reason of changed) save.run(reason, known.get(reason) ?? 0)
      changed.clear()
    },
  }
}

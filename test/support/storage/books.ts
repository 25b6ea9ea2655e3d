import { DatabaseSync } from 'node:sqlite'
import type { PipelineCounters } from '../../../contract/feed.ts'
import { pipelineCounters } from '../../../domain/pipeline-counters.ts'
import { openSegmentReader } from '../../../storage/journal/segment-reader.ts'
import { type LocalReader, openLocalReader } from '../../../storage/telemetry/local-reader.ts'

/** The counters out of ingest's file, past ingest and its feed, with the journal's tail read after them. */
export function readCounters(
  db: DatabaseSync,
  journalTail: (partition: string) => { cum: number } | undefined,
): PipelineCounters {
  const { row, reasons, places } = readBooks(db)
  const tails = Object.fromEntries(
    ['local', ...places.map(({ partition }) => String(partition))].map((name) => [name, journalTail(name)?.cum ?? 0]),
  )
  const counts = {
    stored: Number(row.stored ?? 0),
    duplicates: Number(row.duplicates ?? 0),
    rejected: Object.fromEntries(reasons.map(({ reason, n }) => [String(reason), Number(n)])),
    outbox: Number(row.outbox ?? 0),
    extra: Number(row.extra ?? 0),
    partitions: places.map(({ partition, base, cum }) => ({
      ...{ partition: String(partition), base: Number(base), cum: Number(cum) },
    })),
  }
  return pipelineCounters(counts, tails)
}

/** All at one moment; a transaction that a fault left open would make every later answer fail. */
function readBooks(db: DatabaseSync) {
  db.exec('BEGIN')
  try {
    const row: Record<string, unknown> = db.prepare('SELECT * FROM ledger').get() ?? {}
    const reasons = db.prepare('SELECT reason, n FROM rejected WHERE n <> 0').all()
    return { row, reasons, places: db.prepare('SELECT partition, base, cum FROM journal_position').all() }
  } finally {
    db.exec('ROLLBACK')
  }
}

const nothing: PipelineCounters = { received: 0, stored: 0, duplicates: 0, rejected: {}, waiting: 0 }

/** What tests look at from outside: what the api reads, and ingest's counters as they lie on disk. */
export type StoreReader = LocalReader & { counters(): Promise<PipelineCounters> }

export function openStoreReader({ storePath, journalDir }: { storePath: string; journalDir: string }): StoreReader {
  const reader = openLocalReader({ storePath })
  const journal = openSegmentReader(journalDir)

  function counters(): PipelineCounters {
    const db = new DatabaseSync(storePath, { readOnly: true, timeout: 5000, open: false })
    try {
      db.open()
      const ready = db
        .prepare("SELECT count(*) AS n FROM sqlite_master WHERE name IN ('journal_position', 'outbox')")
        .get()
      return ready?.n === 2 ? readCounters(db, journal.tail) : nothing
    } catch (error) {
      // Before ingest has run for the first time.
      if (Object(error).errcode === 14) return nothing
      throw error
    } finally {
      if (db.isOpen) db.close()
    }
  }

  return {
    ...reader,
    counters: async () => counters(),
    async close() {
      journal.close()
      await reader.close()
    },
  }
}

import type { DatabaseSync } from 'node:sqlite'
import type { JournalPosition } from '../../contract/ports/journal.ts'
import { localPartition } from '../journal/local-partition.ts'
import { inTransaction } from './sqlite/sqlite-open.ts'

/** How far each partition of the journal was taken in. Part of the ledger, which writes it with what was taken. */
export interface Positions {
  /** The beginning, for a partition of which nothing was read. */
  of(partition: string): JournalPosition
  advance(partition: string, to: JournalPosition): void
  /** The partition is another one, which begins behind this batch. What was read of the one before stays counted. */
  reset(partition: string, to: JournalPosition): void
  all(): Iterable<KeptPosition>
  flush(): void
}

export interface KeptPosition extends JournalPosition {
  partition: string
  /** `cum` of partitions of this name that are gone, less what the present one had counted before we came to it. */
  base: number
}

const schema = `
  CREATE TABLE IF NOT EXISTS journal_position (
    partition TEXT PRIMARY KEY, seq INTEGER NOT NULL, cum INTEGER NOT NULL, base INTEGER NOT NULL
  ) WITHOUT ROWID
`

export function openPositions(db: DatabaseSync): Positions {
  inTransaction(db, () => {
    db.exec(schema)
    moveOutOfLedger(db)
  })
  const known = new Map(readPositions(db).map((kept) => [kept.partition, kept]))
  const moved = new Set<KeptPosition>()
  const save = db.prepare('INSERT OR REPLACE INTO journal_position (partition, seq, cum, base) VALUES (?, ?, ?, ?)')

  function change(partition: string, { seq, cum }: JournalPosition, keepsCounted: boolean): void {
    const kept = known.get(partition) ?? { partition, seq: 0, cum: 0, base: 0 }
    if (keepsCounted) kept.base += kept.cum - cum
    kept.seq = seq
    kept.cum = cum
    known.set(partition, kept)
    moved.add(kept)
  }

  return {
    of(partition) {
      const { seq, cum } = known.get(partition) ?? { seq: 0, cum: 0 }
      return { seq, cum }
    },
    advance: (partition, to) => change(partition, to, false),
    reset: (partition, to) => change(partition, to, true),
    all: () => known.values(),
    flush() {
      for (const { partition, seq, cum, base } of moved) save.run(partition, seq, cum, base)
      moved.clear()
    },
  }
}

function readPositions(db: DatabaseSync): KeptPosition[] {
  return db
    .prepare('SELECT partition, seq, cum, base FROM journal_position')
    .all()
    .map((row) => ({
      partition: String(row.partition),
      seq: Number(row.seq),
      cum: Number(row.cum),
      base: Number(row.base),
    }))
}

/** Databases of earlier releases have one position, in columns of the ledger; the oldest without `base`. */
function moveOutOfLedger(db: DatabaseSync): void {
  const columns = db.prepare("SELECT name FROM pragma_table_info('ledger')").all()
  const has = (column: string) => columns.some(({ name }) => name === column)
  if (!has('offset_seq')) return
  const base = has('base') ? 'base' : '0'
  db.exec(`INSERT INTO journal_position SELECT '${localPartition}', offset_seq, cum, ${base} FROM ledger`)
  for (const column of ['offset_seq', 'cum', 'base'])
    if (has(column)) db.exec(`ALTER TABLE ledger DROP COLUMN ${column}`)
}

import { readdirSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { DroppedCount, StorageStatus } from '../contract/feed.ts'
import { hotBytes, type Sealer } from '../storage/telemetry/cold/sealer.ts'
import type { Ledger } from '../storage/telemetry/ledger.ts'
import { sealedStates } from '../storage/telemetry/sqlite/sqlite-tables.ts'

export interface StorageWatchParts {
  db: DatabaseSync
  storePath: string
  sealer: Pick<Sealer, 'status'>
  ledger: Pick<Ledger, 'waitingBytes'>
  limits: StorageLimits
}

export interface StorageLimits {
  /** Telemetry may take so many bytes; absent: as many as there are. */
  budgetBytes: number | undefined
  /** Less free than this is told. */
  floorBytes: number
  outboxBytes: number
}

/** Looking at files and free room costs little, but not so little that it is done for every status. */
const keptForMs = 5000

/** What is known of the room on the disk, at most five seconds old. */
export function createStorageWatch({ db, storePath, sealer, ledger, limits }: StorageWatchParts): () => StorageStatus {
  let known: { atMs: number; status: StorageStatus } | undefined

  function refresh(): StorageStatus {
    const dir = dirname(storePath)
    const { bavail, bsize } = statfsSync(dir)
    const freeBytes = bavail * bsize
    const { coldBytes, overBudget, fault } = sealer.status()
    const days = (state: number) =>
      db.prepare('SELECT count(*) AS days, ifnull(sum(points), 0) AS points FROM sealed WHERE state = ?').get(state)
    const here = days(sealedStates.here)
    return {
      hotBytes: hotBytes(db),
      coldBytes,
      budgetBytes: limits.budgetBytes ?? null,
      overBudget,
      freeBytes,
      low: freeBytes < limits.floorBytes,
      outbox: { bytes: ledger.waitingBytes(), quotaBytes: limits.outboxBytes },
      sealed: { days: Number(here?.days), points: Number(here?.points) },
      missingDays: Number(days(sealedStates.missing)?.days),
      damagedFiles: readdirSync(dir).filter((name) => /\.damaged-[^/]*Z$/.test(name)),
      fault,
      dropped: droppedCounts(db),
    }
  }

  return () => {
    const atMs = performance.now()
    if (known === undefined || atMs - known.atMs > keptForMs) known = { atMs, status: refresh() }
    return known.status
  }
}

function droppedCounts(db: DatabaseSync): DroppedCount[] {
  return db
    .prepare('SELECT class, cause, days, points FROM dropped ORDER BY class, cause')
    .all()
    .map((row) => ({
      // Written from these words only.
      class: String(row.class) as DroppedCount['class'],
      cause: String(row.cause) as DroppedCount['cause'],
      days: Number(row.days),
      points: Number(row.points),
    }))
}

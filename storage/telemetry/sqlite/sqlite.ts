import { dirname } from 'node:path'
import { pino } from 'pino'
import { type StoredReading, StoreUnavailableError, type TelemetryStore } from '../../../contract/ports/telemetry.ts'
import { dayMs as wholeDayMs } from '../../../contract/time.ts'
import { openColdFiles } from '../cold/cold-files.ts'
import { createSealedLookup } from '../cold/sealed-lookup.ts'
import { openSealer, type SealerStatus } from '../cold/sealer.ts'
import { unstorableOf, withoutRefused } from '../storable.ts'
import { createManualTable } from './manual-table.ts'
import { inTransaction, openHotDatabase } from './sqlite-open.ts'
import { createSqliteReader } from './sqlite-reader.ts'
import { createSqliteWriter } from './sqlite-writer.ts'

const sweepRows = 10_000

/** Past days are sealed by `settle()`, which also folds in what came late. */
export interface SealingStore extends TelemetryStore {
  settle(): Promise<void>
  status(): SealerStatus
}

export interface SealingOptions {
  sealAfterMs: number
  now: () => number
  budgetBytes?: number
}

/**
 * The embedded engine as a whole store of its own: one folder, no server. `ingest/` uses its two halves directly.
 * Without `sealing` every day stays in its table.
 */
export function openSqliteStore({ path, sealing }: { path: string; sealing?: SealingOptions }): SealingStore {
  const db = openHotDatabase(path)
  const dir = dirname(path)
  const cold = openColdFiles(dir)
  const lookup = createSealedLookup(cold)
  const isPast = (dayMs: number) => sealing !== undefined && dayMs + wholeDayMs + sealing.sealAfterMs <= sealing.now()
  const openWriter = () => createSqliteWriter(db, { isPast, sealedRow: lookup.row })
  let writer = openWriter()
  const manual = createManualTable(db)
  const reader = createSqliteReader(db, cold)
  const sealer =
    sealing === undefined
      ? undefined
      : openSealer({
          db,
          // The writer is another one after a failed write.
          writer: {
            get days() {
              return writer.days
            },
            get late() {
              return writer.late
            },
          },
          lookup,
          storePath: path,
          dir,
          budgetBytes: undefined,
          ...sealing,
          log: pino({ level: 'silent' }),
          rest: 0,
        })

  function requireOpen(): void {
    if (!db.isOpen) throw new StoreUnavailableError('the database is closed')
  }

  return {
    engine: 'sqlite',
    target: path,
    async write(readings: readonly StoredReading[]) {
      requireOpen()
      const refused = readings.map(unstorableOf)
      try {
        inTransaction(db, () => {
          for (const [index, reading] of readings.entries()) {
            const parts = refused[index] ?? []
            if (parts.some(({ metric }) => metric === undefined)) continue
            const outcome = writer.write(withoutRefused(reading, parts))
            if (outcome === 'too-many-past-days') refused[index] = [{ index, detail: outcome }]
          }
          writer.flush()
        })
      } catch (error) {
        // What the writer remembers of the batch was rolled back with it.
        writer = openWriter()
        throw new StoreUnavailableError(error instanceof Error ? error.message : 'write failed', { cause: error })
      }
      return refused.flat()
    },
    /** Keeps the readings by hand; states and events have writers of their own in ingest. */
    async writeHistory(history) {
      requireOpen()
      inTransaction(db, () => {
        for (const { deviceId, ...reading } of history.manual ?? []) manual.save(deviceId, reading)
      })
      return []
    },
    async range(query) {
      requireOpen()
      return reader.range(query)
    },
    async city(query) {
      requireOpen()
      return reader.city(query)
    },
    async latest() {
      requireOpen()
      return reader.latest()
    },
    async manual(query) {
      requireOpen()
      return reader.manual(query)
    },
    async dropBefore(ms) {
      requireOpen()
      inTransaction(db, () => {
        writer.days.dropBefore(ms)
        while (writer.days.sweep(sweepRows));
      })
    },
    async health() {
      return db.isOpen ? { up: true } : { up: false, detail: 'the database is closed' }
    },
    async close() {
      await sealer?.close()
      cold.close()
      if (db.isOpen) db.close()
    },
    async settle() {
      await sealer?.settle()
    },
    status: () => sealer?.status() ?? { coldBytes: 0, overBudget: false, fault: null },
  }
}

import { type StoredReading, StoreUnavailableError, type TelemetryStore } from '../../contract/ports.ts'
import { inTransaction, openHotDatabase } from './sqlite-open.ts'
import { createSqliteReader } from './sqlite-reader.ts'
import { createSqliteWriter } from './sqlite-writer.ts'

/** The embedded engine as a whole store of its own: one file, no server. `ingest/` uses its two halves directly. */
export function openSqliteStore({ path }: { path: string }): TelemetryStore {
  const db = openHotDatabase(path)
  let writer = createSqliteWriter(db)
  const reader = createSqliteReader(db)

  function requireOpen(): void {
    if (!db.isOpen) throw new StoreUnavailableError('the database is closed')
  }

  return {
    engine: 'sqlite',
    async write(readings: readonly StoredReading[]) {
      requireOpen()
      try {
        inTransaction(db, () => {
          for (const reading of readings) writer.write(reading)
          writer.flush()
        })
      } catch (error) {
        // What the writer remembers of the batch was rolled back with it.
        writer = createSqliteWriter(db)
        throw new StoreUnavailableError(error instanceof Error ? error.message : 'write failed', { cause: error })
      }
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
    async dropBefore(ms) {
      requireOpen()
      inTransaction(db, () => writer.dropBefore(ms))
    },
    async health() {
      return db.isOpen ? { up: true } : { up: false, detail: 'the database is closed' }
    },
    async close() {
      if (db.isOpen) db.close()
    },
  }
}

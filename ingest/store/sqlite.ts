import { metricNamePattern } from '../../contract/metrics.ts'
import { type StoredReading, StoreUnavailableError, type TelemetryStore } from '../../contract/ports.ts'
import { deviceIdPattern } from '../../contract/topics.ts'
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
      const refused = readings.flatMap((reading, index) => {
        const detail = whyNever(reading)
        return detail === undefined ? [] : [{ index, detail }]
      })
      const never = new Set(refused.map(({ index }) => index))
      try {
        inTransaction(db, () => {
          for (const [index, reading] of readings.entries()) if (!never.has(index)) writer.write(reading)
          writer.flush()
        })
      } catch (error) {
        // What the writer remembers of the batch was rolled back with it.
        writer = createSqliteWriter(db)
        throw new StoreUnavailableError(error instanceof Error ? error.message : 'write failed', { cause: error })
      }
      return refused
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

/** Why a reading can never be stored; readings that came through the pipeline always can. */
function whyNever({ deviceId, metrics }: StoredReading): string | undefined {
  if (!deviceIdPattern.test(deviceId)) return 'the device id is none'
  for (const [metric, value] of Object.entries(metrics)) {
    if (!metricNamePattern.test(metric)) return 'the metric name is none'
    if (!Number.isFinite(value)) return `${metric} is not a finite number`
  }
  return undefined
}

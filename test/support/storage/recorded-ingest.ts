import { openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { openWalSync } from '../../../storage/telemetry/sqlite/wal-sync.ts'
import { batchesOf, message, morningMs, openEngine, reached } from './engine-under-test.ts'

/**
 * A process that takes journal batches in, syncs now and then as ingest does, and writes the offset into a file at once
 * when the journal might be unlinked up to there, so that a recording of its system calls holds that moment. Checkpoints
 * come in the middle of it.
 */
const syncEvery = 7
const [dir = '', offsets = '', count = '0'] = process.argv.slice(2)
const under = openEngine(dir, { forwards: true })
const file = openSync(offsets, 'a')
const walSync = openWalSync(join(dir, 'hot.db'))
under.db.exec('PRAGMA wal_autocheckpoint = 60')
const entries = Array.from({ length: Number(count) }, (_, n) =>
  message({ ts: morningMs + n, odometer_km: n / 10 }, { receivedAtMs: morningMs + n }),
)
for (const batch of batchesOf(entries.map((entry) => [entry])).slice(reached(under))) {
  under.engine.processBatches([batch])
  if (batch.seq % syncEvery !== 0) continue
  await walSync.sync()
  writeSync(file, `${batch.seq}\n`)
}
process.exit(0)

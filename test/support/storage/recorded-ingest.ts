import { openSync, writeSync } from 'node:fs'
import { batchesOf, message, morningMs, openEngine, reached } from './engine-under-test.ts'

/**
 * A process that takes journal batches in and writes each offset into a file at once when it is stored, so that a
 * recording of its system calls holds the moment at which the journal might be unlinked.
 */
const [dir = '', offsets = '', count = '0'] = process.argv.slice(2)
const under = openEngine(dir, { forwards: true })
const file = openSync(offsets, 'a')
const entries = Array.from({ length: Number(count) }, (_, n) =>
  message({ ts: morningMs + n, odometer_km: n / 10 }, { receivedAtMs: morningMs + n }),
)
for (const batch of batchesOf(entries.map((entry) => [entry])).slice(reached(under))) {
  under.engine.takeBatches([batch])
  writeSync(file, `${batch.seq}\n`)
}
process.exit(0)

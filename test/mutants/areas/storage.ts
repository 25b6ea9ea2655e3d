import type { Mutant } from '../mutant.ts'

const torture = ['test/torture/torture.test.ts']
const journal = [
  'test/storage/journal/journal.test.ts',
  'test/storage/journal/journal-damage.test.ts',
  'test/storage/journal/journal.conformance.test.ts',
]
const damage = 'RELIABILITY journal-damage'
const power = 'RELIABILITY power-loss'
const failing = 'RELIABILITY failing-disk'
const slow = 'RELIABILITY slow-disk'
const sealing = 'RELIABILITY sealing'
const month = 'RELIABILITY thirty-days'
const influx = 'RELIABILITY influx-outage'
const hostile = 'RELIABILITY hostile-payloads'
const decoded = 'ASVS 1.1.1, 1.5.2'
const share = (name: string) => `torture, a small share > ${name}:`

/** From the acknowledgement to the sealed day. */
export const storageMutants: readonly Mutant[] = [
  {
    id: 'a-batch-twice',
    claim: damage,
    file: 'storage/journal/segment-batches.ts',
    find: 'batch === undefined || batch.seq <= last',
    replace: 'batch === undefined',
    tests: ['test/storage/journal/journal-damage.test.ts'],
  },
  {
    id: 'batches-of-before-passed-over',
    claim: damage,
    file: 'storage/journal/segment-batches.ts',
    find: 'if (before === after + 1) return false',
    replace: 'if (before !== after) return false',
    tests: ['test/storage/journal/journal-damage.test.ts'],
  },
  {
    id: 'damaged-body-taken-as-sound',
    claim: damage,
    file: 'storage/journal/seal.ts',
    find: "return seal === asWritten ? 'sound' : 'body'",
    replace: "return 'sound'",
    tests: journal,
  },
  {
    id: 'damaged-numbers-taken-as-sound',
    claim: damage,
    file: 'storage/journal/seal.ts',
    find: "if (Math.floor(seal / bodySpan) !== Math.floor(asWritten / bodySpan)) return 'header'",
    replace: '',
    tests: journal,
  },
  {
    id: 'missing-readings-not-counted',
    claim: damage,
    file: 'ingest/batches.ts',
    find: "if (missing > 0) ledger.lost('journal-damaged', missing)",
    replace: '',
    tests: ['test/ingest/engine.test.ts'],
  },
  {
    id: 'nothing-behind-a-damaged-page',
    claim: damage,
    file: 'storage/journal/segment-batches.ts',
    find: 'if (batches.length === 0) return pastDamage(from, after)',
    replace: '',
    tests: journal,
  },
  {
    id: 'journal-without-a-sync',
    claim: power,
    file: 'storage/journal/segment.ts',
    find: 'PRAGMA synchronous = FULL;',
    replace: 'PRAGMA synchronous = NORMAL;',
    tests: torture,
    only: share('power-loss'),
  },
  {
    id: 'store-without-a-sync',
    claim: power,
    file: 'storage/telemetry/sqlite/sqlite-open.ts',
    find: 'PRAGMA synchronous = NORMAL;',
    replace: 'PRAGMA synchronous = OFF;',
    tests: torture,
    only: share('power-loss'),
  },
  {
    id: 'journal-dropped-before-the-store-is-synced',
    claim: power,
    file: 'storage/telemetry/sqlite/wal-sync.ts',
    find: 'fdatasync(descriptor, (error) => (error === null ? resolve() : reject(error)))',
    replace: 'resolve()',
    tests: torture,
    only: share('power-loss'),
  },
  {
    id: 'failed-sync-tried-again-on-the-same-file',
    claim: failing,
    file: 'storage/journal/writer-worker.ts',
    find: `    if (full) return
    try {
      segments.rotate()`,
    replace: `    if (full || message !== '') return
    try {
      segments.rotate()`,
    tests: journal,
  },
  {
    id: 'acknowledged-although-the-write-failed',
    claim: failing,
    file: 'storage/journal/writer-worker.ts',
    find: 'return recover(error)',
    replace:
      "reply({ type: 'written', upTo: held.at(-1)?.id ?? 0, bytes: segments.bytes() })\n      held = []\n      return recover(error)",
    tests: journal,
  },
  {
    id: 'failed-write-forgotten',
    claim: failing,
    file: 'storage/journal/writer-worker.ts',
    find: `    retryTimer ??= setTimeout(() => {
      retryTimer = undefined
      flush()
    }, retryMs)`,
    replace: '    void retryMs',
    tests: journal,
  },
  {
    id: 'memory-for-a-slow-disk-without-bound',
    claim: slow,
    file: 'storage/journal/writer.ts',
    find: 'if (pending + bytes > maxPending)',
    replace: 'if (pending + bytes > maxPending * 1e9)',
    tests: journal,
  },
  {
    id: 'slow-disk-one-batch-after-the-other',
    claim: slow,
    file: 'storage/journal/writer.ts',
    find: 'const maxInFlightWhenSlow = 24',
    replace: 'const maxInFlightWhenSlow = 2',
    tests: journal,
  },
  {
    id: 'sealing-without-rest',
    claim: sealing,
    file: 'storage/telemetry/cold/seal-worker.ts',
    find: 'await sleep(workedMs * rest)',
    replace: 'await sleep(workedMs * 0)',
    tests: ['test/storage/telemetry/sealing.test.ts'],
  },
  {
    id: 'sealing-at-usual-priority',
    claim: sealing,
    file: 'storage/telemetry/cold/seal-worker.ts',
    find: "if (process.platform === 'linux') setPriority(0, constants.priority.PRIORITY_LOW)",
    replace: 'void [constants, setPriority]',
    tests: ['test/storage/telemetry/sealing.test.ts'],
  },
  {
    id: 'sealed-without-differences',
    claim: month,
    file: 'storage/telemetry/cold/column.ts',
    find: 'if (plain <= delta && plain <= deltaOfDelta) return modes.plain',
    replace: 'if (plain <= Number.POSITIVE_INFINITY) return modes.plain',
    tests: ['test/storage/telemetry/cold/chunk.test.ts'],
  },
  {
    id: 'sealed-as-raw-numbers',
    claim: month,
    file: 'storage/telemetry/cold/column.ts',
    find: 'const wholes = toWholes(present)',
    replace: 'const wholes = present.length > 0 ? undefined : toWholes(present)',
    tests: ['test/storage/telemetry/cold/chunk.test.ts'],
  },
  {
    id: 'outage-drops-a-batch',
    claim: influx,
    file: 'ingest/sender.ts',
    find: ' : await store.write(batch.readings)',
    replace: ' : await store.write(batch.readings).catch(() => [])',
    tests: ['test/ingest/sender.test.ts'],
  },
  {
    id: 'outbox-settled-before-the-answer',
    claim: influx,
    file: 'ingest/sender.ts',
    find: `    const refused = batch.readings.length === 0 ? [] : await store.write(batch.readings)
    const unwritten = await sendHistory(batch.history)
    if (abandoned) return false
    outbox.settle(batch.upTo, batch.readings, refused, unwritten)`,
    replace: `    outbox.settle(batch.upTo, batch.readings, [], 0)
    await store.write(batch.readings)
    await sendHistory(batch.history)
    if (abandoned) return false`,
    tests: ['test/ingest/sender.test.ts'],
  },
  {
    id: 'dropped-database-taken-for-the-same',
    claim: influx,
    file: 'storage/telemetry/coverage.ts',
    find: '(known.place !== place || holdsMark === false)',
    replace: 'known.place !== place && holdsMark !== undefined',
    tests: ['test/storage/telemetry/coverage.test.ts'],
  },
  {
    id: 'events-of-a-millisecond-are-one',
    claim: influx,
    file: 'ingest/states/device-history.ts',
    find: 'events.countAt(event.deviceId, event.atMs) + links.countAt(event.deviceId, event.atMs)',
    replace: '0',
    tests: ['test/ingest/engine.test.ts'],
  },
  {
    id: 'no-rest-while-the-outbox-drains',
    claim: influx,
    file: 'ingest/sender.ts',
    find: 'await waitOut((performance.now() - startedMs) * restShare)',
    replace: 'void [startedMs, restShare]',
    tests: ['test/ingest/sender.test.ts'],
  },
  {
    id: 'good-points-refused-with-the-bad',
    claim: influx,
    file: 'storage/telemetry/influx/influx-write.ts',
    find: 'if (part.length === 1 && first !== undefined)',
    replace: 'if (part.length <= 2 && first !== undefined)',
    tests: ['test/storage/telemetry/influx/influx-write.test.ts'],
  },
  {
    id: 'broken-utf-8-taken',
    claim: decoded,
    file: 'ingest/adapters/json.ts',
    find: "new TextDecoder('utf-8', { fatal: true })",
    replace: "new TextDecoder('utf-8')",
    tests: ['test/ingest/intake.test.ts'],
  },
  {
    id: 'utf-16-taken',
    claim: decoded,
    file: 'ingest/adapters/json.ts',
    find: 'return utf8.decode(payload)',
    replace: "return payload[1] === 0 ? new TextDecoder('utf-16le').decode(payload) : utf8.decode(payload)",
    tests: ['test/ingest/intake.test.ts'],
  },
  {
    id: 'json-of-any-depth',
    claim: decoded,
    file: 'contract/reading.ts',
    find: 'jsonDepth: 8,',
    replace: 'jsonDepth: 1e9,',
    tests: ['test/ingest/intake.test.ts'],
  },
  {
    id: 'constructor-as-a-metric',
    claim: hostile,
    file: 'contract/metric-names.ts',
    find: "return name === '' || name in Object.prototype",
    replace: "return name === ''",
    tests: ['test/ingest/engine.test.ts'],
  },
  {
    id: 'infinity-as-a-value',
    claim: hostile,
    file: 'ingest/adapters/flat-reading.ts',
    find: "(typeof value === 'number' && Number.isFinite(value))",
    replace: "typeof value === 'number'",
    tests: ['test/ingest/intake.test.ts'],
  },
  {
    id: 'readings-beyond-the-first-not-received',
    claim: hostile,
    file: 'storage/telemetry/ledger.ts',
    find: 'extra += readings - known',
    replace: 'extra += 0',
    tests: ['test/ingest/balance.test.ts'],
  },
  {
    id: 'part-of-an-array-unaccounted-for',
    claim: hostile,
    file: 'ingest/adapters/native.ts',
    find: 'else context.refuse(parsed.reason, parsed.detail, isArray ? part : undefined)',
    replace: 'else if (!isArray) context.refuse(parsed.reason, parsed.detail)',
    tests: ['test/ingest/intake.test.ts'],
  },
]

import { pino } from 'pino'
import { expect, test } from 'vitest'
import type { JournalBatch, JournalPosition, JournalReader } from '../../contract/ports/journal.ts'
import { createJournalSource } from '../../ingest/journal-source.ts'
import { message, morningMs, openEngine } from '../support/storage/engine-under-test.ts'
import { tempDir } from '../support/system/temp-dir.ts'

/** A journal of several partitions, each with its batches, such as an engine on several machines has. */
function scriptedJournal(partitions: Record<string, JournalBatch[]>) {
  const committed: Record<string, number> = {}
  const asked: [string, number, number][] = []
  const end = (partition: string): JournalPosition | undefined => partitions[partition]?.at(-1)
  const reader: JournalReader = {
    partitions: async () => Object.keys(partitions),
    async read(partition, after, maxBytes) {
      asked.push([partition, after, maxBytes])
      return partitions[partition]?.filter(({ seq }) => seq > after) ?? []
    },
    async commit(partition, seq) {
      committed[partition] = seq
    },
    async head(partition) {
      const first = partitions[partition]?.[0]
      return first && { seq: first.seq - 1, cum: first.cum - first.readings }
    },
    async tail(partition) {
      const last = end(partition)
      return last && { seq: last.seq, cum: last.cum }
    },
    close: async () => undefined,
  }
  return { reader, committed, asked, partitions }
}

function batchOf(partition: string, seq: number, cum = seq): JournalBatch {
  return { partition, seq, cum, readings: 1, entries: [message({ ts: morningMs + seq, speed_kmh: seq })] }
}

function open(partitions: Record<string, JournalBatch[]>) {
  const journal = scriptedJournal(partitions)
  const { engine } = openEngine(tempDir())
  const source = createJournalSource({
    journal: journal.reader,
    engine,
    synced: async () => undefined,
    log: pino({ level: 'silent' }),
  })
  return { ...journal, engine, source }
}

const places = (batches: readonly JournalBatch[]) => batches.map(({ partition, seq }) => `${partition}:${seq}`)

test('every partition is read behind its own position, with its share of the room, and committed by its own name', async () => {
  const { source, engine, asked, committed, partitions } = open({
    'a/0': [batchOf('a/0', 1), batchOf('a/0', 2)],
    'b/3': [batchOf('b/3', 1)],
  })
  const first = await source.readNew(1000)
  expect(places(first.batches)).toEqual(['a/0:1', 'a/0:2', 'b/3:1'])
  engine.processBatches(first.batches)
  // A broker begins another stream while the first ones go on.
  partitions['c/0'] = [batchOf('c/0', 1)]
  partitions['b/3']?.push(batchOf('b/3', 2))
  const next = await source.readNew(1000)
  expect(places(next.batches)).toEqual(['b/3:2', 'c/0:1'])
  expect(asked.slice(-3)).toEqual([
    ['a/0', 2, 1000 / 3],
    ['b/3', 1, 1000 / 3],
    ['c/0', 0, 1000 / 3],
  ])
  engine.processBatches(next.batches)
  await source.follow()
  expect(committed).toEqual({ 'a/0': 2, 'b/3': 2, 'c/0': 1 })
  expect(source.tails()).toEqual({ 'a/0': 2, 'b/3': 2, 'c/0': 1 })
})

test('a partition that is another one is read from its beginning, and what was read of the old one meanwhile is not taken', async () => {
  const { source, engine, partitions } = open({
    'a/0': [batchOf('a/0', 1), batchOf('a/0', 2)],
    'b/3': [batchOf('b/3', 1)],
  })
  engine.processBatches((await source.readNew(1000)).batches)
  const meanwhile = await source.readNew(1000)
  expect(meanwhile.isCurrent()).toBe(true)
  partitions['a/0'] = [batchOf('a/0', 1)]
  await source.follow()
  expect(meanwhile.isCurrent()).toBe(false)
  expect(engine.ledger.position('a/0')).toEqual({ seq: 0, cum: 0 })
  expect(engine.ledger.position('b/3')).toEqual({ seq: 1, cum: 1 })
  expect(places((await source.readNew(1000)).batches)).toEqual(['a/0:1'])
  // What the old one held stays counted.
  expect(engine.ledger.counts().partitions).toContainEqual({ partition: 'a/0', base: 2, cum: 0 })
})

test('a new database begins where each partition begins now', async () => {
  const { source, engine } = open({ 'a/0': [batchOf('a/0', 7)], 'b/3': [batchOf('b/3', 1)] })
  await source.startAtHead()
  expect(engine.ledger.position('a/0')).toEqual({ seq: 6, cum: 6 })
  engine.processBatches((await source.readNew(1000)).batches)
  expect(engine.ledger.counts()).toMatchObject({ rejected: {} })
})

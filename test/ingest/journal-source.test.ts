import { pino } from 'pino'
import { expect, test } from 'vitest'
import type { JournalReader } from '../../contract/ports/journal.ts'
import { createJournalSource } from '../../ingest/journal-source.ts'

/** A journal of one partition, of which only the end and what was committed matter. */
function sourceOf(synced: () => Promise<void>) {
  const committed: number[] = []
  const place = { seq: 5, cum: 5 }
  const journal: JournalReader = {
    partitions: async () => ['0'],
    read: async () => [],
    commit: async (_partition, seq) => void committed.push(seq),
    head: async () => ({ seq: 0, cum: 0 }),
    tail: async () => ({ seq: 100, cum: 100 }),
    close: async () => undefined,
  }
  const ledger = { position: () => ({ ...place }) }
  const source = createJournalSource({
    journal,
    engine: { ledger, resetPosition: () => undefined } as never, // nothing else of it is asked
    synced,
    log: pino({ level: 'silent' }),
  })
  return { source, committed, place }
}

test('the journal may drop what was read once it would outlive a power cut, and no more', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { source, committed, place } = sourceOf(() => promise)
  const following = source.follow()
  await new Promise((turn) => setImmediate(turn))
  // Read while the sync was under way: it may not cover this.
  place.seq = 9
  expect(committed).toEqual([])
  resolve()
  await following
  expect(committed).toEqual([5])
  await source.follow()
  expect(committed).toEqual([5, 9])
})

test('a sync that fails lets nothing be dropped, and is told', async () => {
  const { source, committed } = sourceOf(() => Promise.reject(new Error('EIO')))
  await expect(source.follow()).rejects.toThrow('EIO')
  expect(committed).toEqual([])
})

test('nothing is synced where nothing was read since', async () => {
  let syncs = 0
  const { source, committed } = sourceOf(async () => {
    syncs += 1
  })
  for (let n = 0; n < 3; n += 1) await source.follow()
  expect({ syncs, committed }).toEqual({ syncs: 1, committed: [5] })
})

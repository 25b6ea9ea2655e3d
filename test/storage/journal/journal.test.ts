import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { JournalEntry } from '../../../contract/ports/journal.ts'
import { readFrames } from '../../../storage/journal/frame.ts'
import { writeConsumed } from '../../../storage/journal/hints.ts'
import { listSegments } from '../../../storage/journal/segment.ts'
import { openSegmentReader } from '../../../storage/journal/segment-reader.ts'
import { openJournalWriter } from '../../../storage/journal/writer.ts'
import { tempDir } from '../../support/system/temp-dir.ts'
import { append, entry } from '../conformance/journal.ts'

function openReader(dir: string) {
  const reader = openSegmentReader(dir)
  onTestFinished(() => reader.close())
  return reader
}

function readAll(dir: string): JournalEntry[] {
  const reader = openReader(dir)
  const entries: JournalEntry[] = []
  let after = 0
  for (;;) {
    const batches = reader.read(after, 64 * 1024)
    if (batches.length === 0) return entries
    for (const batch of batches) entries.push(...(batch.entries ?? []))
    after = batches.at(-1)?.seq ?? after
  }
}

test('entries of the first version, which knew no packet identifiers, are read', () => {
  const header = Buffer.alloc(18)
  const [principal, topic, payload] = ['bus-07', 'binjai/v1/bus/bus-07/event', '{"type":"x"}']
  header.writeUInt32LE(14 + principal.length + topic.length + payload.length)
  header[4] = 0b101
  header.writeDoubleLE(1_795_235_000_000, 5)
  header.writeUInt16LE(1, 13)
  header[15] = principal.length
  header.writeUInt16LE(topic.length, 16)
  const bytes = Buffer.concat([header, Buffer.from(principal + topic + payload)])
  expect(readFrames(bytes)).toEqual([{ ...entry(0, payload), topic, dup: true }])
})

test('what was read is unlinked, and the count stays', async () => {
  const dir = tempDir()
  const writer = openJournalWriter({ dir, quotaBytes: 1e9, segmentBytes: 2000 })
  for (let n = 0; n < 200; n += 1) await append(writer, entry(n))
  const before = listSegments(dir).length
  writeConsumed(dir, 10_000)
  await expect.poll(() => listSegments(dir).length, { timeout: 5000 }).toBe(1)
  expect(before).toBeGreaterThan(3)
  expect(openReader(dir).tail()?.cum).toBe(200)
  await writer.close()
})

/** The newest file of a journal, opened beside its writer. */
function beside(dir: string): DatabaseSync {
  const db = new DatabaseSync(listSegments(dir).at(-1)?.path ?? '')
  onTestFinished(() => {
    if (db.isOpen) db.close()
  })
  return db
}

describe('a disk that fails', () => {
  const numbers = (dir: string) => readAll(dir).map(({ receivedAtMs }) => receivedAtMs - 1_795_235_000_000)
  /** As SQLite says it of a write that failed; nothing can be written into this file any more. */
  const failing = (words: string) =>
    `CREATE TRIGGER failing BEFORE INSERT ON batch BEGIN SELECT raise(ABORT, '${words}'); END`

  test('acknowledges nothing of it; what was not written goes to a new file, once, and nobody has to repair anything', async () => {
    const dir = tempDir()
    const writer = openJournalWriter({ dir, quotaBytes: 1e9 })
    await append(writer, entry(0))
    beside(dir).exec(failing('disk I/O error'))
    const acknowledged: number[] = []
    const all = [1, 2, 3].map((n) => append(writer, entry(n)).then(() => acknowledged.push(n)))
    await expect.poll(() => writer.status().lastError, { interval: 5 }).toBe('disk I/O error')
    expect(acknowledged).toEqual([])
    expect(numbers(dir)).toEqual([0])
    await Promise.all(all)
    expect(listSegments(dir)).toHaveLength(2)
    expect(numbers(dir)).toEqual([0, 1, 2, 3])
    expect(writer.status().lastError).toBeNull()
    expect(openReader(dir).tail()?.cum).toBe(4)
    await writer.close()
  })

  test('that is full is waited for, with the same file, and goes on by itself', async () => {
    const dir = tempDir()
    const writer = openJournalWriter({ dir, quotaBytes: 1e9 })
    await append(writer, entry(0))
    const db = beside(dir)
    db.exec(failing('database or disk is full'))
    const all = [1, 2, 3].map((n) => append(writer, entry(n)))
    await expect.poll(() => writer.status()).toMatchObject({ full: true, lastError: 'database or disk is full' })
    expect(numbers(dir)).toEqual([0])
    db.exec('DROP TRIGGER failing')
    await Promise.all(all)
    expect(listSegments(dir)).toHaveLength(1)
    expect(numbers(dir)).toEqual([0, 1, 2, 3])
    expect(writer.status()).toMatchObject({ full: false, lastError: null })
    await writer.close()
  })
})

describe('a disk that has become slow', () => {
  /** Holds the writer where a sync that takes long would. */
  function stall(dir: string): () => void {
    const db = beside(dir)
    db.exec('BEGIN IMMEDIATE')
    return () => db.exec('ROLLBACK')
  }

  test('fills no memory: past its bound nothing more is taken, and what was taken is kept', async () => {
    const dir = tempDir()
    const writer = openJournalWriter({ dir, quotaBytes: 1e9, pendingBytes: 20_000 })
    await append(writer, entry(0))
    const release = stall(dir)
    const outcomes = Array.from({ length: 100 }, (_, n) =>
      append(writer, entry(n + 1, 'x'.repeat(1000))).then(
        () => 'kept',
        ({ message }: Error) => message,
      ),
    )
    const refused = outcomes.slice(50)
    expect(new Set(await Promise.all(refused))).toEqual(new Set(['the journal cannot keep up']))
    release()
    const kept = (await Promise.all(outcomes)).filter((outcome) => outcome === 'kept').length
    expect(kept).toBeGreaterThan(10)
    expect(kept).toBeLessThan(20)
    expect(readAll(dir)).toHaveLength(1 + kept)
    await append(writer, entry(200))
    await writer.close()
  })

  test('is handed all that came meanwhile, so that it shares the next sync', async () => {
    const dir = tempDir()
    const writer = openJournalWriter({ dir, quotaBytes: 1e9 })
    await append(writer, entry(0))
    const release = stall(dir)
    const all: Promise<void>[] = []
    // Each is a batch of its own by the time that the next comes.
    for (let n = 1; n <= 8; n += 1) {
      all.push(append(writer, entry(n)))
      await new Promise((resolve) => setTimeout(resolve, 70))
    }
    release()
    await Promise.all(all)
    await writer.close()
    const db = beside(dir)
    expect(db.prepare('SELECT count(*) AS n FROM batch').get()?.n).toBeGreaterThan(5)
    // Its first, the one that was held up, and one commit of all others.
    expect(db.prepare('SELECT count(DISTINCT at) AS n FROM batch').get()?.n).toBeLessThanOrEqual(3)
  })
})

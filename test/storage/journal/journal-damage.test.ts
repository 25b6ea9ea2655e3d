import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import type { JournalEntry, JournalWriter } from '../../../contract/ports/journal.ts'
import { writeConsumed } from '../../../storage/journal/hints.ts'
import { listSegments, segmentPath } from '../../../storage/journal/segment.ts'
import { openSegmentReader } from '../../../storage/journal/segment-reader.ts'
import { openJournalWriter } from '../../../storage/journal/writer.ts'
import { message } from '../../support/storage/engine-under-test.ts'
import { tempDir } from '../../support/system/temp-dir.ts'

function append(writer: JournalWriter, entry: JournalEntry): Promise<void> {
  return new Promise((resolve, reject) => {
    writer.append(entry, (error) => (error === undefined ? resolve() : reject(error)))
  })
}

async function writeSome(dir: string, numbers: readonly number[], segmentBytes?: number): Promise<void> {
  const writer = openJournalWriter({ dir, quotaBytes: 1e9, ...(segmentBytes === undefined ? {} : { segmentBytes }) })
  for (const n of numbers) await append(writer, message({ n }))
  await writer.close()
}

function openReader(dir: string) {
  const reader = openSegmentReader(dir)
  onTestFinished(() => reader.close())
  return reader
}

/** The numbers of all messages from the beginning, read a little at a time. */
function numbersIn(dir: string): number[] {
  const reader = openReader(dir)
  const numbers: number[] = []
  for (let after = 0; ; ) {
    const batches = reader.read(after, 1)
    if (batches.length === 0) return numbers
    // Whoever reads on behind a smaller number never comes to an end.
    expect(batches.at(-1)?.seq).toBeGreaterThan(after)
    for (const { entries } of batches) {
      for (const { payload } of entries ?? []) numbers.push(JSON.parse(Buffer.from(payload).toString()).n)
    }
    after = batches.at(-1)?.seq ?? after
  }
}

test.each([
  ['nothing in it', (path: string) => writeFileSync(path, '')],
  [
    'tables without a beginning',
    (path: string) => {
      const db = new DatabaseSync(path)
      db.exec('CREATE TABLE origin (cum INTEGER NOT NULL)')
      db.exec(`CREATE TABLE batch (seq INTEGER PRIMARY KEY, entries INTEGER NOT NULL, readings INTEGER NOT NULL,
        cum INTEGER NOT NULL, at INTEGER NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL)`)
      db.close()
    },
  ],
])(
  'killed while it made a new segment, of which there is %s: the count goes on, for readers too',
  async (_what, make) => {
    const dir = tempDir()
    await writeSome(dir, [1, 2, 3])
    make(segmentPath(dir, 4))
    expect(openReader(dir).tail()?.cum).toBe(3)
    await writeSome(dir, [4, 5])
    expect(openReader(dir).tail()?.cum).toBe(5)
    expect(numbersIn(dir)).toEqual([1, 2, 3, 4, 5])
  },
)

test('what a failed write left behind in an older segment is not taken for what was acknowledged in the next', async () => {
  const dir = tempDir()
  await writeSome(dir, [1, 2])
  await writeSome(dir, [3, 4], 1)
  const [older, next] = listSegments(dir)
  // As after a restart: a batch was written to the older file, its sync failed, the next file got it instead.
  const db = new DatabaseSync(older?.path ?? '')
  db.prepare('INSERT INTO batch SELECT ?, entries, readings, cum, at, crc, body FROM batch WHERE seq = 1').run(
    next?.firstSeq ?? 0,
  )
  db.close()
  expect(next?.firstSeq).toBe(4)
  expect(numbersIn(dir)).toEqual([1, 2, 3, 4])
})

test('a quota below the size of a segment is no dead end', async () => {
  const dir = tempDir()
  const writer = openJournalWriter({ dir, quotaBytes: 400_000 })
  const filler = 'x'.repeat(2000)
  let acknowledged = 0
  for (let n = 0; n < 600; n += 1) {
    append(writer, message({ n, filler })).then(
      () => {
        acknowledged += 1
      },
      () => undefined,
    )
    if (n % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  }
  const reader = openReader(dir)
  let after = 0
  await expect
    .poll(
      () => {
        for (const { seq } of reader.read(after, 1e9)) after = seq
        writeConsumed(dir, after)
        return acknowledged
      },
      { timeout: 10_000 },
    )
    .toBe(600)
  await writer.close()
})

test('a quota that was lowered below what the open segment holds is no dead end', async () => {
  const dir = tempDir()
  const filler = 'x'.repeat(100_000)
  const before = openJournalWriter({ dir, quotaBytes: 1e9 })
  for (let n = 0; n < 5; n += 1) await append(before, message({ n, filler }))
  await before.close()
  writeConsumed(dir, 5)
  const writer = openJournalWriter({ dir, quotaBytes: 200_000 })
  await append(writer, message({ n: 6 }))
  await writer.close()
})

test('what gathered while the disk was slow is kept in batches that a reader can hold', async () => {
  const dir = tempDir()
  const writer = openJournalWriter({ dir, quotaBytes: 1e9 })
  const filler = 'x'.repeat(1000)
  await Promise.all(Array.from({ length: 6000 }, (_, n) => append(writer, message({ n, filler }))))
  await writer.close()
  const reader = openReader(dir)
  const bytes: number[] = []
  for (let after = 0; ; ) {
    const batches = reader.read(after, 1)
    if (batches.length === 0) break
    for (const { entries } of batches) bytes.push((entries ?? []).reduce((sum, { payload }) => sum + payload.length, 0))
    after = batches.at(-1)?.seq ?? after
  }
  expect(Math.max(...bytes)).toBeLessThan(600_000)
  expect(bytes.reduce((sum, n) => sum + n, 0)).toBeGreaterThan(6_000_000)
})

test('closing keeps all that was handed over before it', async () => {
  const dir = tempDir()
  const writer = openJournalWriter({ dir, quotaBytes: 1e9 })
  const done: Promise<void>[] = []
  for (let n = 0; n < 20; n += 1) {
    done.push(append(writer, message({ n })))
    await new Promise((resolve) => setImmediate(resolve))
  }
  await writer.close()
  await Promise.all(done)
  expect(numbersIn(dir)).toEqual(Array.from({ length: 20 }, (_, n) => n))
})

test('when its files are taken away under it, the writer goes on in a new one that readers can see', async () => {
  const dir = tempDir()
  const writer = openJournalWriter({ dir, quotaBytes: 1e9 })
  for (let n = 0; n < 3; n += 1) await append(writer, message({ n }))
  for (const name of readdirSync(dir)) rmSync(join(dir, name))
  await expect.poll(() => listSegments(dir).length, { timeout: 5000 }).toBe(1)
  await append(writer, message({ n: 3 }))
  expect(numbersIn(dir)).toEqual([3])
  expect(openReader(dir).tail()?.cum).toBe(4)
  rmSync(dir, { recursive: true })
  await expect.poll(() => statSync(dir, { throwIfNoEntry: false }) !== undefined, { timeout: 5000 }).toBe(true)
  await append(writer, message({ n: 4 }))
  expect(openReader(dir).tail()?.cum).toBe(5)
  await writer.close()
})

test.each([1, 200, 4000])(
  'a file that ends %i bytes before its end costs what lay there, and stops no reader',
  async (cut) => {
    const dir = tempDir()
    const writer = openJournalWriter({ dir, quotaBytes: 1e9, segmentBytes: 300_000 })
    // Larger than a page: SQLite reads the pages behind the first one of a row past its cache, and finds the end of the file.
    for (let n = 0; n < 8; n += 1) await append(writer, message({ n, filler: randomBytes(50_000).toString('base64') }))
    await writer.close()
    const [oldest] = listSegments(dir)
    const path = oldest?.path ?? ''
    const whole = new DatabaseSync(path)
    whole.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    whole.close()
    truncateSync(path, statSync(path).size - cut)
    const next = listSegments(dir)[1]?.firstSeq ?? 0
    expect(next).toBeGreaterThan(2)
    const numbers = numbersIn(dir)
    // All of the segments behind it, and of this one what does not lie in its last page.
    expect(numbers).toEqual(expect.arrayContaining([0, 1, 2, 3, 4, 5, 6, 7].filter((n) => n !== next - 2)))
  },
)

test('a row that was zeroed is no empty batch: the readings that it held are still missing', async () => {
  const dir = tempDir()
  await writeSome(dir, [0, 1, 2])
  const db = new DatabaseSync(segmentPath(dir, 1))
  db.exec("UPDATE batch SET entries = 0, readings = 0, cum = 0, crc = 0, body = x'' WHERE seq = 2")
  db.close()
  const [first, next] = openReader(dir).read(0, 1e6)
  expect(first).toMatchObject({ seq: 1, cum: 1 })
  // The reader of the counts sees 3 - 1 - 1 = 1 reading that nobody brought.
  expect(next).toMatchObject({ seq: 3, cum: 3, readings: 1 })
})

test.each(['seq', 'cum', 'readings', 'crc'])(
  'a number that no writer wrote, in %s, costs its row alone',
  async (column) => {
    const dir = tempDir()
    await writeSome(dir, [0, 1, 2])
    const db = new DatabaseSync(segmentPath(dir, 1))
    db.exec(`UPDATE batch SET ${column} = 2685281922976269400 WHERE seq = 3`)
    db.close()
    await writeSome(dir, [3])
    expect(numbersIn(dir)).toEqual([0, 1, 3])
  },
)

test.each(['readings = 7', 'readings = 0', 'entries = 7', 'cum = cum + 5', 'cum = cum - 1'])(
  'a batch of which a number was changed (%s) counts for nothing: the next one tells what is missing',
  async (change) => {
    const dir = tempDir()
    await writeSome(dir, [0, 1, 2])
    const db = new DatabaseSync(segmentPath(dir, 1))
    db.exec(`UPDATE batch SET ${change} WHERE seq = 2`)
    db.close()
    const told = openReader(dir).read(0, 1e6)
    expect(told.map(({ seq, cum, readings }) => ({ seq, cum, readings }))).toEqual([
      { seq: 1, cum: 1, readings: 1 },
      { seq: 3, cum: 3, readings: 1 },
    ])
  },
)

/** Has a page of the table's tree point at the page of another child; returns the last number of each child before. */
function mispoint(path: string, child: number, at: number): number[] {
  const db = new DatabaseSync(path)
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  const root = Number(db.prepare("SELECT rootpage FROM sqlite_master WHERE name = 'batch'").get()?.rootpage)
  const pageBytes = Number(db.prepare('PRAGMA page_size').get()?.page_size)
  db.close()
  // https://sqlite.org/fileformat2.html#b_tree_pages: an interior page has cells of a page number and a key.
  const bytes = readFileSync(path)
  const page = bytes.subarray((root - 1) * pageBytes, root * pageBytes)
  expect(page[0]).toBe(0x05)
  const cells = Array.from({ length: page.readUInt16BE(3) }, (_, n) => page.readUInt16BE(12 + 2 * n))
  page.writeUInt32BE(page.readUInt32BE(cells[at]), cells[child])
  writeFileSync(path, bytes)
  return cells.map((cell) => page.readUInt8(cell + 4))
}

test.each([
  [0, 1],
  [1, 2],
  [2, 1],
  [0, 2],
  [3, 0],
])('where page %i of the tree is page %i again, each batch is read once, in order', async (child, at) => {
  const dir = tempDir()
  const numbers = Array.from({ length: 40 }, (_, n) => n + 1)
  const writer = openJournalWriter({ dir, quotaBytes: 1e9 })
  for (const n of numbers) await append(writer, message({ n, filler: 'x'.repeat(1000) }))
  await writer.close()
  const ends = mispoint(listSegments(dir)[0]?.path ?? '', child, at)
  const [from, to] = [ends[child - 1] ?? 0, ends[child] ?? 0]
  expect(numbersIn(dir)).toEqual(numbers.filter((n) => n <= from || n > to))
  // As ingest does, many at a time.
  const batches = openReader(dir).read(0, 1e9)
  expect(batches.map(({ seq }) => seq)).toEqual(batches.map(({ seq }) => seq).toSorted((a, b) => a - b))
})

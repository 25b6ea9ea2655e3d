import { expect } from 'vitest'
import type {
  JournalBatch,
  JournalDamage,
  JournalEntry,
  JournalReader,
  JournalReaderOptions,
  JournalWriter,
} from '../../../contract/ports/journal.ts'

/** One journal during one test; empty at first. */
export interface JournalGround {
  /** Opens the writing side; after its `close()` it is called again and must go on where it ended. */
  openWriter(options?: { quotaBytes?: number }): JournalWriter
  openReader(options?: JournalReaderOptions): JournalReader
  /** Entries after which an engine must have begun another file, so that something can be dropped. */
  entriesOfFile: number
  /**
   * A process that appends the entries from `first` on until it is killed (SIGKILL), at a moment when at least `count` were
   * acknowledged; the last one that was.
   */
  appendUntilKilled(first: number, count: number): Promise<number>
  /** Damages the bytes of one batch of a partition, without a writer, and leaves those around it as they are. */
  damageBatch(partition: string, seq: number): void
  /** Makes the place where a batch lies unreadable as a whole. */
  damageFile(partition: string, seq: number): void
}

export type JournalTests = Record<string, (ground: JournalGround) => Promise<void>>

const firstMs = 1_795_235_000_000

/** The `n`th entry that a test appends. */
export function entry(n: number, payload = `{"n":${n}}`): JournalEntry {
  return {
    receivedAtMs: firstMs + n,
    type: 'message',
    principal: 'bus-07',
    topic: 'binjai/v1/bus/bus-07/telemetry',
    payload: Buffer.from(payload),
    qos: 1,
    dup: n % 2 === 1,
    readings: 1,
  }
}

/** Resolves once the entry is on disk. */
export function append(writer: JournalWriter, item: JournalEntry): Promise<void> {
  return new Promise((resolve, reject) => {
    writer.append(item, (error) => (error === undefined ? resolve() : reject(error)))
  })
}

/** Numbered entries, some of them in each batch: what matters is that there are many. */
async function appendMany(writer: JournalWriter, count: number, first = 0): Promise<void> {
  for (let at = 0; at < count; at += 8) {
    await Promise.all(upTo(Math.min(8, count - at)).map((n) => append(writer, entry(first + at + n))))
  }
}

/** The partition in which all entries of {@link entry} lie, since they are of one device. */
async function theirs(reader: JournalReader): Promise<string> {
  const names = await reader.partitions()
  expect(new Set(names).size).toBe(names.length)
  const tails = await Promise.all(names.map(async (name) => ({ name, tail: await reader.tail(name) })))
  const written = tails.filter(({ tail }) => tail !== undefined && tail.seq > 0)
  expect(written.length).toBeLessThanOrEqual(1)
  return written[0]?.name ?? names[0] ?? ''
}

/** Reads to the end, a little at a time. */
async function batchesBehind(reader: JournalReader, partition: string, after: number): Promise<JournalBatch[]> {
  const found: JournalBatch[] = []
  for (;;) {
    const last = found.at(-1)?.seq ?? after
    const batches = await reader.read(partition, last, 64 * 1024)
    if (batches.length === 0) return found
    expect(batches[0]?.seq).toBeGreaterThan(last)
    found.push(...batches)
  }
}

async function readBehind(
  reader: JournalReader,
  after: number,
): Promise<{ entries: JournalEntry[]; seq: number; cum: number }> {
  const partition = await theirs(reader)
  const batches = await batchesBehind(reader, partition, after)
  expect(batches.every((batch, n) => batch.partition === partition && batch.seq > (batches[n - 1]?.seq ?? after))).toBe(
    true,
  )
  const { seq, cum } = batches.at(-1) ?? { seq: after, cum: 0 }
  return { entries: batches.flatMap(({ entries }) => entries ?? []), seq, cum }
}

const tailOf = async (reader: JournalReader) => reader.tail(await theirs(reader))
const headOf = async (reader: JournalReader) => reader.head(await theirs(reader))

const numbersOf = (entries: readonly JournalEntry[]) => entries.map(({ receivedAtMs }) => receivedAtMs - firstMs)
const upTo = (n: number) => Array.from({ length: n }, (_, at) => at)

/** By name: what every engine of the journal must do. */
export const journalTests: JournalTests = {
  'is empty at first': async ({ openReader }) => {
    const reader = openReader()
    for (const partition of await reader.partitions()) {
      expect(await reader.read(partition, 0, 1e6)).toEqual([])
      expect([await reader.head(partition), await reader.tail(partition)]).toEqual([undefined, undefined])
    }
  },

  'keeps every type of entry apart': async ({ openWriter, openReader }) => {
    const writer = openWriter()
    const types = ['message', 'manual', 'link', 'release', 'canary'] as const
    const sent = types.flatMap((type, n) => [
      { ...entry(n * 2), type, principal: type === 'manual' ? 'user:siti' : 'bus-07' },
      { ...entry(n * 2 + 1), type, qos: 2 as const, packetId: 7, will: true },
    ])
    for (const item of sent) await append(writer, item)
    expect((await readBehind(openReader(), 0)).entries).toEqual(sent)
    await writer.close()
  },

  'gives back what was acknowledged, as it was and in order': async ({ openWriter, openReader }) => {
    const writer = openWriter()
    const sent = upTo(500).map((n) => entry(n, n % 7 === 0 ? '\u0000\u00ff bytes' : undefined))
    const acknowledged: number[] = []
    await Promise.all(sent.map((item, n) => append(writer, item).then(() => acknowledged.push(n))))
    expect(acknowledged).toEqual(upTo(500))
    // Beside the writer that is still open, as ingest reads.
    expect((await readBehind(openReader(), 0)).entries).toEqual(sent)
    await writer.close()
    expect((await readBehind(openReader(), 0)).entries).toEqual(sent)
  },

  'keeps packet identifiers, releases and Wills': async ({ openWriter, openReader }) => {
    const writer = openWriter()
    const sent: JournalEntry[] = [
      { ...entry(1), packetId: 1 },
      { ...entry(2), packetId: 65_535, qos: 2 },
      { ...entry(3), type: 'release', topic: '', payload: Buffer.alloc(0), packetId: 65_535, readings: 0 },
      { ...entry(4), will: true },
      entry(5),
    ]
    await Promise.all(sent.map((item) => append(writer, item)))
    await writer.close()
    expect((await readBehind(openReader(), 0)).entries).toEqual(sent)
  },

  'goes on in numbers and counts over restarts and files, from any position': async (ground) => {
    const each = ground.entriesOfFile
    for (let round = 0; round < 3; round += 1) {
      const writer = ground.openWriter()
      await appendMany(writer, each, round * each)
      await writer.close()
    }
    const reader = ground.openReader()
    const all = await readBehind(reader, 0)
    expect(numbersOf(all.entries)).toEqual(upTo(3 * each))
    expect(await tailOf(reader)).toEqual({ seq: all.seq, cum: 3 * each })
    for (const after of [1, Math.floor(all.seq / 2), all.seq - 1]) {
      const { entries } = await readBehind(reader, after)
      expect(numbersOf(entries)).toEqual(upTo(3 * each).slice(-entries.length))
      expect(entries.length).toBeGreaterThan(0)
    }
    expect((await readBehind(reader, all.seq)).entries).toEqual([])
  },

  'drops what was committed, and nothing behind it': async ({ openWriter, openReader, entriesOfFile }) => {
    const writer = openWriter()
    await appendMany(writer, 3 * entriesOfFile)
    const reader = openReader()
    const { seq } = await readBehind(reader, 0)
    const half = Math.floor(seq / 2)
    const before = await readBehind(reader, half)
    await reader.commit(await theirs(reader), half)
    await expect.poll(async () => (await headOf(reader))?.seq, { timeout: 5000 }).toBeGreaterThan(0)
    expect((await headOf(reader))?.seq).toBeLessThanOrEqual(half)
    expect(await readBehind(reader, half)).toEqual(before)
    expect((await tailOf(reader))?.cum).toBe(3 * entriesOfFile)
    await writer.close()
  },

  'acknowledges nothing past its quota, and goes on by itself when there is room': async ({
    openWriter,
    openReader,
  }) => {
    const writer = openWriter({ quotaBytes: 60_000 })
    let acknowledged = 0
    const all: Promise<void>[] = []
    for (const n of upTo(400)) {
      const done = append(writer, entry(n, 'x'.repeat(1000))).then(() => {
        acknowledged += 1
      })
      all.push(done)
      // What comes in one turn may be one batch, which is written whole.
      if (n % 10 === 0) await Promise.race([done, new Promise((resolve) => setTimeout(resolve, 20))])
    }
    await expect.poll(() => writer.status().full).toBe(true)
    expect(acknowledged).toBeLessThan(400)
    const reader = openReader()
    const numbers: number[] = []
    let after = 0
    await expect
      .poll(
        async () => {
          const { entries, seq } = await readBehind(reader, after)
          numbers.push(...numbersOf(entries))
          after = seq
          await reader.commit(await theirs(reader), after)
          return acknowledged
        },
        { timeout: 15_000, interval: 50 },
      )
      .toBe(400)
    await Promise.all(all)
    numbers.push(...numbersOf((await readBehind(reader, after)).entries))
    expect(numbers).toEqual(upTo(400))
    expect(writer.status()).toMatchObject({ full: false, lastError: null })
    await writer.close()
  },

  'has what was acknowledged before a kill -9, once and in order': async ({ appendUntilKilled, openReader }) => {
    let highest = -1
    for (let round = 0; round < 3; round += 1) {
      highest = await appendUntilKilled(highest + 1, 200)
      const numbers = numbersOf((await readBehind(openReader(), 0)).entries)
      const there = new Set(numbers)
      expect(upTo(highest + 1).filter((n) => !there.has(n))).toEqual([])
    }
  },

  'gives several readers the same, and neither disturbs the other': async ({
    openWriter,
    openReader,
    entriesOfFile,
  }) => {
    const writer = openWriter()
    await appendMany(writer, 2 * entriesOfFile)
    const [one, other] = [openReader(), openReader()]
    const partition = await theirs(one)
    const [first] = await one.read(partition, 0, 1)
    expect(await other.read(partition, 0, 1)).toEqual([first])
    expect(await readBehind(one, 0)).toEqual(await readBehind(other, 0))
    await writer.close()
  },

  'keeps a position for each partition: other names hold nothing and drop nothing': async (ground) => {
    const writer = ground.openWriter()
    await appendMany(writer, 3 * ground.entriesOfFile)
    const reader = ground.openReader()
    const all = await readBehind(reader, 0)
    const stranger = 'no-such-partition'
    expect(await reader.partitions()).not.toContain(stranger)
    expect(await reader.read(stranger, 0, 1e6)).toEqual([])
    expect([await reader.head(stranger), await reader.tail(stranger)]).toEqual([undefined, undefined])
    await reader.commit(stranger, all.seq)
    // What was committed under its own name is dropped by the next cleaning; by then this would have been as well.
    const half = Math.floor(all.seq / 2)
    await reader.commit(await theirs(reader), half)
    await expect.poll(async () => (await headOf(reader))?.seq, { timeout: 5000 }).toBeGreaterThan(0)
    expect((await headOf(reader))?.seq).toBeLessThanOrEqual(half)
    await writer.close()
    // A partition has its name, its numbers and its count also for the next process.
    const again = ground.openReader()
    expect(await again.partitions()).toContain(await theirs(reader))
    expect(await tailOf(again)).toEqual({ seq: all.seq, cum: 3 * ground.entriesOfFile })
  },

  'tells a batch whose bytes changed, with its readings, and loses none around it': async (ground) => {
    const writer = ground.openWriter()
    for (let n = 0; n < 3; n += 1) await append(writer, entry(n))
    await writer.close()
    const reader = ground.openReader()
    const partition = await theirs(reader)
    ground.damageBatch(partition, 2)
    const batches = await batchesBehind(ground.openReader(), partition, 0)
    expect(batches.map(({ seq, cum, readings, entries }) => [seq, cum, readings, entries?.length])).toEqual([
      [1, 1, 1, 1],
      [2, 2, 1, undefined],
      [3, 3, 1, 1],
    ])
  },

  'tells where it is damaged, goes on behind it, and its count says how much is missing': async (ground) => {
    const each = ground.entriesOfFile
    const writer = ground.openWriter()
    await appendMany(writer, 3 * each)
    await writer.close()
    const told: JournalDamage[] = []
    const partition = await theirs(ground.openReader())
    ground.damageFile(partition, 1)
    const reader = ground.openReader({ onDamage: (damage) => told.push(damage) })
    const { entries, seq, cum } = await readBehind(reader, 0)
    expect(entries.length).toBeGreaterThan(0)
    expect(numbersOf(entries)).toEqual(upTo(3 * each).slice(-entries.length))
    expect(cum).toBe(3 * each)
    await reader.read(partition, seq, 1e6)
    expect(told.length).toBeGreaterThan(0)
    expect(new Set(told.map((one) => one.partition))).toEqual(new Set([partition]))
    expect(told[0]?.path).not.toBe('')
    // The writer goes on, whatever happened to what is behind it.
    const next = ground.openWriter()
    await append(next, entry(3 * each))
    expect(numbersOf((await readBehind(ground.openReader(), seq)).entries)).toEqual([3 * each])
    await next.close()
  },
}

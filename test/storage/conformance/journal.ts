import { expect } from 'vitest'
import type { JournalEntry, JournalReader, JournalWriter } from '../../../contract/ports/journal.ts'

/** One journal during one test; empty at first. */
export interface JournalGround {
  /** Opens the writing side; after its `close()` it is called again and must go on where it ended. */
  openWriter(options?: { quotaBytes?: number }): JournalWriter
  openReader(): JournalReader
  /** Entries after which an engine must have begun another file, so that something can be dropped. */
  entriesOfFile: number
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

/** Reads to the end, a little at a time. */
export function readBehind(
  reader: JournalReader,
  after: number,
): { entries: JournalEntry[]; seq: number; cum: number } {
  const found = { entries: [] as JournalEntry[], seq: after, cum: 0 }
  for (;;) {
    const batches = reader.read(found.seq, 64 * 1024)
    if (batches.length === 0) return found
    for (const { entries, seq, cum } of batches) {
      expect(seq).toBeGreaterThan(found.seq)
      found.entries.push(...(entries ?? []))
      found.seq = seq
      found.cum = cum
    }
  }
}

const numbersOf = (entries: readonly JournalEntry[]) => entries.map(({ receivedAtMs }) => receivedAtMs - firstMs)
const upTo = (n: number) => Array.from({ length: n }, (_, at) => at)

/** By name: what every engine of the journal must do. */
export const journalTests: JournalTests = {
  'is empty at first': async ({ openReader }) => {
    const reader = openReader()
    expect(reader.read(0, 1e6)).toEqual([])
    expect([reader.head(), reader.tail()]).toEqual([undefined, undefined])
  },

  'gives back what was acknowledged, as it was and in order': async ({ openWriter, openReader }) => {
    const writer = openWriter()
    const sent = upTo(500).map((n) => entry(n, n % 7 === 0 ? '\u0000\u00ff bytes' : undefined))
    const acknowledged: number[] = []
    await Promise.all(sent.map((item, n) => append(writer, item).then(() => acknowledged.push(n))))
    expect(acknowledged).toEqual(upTo(500))
    // Beside the writer that is still open, as ingest reads.
    expect(readBehind(openReader(), 0).entries).toEqual(sent)
    await writer.close()
    expect(readBehind(openReader(), 0).entries).toEqual(sent)
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
    expect(readBehind(openReader(), 0).entries).toEqual(sent)
  },

  'goes on in numbers and counts over restarts and files, from any position': async (ground) => {
    const each = ground.entriesOfFile
    for (let round = 0; round < 3; round += 1) {
      const writer = ground.openWriter()
      for (let n = 0; n < each; n += 1) await append(writer, entry(round * each + n))
      await writer.close()
    }
    const reader = ground.openReader()
    const all = readBehind(reader, 0)
    expect(numbersOf(all.entries)).toEqual(upTo(3 * each))
    expect(reader.tail()).toEqual({ seq: all.seq, cum: 3 * each })
    for (const after of [1, Math.floor(all.seq / 2), all.seq - 1]) {
      const { entries } = readBehind(reader, after)
      expect(numbersOf(entries)).toEqual(upTo(3 * each).slice(-entries.length))
      expect(entries.length).toBeGreaterThan(0)
    }
    expect(readBehind(reader, all.seq).entries).toEqual([])
  },

  'drops what was committed, and nothing behind it': async ({ openWriter, openReader, entriesOfFile }) => {
    const writer = openWriter()
    for (let n = 0; n < 3 * entriesOfFile; n += 1) await append(writer, entry(n))
    const reader = openReader()
    const { seq } = readBehind(reader, 0)
    const half = Math.floor(seq / 2)
    const before = readBehind(reader, half)
    reader.commit(half)
    await expect.poll(() => reader.head()?.seq, { timeout: 5000 }).toBeGreaterThan(0)
    expect(reader.head()?.seq).toBeLessThanOrEqual(half)
    expect(readBehind(reader, half)).toEqual(before)
    expect(reader.tail()?.cum).toBe(3 * entriesOfFile)
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
        () => {
          const { entries, seq } = readBehind(reader, after)
          numbers.push(...numbersOf(entries))
          after = seq
          reader.commit(after)
          return acknowledged
        },
        { timeout: 15_000, interval: 50 },
      )
      .toBe(400)
    await Promise.all(all)
    numbers.push(...numbersOf(readBehind(reader, after).entries))
    expect(numbers).toEqual(upTo(400))
    expect(writer.status()).toMatchObject({ full: false, lastError: null })
    await writer.close()
  },
}

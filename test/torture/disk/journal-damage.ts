import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { Random } from '../../../firmware-sim/random.ts'
import { beginWriting, openActive, type PackedBatch } from '../../../storage/journal/active-segment.ts'
import { frameBytes, writeFrame } from '../../../storage/journal/frame.ts'
import { writeTailHint } from '../../../storage/journal/hints.ts'
import { segmentPath } from '../../../storage/journal/segment.ts'
import { message } from '../../support/storage/engine-under-test.ts'
import { rounds, type Scenario, type Trial } from '../scenario.ts'
import { batchesIn, numbersOf } from './journal-content.ts'

const fullCases = 10_000
const segmentCount = 3
const batchesPerSegment = 40

/** Every number is one acknowledged message. */
function pack(numbers: readonly number[], random: Random): PackedBatch {
  const entries = numbers.map((n) => message({ n, filler: 'x'.repeat(Math.floor(random() * random() * 6000)) }))
  const body = Buffer.alloc(entries.reduce((sum, entry) => sum + frameBytes(entry), 0))
  let at = 0
  for (const entry of entries) at = writeFrame(body, at, entry)
  return { entries: entries.length, readings: entries.length, body: new Uint8Array(body) }
}

interface Base {
  dir: string
  written: number
  /** Files by the beginning of their name, and the first number that each does not hold any more. */
  segments: { name: string; upTo: number }[]
}

/** A journal of three segments; the newest still has its write-ahead log, as after a `kill -9`. */
function writeJournal(dir: string, random: Random): Base {
  const live = `${dir}-live`
  mkdirSync(live, { recursive: true })
  const base: Base = { dir, written: 0, segments: [] }
  let firstSeq = 1
  for (let segment = 1; segment <= segmentCount; segment += 1) {
    const path = segmentPath(live, firstSeq)
    const active = openActive({ path, firstSeq }, base.written)
    for (let n = 0; n < batchesPerSegment; n += 1) {
      const numbers = Array.from({ length: 1 + Math.floor(random() * 4) }, (_, at) => base.written + at)
      active.commit([pack(numbers, random)])
      base.written += numbers.length
    }
    firstSeq = active.tail.seq + 1
    writeTailHint(live, active.tail)
    base.segments.push({ name: basename(path), upTo: base.written })
    if (segment === segmentCount) cpSync(live, dir, { recursive: true })
    active.close()
  }
  rmSync(live, { recursive: true })
  return base
}

const changes: readonly ((bytes: Buffer, at: number, random: Random) => Buffer)[] = [
  function flipBits(bytes, at, random) {
    const flips = 1 + Math.floor(random() * 8)
    for (let n = 0; n < flips; n += 1) bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8))
    return bytes
  },
  (bytes, at) => bytes.subarray(0, at),
  (bytes, at, random) => bytes.fill(0, at, Math.min(bytes.length, at + someBytes(random))),
  (bytes, at, random) => {
    const added = Buffer.from(Array.from({ length: someBytes(random) }, () => Math.floor(random() * 256)))
    return Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at)])
  },
]

/** Mostly a few, at most about five pages. */
function someBytes(random: Random): number {
  return 1 + Math.floor(random() ** 4 * 20_000)
}

/** Flips, cuts off, zeroes or puts in some bytes of one file; returns which one. */
function damage(dir: string, random: Random): string {
  const names = readdirSync(dir).filter((name) => /\.db(-wal)?$/.test(name) && statSync(join(dir, name)).size > 0)
  const name = names[Math.floor(random() * names.length)] ?? ''
  const path = join(dir, name)
  const bytes = readFileSync(path)
  const change = changes[Math.floor(random() * changes.length)]
  writeFileSync(path, change?.(bytes, Math.floor(random() * bytes.length), random) ?? bytes)
  return name
}

interface Read {
  found: Set<number>
  /** Entries that nobody wrote. */
  forged: number
  /** What ingest would count as lost. */
  counted: number
}

/** As ingest reads and counts (`takeBatch` of the engine). */
function readAll(dir: string, written: number): Read {
  const read: Read = { found: new Set(), forged: 0, counted: 0 }
  let cumBefore = 0
  for (const batch of batchesIn(dir)) {
    const { cum, readings, entries } = batch
    read.counted += Math.max(0, cum - readings - cumBefore) + (entries === undefined ? readings : 0)
    cumBefore = cum
    for (const n of numbersOf(batch)) {
      if (!Number.isInteger(n) || n < 0 || n >= written || read.found.has(n)) read.forged += 1
      read.found.add(n)
    }
  }
  return read
}

interface Tally {
  opened: number
  forged: number
  miscounted: number
  /** Messages of segments that were not touched. */
  lostElsewhere: number
  /** Lost messages of each case. */
  lost: number[]
}

function tryOne({ dir: from, written, segments }: Base, dir: string, random: Random, tally: Tally): void {
  rmSync(dir, { recursive: true, force: true })
  cpSync(from, dir, { recursive: true })
  const touched = damage(dir, random)
  const after = beginWriting(dir)
  after.commit([pack([written], random), pack([written + 1], random)])
  after.close()
  const total = written + 2
  const { found, forged, counted } = readAll(dir, total)
  const lost = total - found.size
  tally.opened += found.has(written) && found.has(written + 1) ? 1 : 0
  tally.forged += forged
  tally.miscounted += counted === lost ? 0 : 1
  tally.lost.push(lost)
  let first = 0
  for (const { name, upTo } of segments) {
    for (let n = first; n < upTo && !touched.startsWith(name); n += 1) tally.lostElsewhere += found.has(n) ? 0 : 1
    first = upTo
  }
}

/** Bytes of the journal are not what was written: bad sectors, a broken controller, a hand that slipped. */
export const journalDamage: Scenario = {
  name: 'journal-damage',
  promise: 'A damaged journal is read as far as it can be; it never stops the system, and what is missing is counted.',
  how: 'Bytes of one file of a journal of three segments are flipped, cut off, zeroed or put in; then a writer goes on and a reader takes all it can. SQLite finds rows by pages, so damage in its first page or a cut can cost the rest of one segment.',
  minutes: 3,
  quickScale: 0.015,
  async run({ dir, scale, random, log }: Trial) {
    const base = writeJournal(join(dir, 'base'), random)
    const cases = rounds(fullCases, scale)
    const tally: Tally = { opened: 0, forged: 0, miscounted: 0, lostElsewhere: 0, lost: [] }
    for (let n = 1; n <= cases; n += 1) {
      tryOne(base, join(dir, 'case'), random, tally)
      if (n % 50 !== 0) continue
      log(`${n} of ${cases} damaged journals`)
      await setImmediate()
    }
    const sorted = tally.lost.toSorted((a, b) => a - b)
    const share = (part: number) => sorted[Math.floor((sorted.length - 1) * part)] ?? 0
    const none = { unit: '', asked: 0, better: 'less' } as const
    return [
      { what: 'damaged journals', reached: cases, unit: '', better: 'more' },
      { what: 'not opened, or not written to any more', reached: cases - tally.opened, ...none },
      { what: 'forged messages', reached: tally.forged, ...none },
      { what: 'cases whose count of lost readings was not exact', reached: tally.miscounted, ...none },
      { what: 'messages lost outside the damaged segment', reached: tally.lostElsewhere, ...none },
      { what: `lost of ${base.written} messages by one damage, median`, reached: share(0.5), unit: '', better: 'less' },
      { what: `lost of ${base.written} messages by one damage, most`, reached: share(1), unit: '', better: 'less' },
    ]
  },
}

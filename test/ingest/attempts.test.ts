import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JournalBatch, JournalEntry } from '../../contract/ports/journal.ts'
import { type Attempts, openAttempts } from '../../ingest/attempts.ts'
import { readQuarantine } from '../../storage/telemetry/quarantine.ts'
import {
  batchesOf,
  contentOf,
  countersOf,
  type EngineUnderTest,
  knownDevice,
  linkChange,
  message,
  morningMs,
  openEngine,
  reached,
} from '../support/storage/engine-under-test.ts'
import { tempDir } from '../support/system/temp-dir.ts'

const gauge = 'binjai/v1/sensor/gauge-1/telemetry'
const camera = 'binjai/v1/cctv/cam-1/telemetry'
const inHandBytes = 2 * 1024 * 1024

class Fault extends Error {}
class FullDisk extends Error {
  readonly errcode = 13
}

/** Faults of ours that only these devices' messages meet. */
type Meets = (deviceId: string) => Error | undefined

interface Life {
  dir: string
  batches: readonly JournalBatch[]
  meets?: Meets
  /** The same, but only once what was taken is written. */
  meetsInWriting?: Meets
  /** Ended from outside, with this entry of this batch under way. */
  killedAt?: { seq: number; index: number }
  /** The process before: it ended of itself, without a word, as one that V8 aborts. */
  endedOfItself?: boolean
}

function openBook(dir: string, endedOfItself?: boolean): Promise<Attempts> {
  return openAttempts({
    path: join(dir, 'attempt'),
    inHandBytes,
    now: () => morningMs,
    endedOfItself,
    startWatchdog: async () => ({ begin: () => undefined, end: () => undefined, stop: async () => undefined }),
    found: () => undefined,
    convicted: () => undefined,
  })
}

/** One process: takes what is left as `takeNew` does, until it is through, or dies. */
async function live(life: Life): Promise<'through' | 'died'> {
  const { dir, batches, meets, meetsInWriting, killedAt, endedOfItself } = life
  const book = await openBook(dir, endedOfItself)
  let inHand: Pick<JournalEntry, 'type' | 'principal'> = { type: 'link', principal: '' }
  const attempts: Attempts = {
    ...book,
    get watched() {
      return book.watched
    },
    begin(batch, index, entry) {
      const untried = book.begin(batch, index, entry)
      inHand = entry
      if (untried === undefined && batch.seq === killedAt?.seq && index === killedAt.index) throw new Killed()
      return untried
    },
    failed: (error) => error instanceof Killed || book.failed(error),
  }
  let inWriting: Error | undefined
  const device = (id: string) => {
    const isMet = inHand.type === 'message' && inHand.principal === id
    const error = isMet ? meets?.(id) : undefined
    if (error !== undefined) throw error
    if (isMet) inWriting ??= meetsInWriting?.(id)
    return knownDevice(id)
  }
  const devices = { get: device, all: () => [], revision: () => 1 }
  const through = (db: DatabaseSync) =>
    new Proxy(db, {
      get(target, name) {
        if (name === 'prepare') return (sql: string) => failing(target.prepare(sql), sql, () => inWriting)
        const member: unknown = Reflect.get(target, name, target)
        return typeof member === 'function' ? member.bind(target) : member
      },
    })
  const under = openEngine(dir, { attempts, devices, through })
  try {
    for (let rest = restOf(under, batches); rest.length > 0; rest = restOf(under, batches)) {
      const some = rest.slice(0, 3)
      under.engine.processBatches(some)
      attempts.passed(some.length)
    }
  } catch {
    return 'died'
  } finally {
    under.close()
  }
  attempts.passed(0)
  await attempts.close()
  return 'through'
}

class Killed extends Error {}

/** The last statement of a transaction, which fails with what there is to fail with. */
function failing(statement: StatementSync, sql: string, error: () => Error | undefined): StatementSync {
  if (!sql.startsWith('UPDATE ledger')) return statement
  return new Proxy(statement, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      return (...values: SQLInputValue[]) => {
        const met = error()
        if (met !== undefined) throw met
        return member.apply(target, values)
      }
    },
  })
}

function restOf(under: EngineUnderTest, batches: readonly JournalBatch[]): JournalBatch[] {
  return batches.filter(({ seq }) => seq > reached(under))
}

/** Lives until one is through; how many died before it. */
async function livesUntilThrough(life: Life): Promise<number> {
  for (let died = 0; died < 20; died += 1) if ((await live(life)) === 'through') return died
  return Number.POSITIVE_INFINITY
}

function booksOf(dir: string, batches: readonly JournalBatch[]) {
  const under = openEngine(dir)
  const { received, stored, duplicates, rejected, waiting } = countersOf(under, batches.at(-1)?.cum)
  const rows = readQuarantine(under.db, { limit: 500 }).rows
  const content = contentOf(under)
  under.close()
  return {
    received,
    accounted: stored + duplicates + Object.values(rejected).reduce((a, b) => a + b, waiting),
    stored,
    rejected,
    rows,
    content,
  }
}

const good = (n: number, more: Partial<JournalEntry> = {}) => message({ ts: morningMs + n, fps: n, speed_kmh: n }, more)
const poison = message(
  Array.from({ length: 1000 }, (_, n) => ({ ts: morningMs + n, water_level_m: 1 })),
  { topic: gauge },
)

describe('a message that ends ingest', () => {
  const batches = batchesOf([
    [good(1), good(2, { topic: camera })],
    [good(3), good(4, { topic: camera }), poison, good(5), good(6, { topic: camera })],
    [good(7), linkChange({ event: 'disconnected' }, morningMs, 'gauge-1')],
    [good(8, { topic: camera })],
  ])
  const meets: Meets = (id) => (id === 'gauge-1' ? new Fault('a step met what it cannot bear') : undefined)

  test('twice is put into quarantine with its bytes and its count, and all others are stored', async () => {
    const dir = tempDir()
    expect(await livesUntilThrough({ dir, batches, meets })).toBe(2)
    const { received, accounted, stored, rejected, rows } = booksOf(dir, batches)
    expect({ received, accounted, stored, rejected }).toEqual({
      received: 9,
      accounted: 9,
      stored: 8,
      rejected: { 'ingest-ended': 1 },
    })
    expect(rows).toMatchObject([{ reason: 'ingest-ended', readings: 1, deviceId: 'gauge-1', topic: gauge }])
    expect(Buffer.from(rows[0]?.payload ?? []).equals(Buffer.from(poison.payload))).toBe(true)
    expect(existsSync(join(dir, 'attempt'))).toBe(false)
  })

  test('only when it is written is found too, entry by entry', async () => {
    const dir = tempDir()
    expect(await livesUntilThrough({ dir, batches, meetsInWriting: meets })).toBeLessThanOrEqual(5)
    const { received, accounted, stored, rejected } = booksOf(dir, batches)
    expect({ received, accounted, stored, rejected }).toEqual({
      received: 9,
      accounted: 9,
      stored: 8,
      rejected: { 'ingest-ended': 1 },
    })
  })

  test('can be taken again from quarantine once the fault is mended', async () => {
    const dir = tempDir()
    await livesUntilThrough({ dir, batches, meets })
    const under = openEngine(dir)
    expect(under.engine.retry(1)?.result).toEqual({ outcome: 'stored', reason: null })
    expect(countersOf(under)).toMatchObject({ received: 1008, stored: 1008, rejected: {} })
    under.close()
  })

  test('leaves the counters balanced after every death', async () => {
    const dir = tempDir()
    for (let died = 0; died < 2; died += 1) {
      expect(await live({ dir, batches, meets })).toBe('died')
      const { received, accounted } = booksOf(dir, batches)
      expect(accounted).toBe(received)
    }
  })

  test('costs no further death for each of its kind: what came of its device up to a minute later is set aside too', async () => {
    const dir = tempDir()
    const later = (ms: number) => ({ ...poison, receivedAtMs: morningMs + ms })
    const many = batchesOf([
      [poison, poison],
      [good(1), poison, later(60_000)],
      [later(1), good(2)],
    ])
    expect(await livesUntilThrough({ dir, batches: many, meets })).toBe(2)
    expect(booksOf(dir, many)).toMatchObject({ stored: 2, rejected: { 'ingest-ended': 5 } })
    // What comes after that minute is judged anew.
    const longer = batchesOf([...many.map(({ entries }) => entries ?? []), [later(60_001)]])
    expect(await livesUntilThrough({ dir, batches: longer, meets })).toBe(2)
    expect(booksOf(dir, longer)).toMatchObject({ stored: 2, rejected: { 'ingest-ended': 6 } })
  })

  test.each([
    ['twice by an end of the process itself that nobody could catch', true, 2],
    ['five times in turn by a kill, as the kernel kills for want of memory', false, 5],
  ])('%s is put into quarantine', async (_how, endedOfItself, deaths) => {
    const dir = tempDir()
    const killedAt = { seq: 2, index: 2 }
    // The first process notes nothing yet: it is not known where it ended.
    for (let n = 0; n <= deaths; n += 1) expect(await live({ dir, batches, killedAt, endedOfItself })).toBe('died')
    expect(await live({ dir, batches, killedAt, endedOfItself })).toBe('through')
    expect(booksOf(dir, batches).rejected).toEqual({ 'ingest-ended': 1 })
  })

  test('says nothing against the connection of its device, nor against others', async () => {
    const dir = tempDir()
    await livesUntilThrough({ dir, batches, meets })
    const under = openEngine(dir)
    expect(under.engine.memories.get('gauge-1').link.state).toBe('lost')
    under.close()
  })
})

describe('a message that is innocent', () => {
  const batches = batchesOf([[good(1), good(2)], [good(3), good(4, { topic: camera }), good(5)], [good(6)]])
  const inOneGo = async () => {
    const dir = tempDir()
    await live({ dir, batches })
    return booksOf(dir, batches).content
  }

  test('is taken however often ingest is ended from outside, wherever that is', { timeout: 60_000 }, async () => {
    const expected = await inOneGo()
    const places = batches.flatMap(({ seq, entries = [] }) => entries.map((_, index) => ({ seq, index })))
    const kill = fc.constantFrom(...places)
    // A few in turn at one place, then elsewhere.
    const kills = fc.array(fc.tuple(kill, fc.integer({ min: 1, max: 4 })), { maxLength: 4 })
    const never5InTurn = kills.filter((some) => some.every(([one], at) => one !== some[at - 1]?.[0]))
    await fc.assert(
      fc.asyncProperty(never5InTurn, async (some) => {
        const dir = tempDir()
        for (const [killedAt, times] of some) {
          for (let n = 0; n < times; n += 1) await live({ dir, batches, killedAt })
        }
        expect(await livesUntilThrough({ dir, batches })).toBe(0)
        expect(booksOf(dir, batches).content).toEqual(expected)
      }),
      { numRuns: 25 },
    )
  })

  test('is not blamed for a power cut, of which nobody knows how it ended the process', async () => {
    const dir = tempDir()
    for (let n = 0; n < 4; n += 1) await live({ dir, batches, killedAt: { seq: 2, index: 1 } })
    expect(await live({ dir, batches })).toBe('through')
    expect(booksOf(dir, batches)).toMatchObject({ stored: 6, rejected: {} })
  })

  test('is not blamed for a disk that is full', async () => {
    const dir = tempDir()
    const full: Meets = (id) => (id === 'cam-1' ? new FullDisk() : undefined)
    for (let died = 0; died < 6; died += 1) expect(await live({ dir, batches, meets: full })).toBe('died')
    expect(await live({ dir, batches })).toBe('through')
    expect(booksOf(dir, batches)).toMatchObject({ stored: 6, rejected: {} })
  })

  test('costs nothing more once what the dead process had in hand is passed', async () => {
    const dir = tempDir()
    await live({ dir, batches, killedAt: { seq: 2, index: 0 } })
    const book = await openBook(dir)
    expect(book.watched).toBe(true)
    book.passed(inHandBytes - 1)
    expect(book.watched).toBe(true)
    book.passed(1)
    expect(book.watched).toBe(false)
    await book.close()
    expect((await openBook(dir)).watched).toBe(false)
  })
})

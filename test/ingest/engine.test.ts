import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { JournalBatch, JournalEntry } from '../../contract/ports/journal.ts'
import { gpsRolloverMs } from '../../contract/reading.ts'
import { localPartition } from '../../storage/journal/local-partition.ts'
import { createLedger } from '../../storage/telemetry/ledger.ts'
import { readCounters } from '../support/storage/books.ts'
import {
  batchesOf,
  busTopic,
  contentOf,
  countersOf,
  dyingBefore,
  type EngineUnderTest,
  knownDevice,
  linkChange,
  message,
  morningMs,
  openEngine,
  reached,
  takeAll,
} from '../support/storage/engine-under-test.ts'
import { tempDir } from '../support/system/temp-dir.ts'

const gaugeTopic = 'binjai/v1/sensor/gauge-1/telemetry'
const died = /died/

function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((total, n) => total + n, 0)
}

function expectBalance(under: EngineUnderTest): void {
  const { received, stored, duplicates, rejected, waiting } = countersOf(under)
  expect(stored + duplicates + sum(rejected) + waiting).toBe(received)
}

/** A short day of everything that can come. */
const day: JournalEntry[][] = [
  [linkChange({ event: 'broker-started' }, morningMs, ''), linkChange({ event: 'connected' }, morningMs)],
  [
    message({ ts: morningMs - 5000, lat: 3.6, lon: 98.48, speed_kmh: 31 }),
    message({ ts: morningMs - 5000, speed_kmh: 31 }),
  ],
  [
    message([
      { ts: morningMs - 9000, speed_kmh: 5 },
      { ts: 'x', speed_kmh: 5 },
      { ts: morningMs - 5000, speed_kmh: 32 },
    ]),
  ],
  [message({ speed_kmh: 8 }), message({ speed_kmh: 8 }, { dup: true }), message('{bad'), message({ speed_kmh: 900 })],
  [message({ water_level_m: 2 }, { topic: gaugeTopic }), message({ ts: 1, water_level_m: 3 }, { topic: gaugeTopic })],
  [
    message('offline', { topic: 'binjai/v1/bus/bus-07/status' }),
    message({ type: 'x' }, { topic: 'binjai/v1/bus/bus-07/event' }),
  ],
  [linkChange({ event: 'disconnected', reason: 'socket-closed' }, morningMs + 1000)],
]

/** Takes what the offset has not passed yet, in transactions of `size` batches. */
function takeRest(under: EngineUnderTest, batches: readonly JournalBatch[], size: number): void {
  const { engine } = under
  const rest = batches.filter(({ seq }) => seq > reached(under))
  for (let at = 0; at < rest.length; at += size) engine.processBatches(rest.slice(at, at + size))
}

function inOneGo(batches: readonly JournalBatch[], forwards = false) {
  const under = openEngine(tempDir(), { forwards })
  takeRest(under, batches, batches.length)
  const content = contentOf(under)
  expectBalance(under)
  under.close()
  return content
}

test('past its quota the outbox lets the oldest go, counted, and the balance holds', () => {
  const opened = openEngine(tempDir(), { forwards: true, outboxBytes: 4000 })
  onTestFinished(() => opened.close())
  const entry = (n: number) => message({ ts: morningMs + n * 1000, speed_kmh: n % 50, passengers: n % 20 })
  takeAll(opened, [entry(0), entry(1)])
  const inHand = opened.engine.ledger.nextWaiting(2)
  takeAll(
    opened,
    Array.from({ length: 40 }, (_, n) => entry(n + 2)),
  )
  const { rejected, waiting, stored } = countersOf(opened, 42)
  expect(rejected).toEqual({ 'not-forwarded': 42 - waiting })
  expect(waiting).toBeLessThan(30)
  expect(stored).toBe(0)
  // What the sender has in its hands is never taken from it.
  opened.engine.settle(inHand?.upTo ?? 0, inHand?.readings ?? [], [])
  expect(countersOf(opened, 42)).toEqual({ received: 42, stored: 2, duplicates: 0, rejected, waiting: waiting - 2 })
  expect(opened.engine.ledger.nextWaiting(1)?.readings[0]?.tsMs).toBeGreaterThan(morningMs + 2000)
})

describe('exactly once', () => {
  test.each([false, true])(
    'whenever ingest dies, the rest is taken in as if it had not (with a configured store: %s)',
    { timeout: 60_000 },
    (forwards) => {
      const batches = batchesOf(day)
      const expected = inOneGo(batches, forwards)
      let calls = 0
      for (let survived = false; !survived; ) {
        calls += 1
        const dir = tempDir()
        openEngine(dir, { forwards }).close()
        let first: EngineUnderTest | undefined
        try {
          first = openEngine(dir, { forwards, through: dyingBefore(calls) })
          takeRest(first, batches, 3)
          survived = true
        } catch (error) {
          expect(error).toMatchObject({ message: expect.stringMatching(died) })
        }
        first?.close()
        const again = openEngine(dir, { forwards })
        takeRest(again, batches, 2)
        expect(contentOf(again)).toEqual(expected)
        again.close()
      }
      expect(calls).toBeGreaterThan(50)
    },
  )

  test('any messages, in any batches, with deaths at any moment, end as in one go', { timeout: 60_000 }, () => {
    const moment = fc.oneof(
      { weight: 5, arbitrary: fc.integer({ min: -20, max: 0 }).map((s) => morningMs + s * 1000) },
      fc.constantFrom(undefined, null, 0, 'x', 1e300, -5, morningMs + 3_600_000, morningMs - 400 * 86_400_000),
      fc.constantFrom(morningMs / 1000, morningMs * 1000, morningMs - gpsRolloverMs, '2026-02-30T00:00:00Z'),
    )
    const reading = fc.record(
      {
        ts: moment,
        speed_kmh: fc.integer({ min: -20, max: 130 }),
        passengers: fc.nat(9),
        odd: fc.nat(3),
        Odd: fc.nat(3),
        'o-dd': fc.constantFrom(1, true, 'x'),
        度: fc.nat(3),
        temperature_c: fc.constantFrom(30, 'N/A', false, null, [], 1e300),
        lat: fc.constantFrom(3, 99, 0, 60, 'x', null),
        lon: fc.constant(98),
      },
      { requiredKeys: ['ts'] },
    )
    const payload = fc.oneof(
      { weight: 4, arbitrary: reading },
      {
        weight: 2,
        arbitrary: fc.array(fc.oneof({ weight: 9, arbitrary: reading }, fc.constantFrom(7, 'x', {})), { maxLength: 5 }),
      },
      fc.constantFrom('{bad', '', '[1,', '\u0000', '[[[[[[[[[[1]]]]]]]]]]', '\ufeff[{"speed_kmh":1},{"speed_kmh":2}]'),
    )
    const topic = fc.constantFrom(
      busTopic,
      busTopic,
      gaugeTopic,
      'binjai/v1/bus/nobody/telemetry',
      'binjai/v1/bus/gauge-1/telemetry',
      'binjai/v1/bus/bus-07/status',
    )
    const sent = fc.array(fc.record({ payload, topic, again: fc.nat(3) }), { minLength: 1, maxLength: 12 })
    const cuts = fc.record({
      first: fc.integer({ min: 1, max: 4 }),
      afterwards: fc.integer({ min: 1, max: 4 }),
      dies: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 3 }),
    })
    fc.assert(
      fc.property(sent, cuts, (messages, { first, afterwards, dies }) => {
        const entries = messages.flatMap(({ payload: body, topic: to, again }, index) => {
          const entry = message(body, { topic: to, receivedAtMs: morningMs + index * 10 })
          return again === 3 ? [entry, { ...entry, dup: true, receivedAtMs: entry.receivedAtMs + 5 }] : [entry]
        })
        const batches = batchesOf(entries.map((entry) => [entry]))
        const expected = inOneGo(batches)
        const dir = tempDir()
        openEngine(dir).close()
        for (const call of dies) {
          let dying: EngineUnderTest | undefined
          try {
            dying = openEngine(dir, { through: dyingBefore(call) })
            takeRest(dying, batches, first)
          } catch (error) {
            expect(error).toMatchObject({ message: expect.stringMatching(died) })
          }
          dying?.close()
        }
        const last = openEngine(dir)
        takeRest(last, batches, afterwards)
        expectBalance(last)
        expect(contentOf(last)).toEqual(expected)
        last.close()
      }),
      { numRuns: 60 },
    )
  })

  test('bytes of the journal that are gone are counted as lost, and what follows is taken', () => {
    const under = openEngine(tempDir())
    const batches = batchesOf([1, 2, 3, 4, 5].map((n) => [message({ ts: morningMs + n, speed_kmh: n })]))
    under.engine.processBatches(batches.filter(({ seq }) => seq === 1 || seq === 4))
    under.engine.processBatches([{ partition: localPartition, seq: 5, cum: 5, readings: 1, entries: undefined }])
    expect(countersOf(under)).toEqual({
      received: 5,
      stored: 2,
      duplicates: 0,
      rejected: { 'journal-damaged': 3 },
      waiting: 0,
    })
    under.close()
  })

  test('partitions are followed each by itself: a number of one says nothing of another, and all of them balance', () => {
    const dir = tempDir()
    const first = openEngine(dir)
    const of = (partition: string, seq: number) => {
      const entries = [message({ ts: morningMs + seq, [partition === 'a/1' ? 'speed_kmh' : 'passengers']: seq })]
      return { partition, seq, cum: seq, readings: 1, entries }
    }
    // The first of b/1 is lost with its bytes; a/1 goes on at 1 although b/1 has come to 3.
    first.engine.processBatches([of('b/1', 2), of('b/1', 3), of('a/1', 1)])
    first.engine.resetPosition('b/1', { seq: 0, cum: 0 })
    first.engine.processBatches([of('b/1', 1), of('a/1', 2)])
    first.close()
    const next = openEngine(dir)
    const positions = ['a/1', 'b/1', 'c/1'].map((partition) => next.engine.ledger.position(partition))
    expect(positions).toEqual([
      { seq: 2, cum: 2 },
      { seq: 1, cum: 1 },
      { seq: 0, cum: 0 },
    ])
    const tails: Record<string, number> = { 'a/1': 5, 'b/1': 1 }
    const counters = readCounters(next.db, (partition) => ({ cum: tails[partition] ?? 0 }))
    expect(counters).toMatchObject({ received: 9, rejected: { 'journal-damaged': 1 }, waiting: 3 })
    expect(counters.stored + counters.duplicates).toBe(5)
    next.close()
  })
})

describe('hostile and broken messages', () => {
  test.each([1e300, 1.7e18, 1e17, 8.64e15, 253_402_300_799_000])(
    'a time of %d beside a good reading stops nothing',
    (ts) => {
      const under = openEngine(tempDir())
      takeAll(under, [
        message([
          { ts, speed_kmh: 1 },
          { ts: morningMs - 1000, speed_kmh: 2 },
        ]),
        message({ speed_kmh: 3 }),
      ])
      expect(countersOf(under)).toMatchObject({ received: 3, waiting: 0 })
      expectBalance(under)
      under.close()
    },
  )

  test.each([
    ['bytes', { rows: 1e6, bytes: 50_000 }],
    ['rows', { rows: 300, bytes: 1e9 }],
  ])('a broken device cannot fill the disk: past a number of %s the oldest of quarantine goes', (_what, limits) => {
    const { db, close } = openEngine(tempDir())
    const payload = new Uint8Array(100)
    const item = { atMs: morningMs, topic: busTopic, deviceId: 'bus-07', reason: 'not-json', detail: '', n: 1, payload }
    for (let n = 0; n < 2; n += 1) {
      // The second one finds the rows of the first.
      const ledger = createLedger(db, { quarantine: limits })
      for (let row = 0; row < 1000; row += 1) ledger.reject(item)
      ledger.flush()
    }
    const kept = db
      .prepare('SELECT count(*) AS n, sum(length(payload)) AS bytes, max(id) AS newest FROM quarantine')
      .get()
    expect(Number(kept?.n)).toBeLessThanOrEqual(limits.rows)
    expect(Number(kept?.bytes)).toBeLessThanOrEqual(limits.bytes)
    expect({ ...kept }).toMatchObject({ newest: 2000 })
    expect(db.prepare("SELECT n FROM rejected WHERE reason = 'not-json'").get()?.n).toBe(2000)
    close()
  })

  test('a key that every object has is left out like any other that cannot be a metric', () => {
    const under = openEngine(tempDir())
    const memory = takeAll(under, [message('{"ts":1795222800000,"speed_kmh":2,"constructor":1,"__proto__":{"a":1}}')])
    expect(memory.metrics).toEqual({ speed_kmh: 2 })
    expect(under.engine.ledger.notes().ignoredFields).toBe(2)
    under.close()
  })

  test.each([
    ['a time', { type: 'pintu-terbuka', ts: null }],
    ['a time that is none', { type: 'pintu-terbuka', ts: 'kemarin' }],
    ['a time that is a flag', { type: 'pintu-terbuka', ts: true }],
    ['a long word', { type: '🚌'.repeat(100) }],
  ])('an event is not lost for %s', (_what, payload) => {
    const under = openEngine(tempDir())
    takeAll(under, [message(payload, { topic: 'binjai/v1/bus/bus-07/event' })])
    expect(countersOf(under, 1)).toMatchObject({ stored: 1, rejected: {} })
    const [event] = under.db.prepare('SELECT type FROM event').all()
    expect(['pintu-terbuka', '🚌'.repeat(64)]).toContain(event?.type)
    under.close()
  })

  test('a value that is none is told with its bytes, and costs neither its reading nor its neighbours', () => {
    const under = openEngine(tempDir())
    const broken = { ts: morningMs - 1000, lat: 3.6, lon: 98.48, speed_kmh: 30, temperature_c: 'N/A', relay: 7 }
    const memory = takeAll(under, [message([broken, { ts: morningMs, passengers: 4 }]), message(broken)])
    expect(memory).toMatchObject({ lat: 3.6, metrics: { speed_kmh: 30, passengers: 4 } })
    expect(countersOf(under, 2)).toEqual({ received: 3, stored: 2, duplicates: 1, rejected: {}, waiting: 0 })
    expect(under.engine.ledger.notes().unusableValues).toBe(4)
    const rows = under.db.prepare('SELECT reason, n, payload FROM quarantine').all()
    expect(rows.map(({ reason, n }) => [reason, n])).toEqual([
      ['invalid-metric', 0],
      ['invalid-metric', 0],
    ])
    for (const { payload } of rows) expect(JSON.parse(Buffer.from(payload as Uint8Array).toString())).toEqual(broken)
    under.close()
  })

  test('a sensor whose value is none is marked as faulty until it has one again', () => {
    const under = openEngine(tempDir())
    const say = (temperature_c: unknown, n: number) =>
      message({ ts: morningMs - 1000 + n, speed_kmh: 3, temperature_c })
    expect(takeAll(under, [say('N/A', 1)]).faults).toEqual(['temperature_c'])
    expect(takeAll(under, [say(31, 2)]).faults).toEqual([])
    under.close()
  })

  test('keys that differ in little keep their own values, in one message and over several', () => {
    const under = openEngine(tempDir())
    const keys = ['1_temp', '2_temp', 'Temp', 'temp', '1.8.0', '2.8.0', 'TEMP']
    const together = Object.fromEntries(keys.map((key, n) => [key, n + 1]))
    const memory = takeAll(under, [
      message({ ts: morningMs - 1000, Suhu: 1 }),
      message({ ts: morningMs - 999, suhu: 2 }),
      message({ ts: morningMs - 998, Suhu: 3 }),
      message({ ts: morningMs, ...together }),
    ])
    expect(Object.values(memory.metrics).sort()).toEqual([1, 2, 2, 3, 3, 4, 5, 6, 7])
    expect(memory.metrics).toMatchObject({ temp: 4, n1_temp: 1, n2_temp: 2, n1_8_0: 5, n2_8_0: 6, suhu: 2 })
    under.close()
  })

  test('a value that the configured store refuses is a note, and its reading is stored', () => {
    const under = openEngine(tempDir(), { forwards: true })
    takeAll(under, [
      message({ ts: morningMs, speed_kmh: 3, passengers: 4 }),
      message({ ts: morningMs + 1, speed_kmh: 3 }),
    ])
    const { upTo, readings } = under.engine.ledger.nextWaiting(10) ?? { upTo: 0, readings: [] }
    under.engine.settle(upTo, readings, [
      { index: 0, metric: 'speed_kmh', detail: 'type conflict' },
      { index: 0, metric: 'passengers', detail: 'type conflict' },
      { index: 1, detail: 'beyond retention policy' },
    ])
    expect(countersOf(under, 2)).toEqual({
      ...{ received: 2, stored: 1, duplicates: 0, rejected: { 'refused-by-store': 1 }, waiting: 0 },
    })
    under.close()
  })

  test('events of one millisecond have numbers of their own for the configured store, over transactions and restarts', () => {
    const dir = tempDir()
    const say = (type: string) =>
      batchesOf([[message({ type }, { topic: 'binjai/v1/bus/bus-07/event', receivedAtMs: morningMs })]])
    const numbers: unknown[] = []
    for (const types of [['door', 'brake'], ['alarm']]) {
      const under = openEngine(dir, { forwards: true })
      for (const type of types) under.engine.processBatches(say(type))
      const { upTo = 0, history } = under.engine.ledger.nextWaiting(10) ?? {}
      numbers.push(...(history?.events ?? []).map(({ type, nth }) => [type, nth]))
      under.engine.settle(upTo, [], [])
      under.close()
    }
    expect(numbers).toEqual([
      ['door', 0],
      ['brake', 1],
      ['alarm', 2],
    ])
  })

  test('states, events and readings by hand that go for want of room in the outbox, or are refused, are counted', () => {
    const under = openEngine(tempDir(), { forwards: true, outboxBytes: 1 })
    const event = (n: number) => message({ type: `t${n}` }, { topic: 'binjai/v1/bus/bus-07/event' })
    const byHand = message(
      { ts: morningMs, water_level_m: 2, role: 'operator' },
      { type: 'manual', principal: 'user:siti', topic: 'binjai/v1/sensor/gauge-1/manual' },
    )
    under.engine.processBatches(batchesOf([[event(1)], [event(2)], [byHand]]))
    const { unforwardedHistory: gone } = under.engine.ledger.notes()
    const kept = ['event', 'state'].map((table) => under.db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n)
    expect(kept[0]).toBe(2)
    expect(gone).toBe(3 + Number(kept[1]))
    under.engine.settle(0, [], [], 3)
    expect(under.engine.ledger.notes().unforwardedHistory).toBe(gone + 3)
    expect(countersOf(under, 3)).toMatchObject({ received: 3, stored: 3, rejected: {}, waiting: 0 })
    under.close()
  })

  test('what waits for the configured store is kept in parts that fit into memory', () => {
    const under = openEngine(tempDir(), { forwards: true })
    const groups = Array.from({ length: 20 }, (_, g) => [
      message(Array.from({ length: 1000 }, (_item, n) => ({ ts: morningMs - g * 1000 - n, passengers: n % 50 }))),
    ])
    under.engine.processBatches(batchesOf(groups))
    const largest = under.db.prepare('SELECT max(n) AS n FROM outbox').get()
    expect(Number(largest?.n)).toBeLessThanOrEqual(5000)
    expect(under.engine.ledger.waiting()).toBe(under.engine.ledger.nextWaiting(1e9)?.readings.length)
    under.close()
  })
})

describe('a second chance', () => {
  test('for an array of which only a part is good stores that part, keeps the rest, and balances', () => {
    const registered = new Set<string>()
    const under = openEngine(tempDir(), {
      device: (id) => (registered.has(id) ? knownDevice(id) : undefined),
    })
    takeAll(under, [
      message([
        { ts: morningMs, speed_kmh: 1 },
        { ts: morningMs + 1, speed_kmh: 'x' },
        { ts: morningMs + 2, speed_kmh: 3 },
      ]),
    ])
    expect(countersOf(under)).toMatchObject({ received: 1, rejected: { 'unknown-device': 1 } })
    registered.add('bus-07')
    expect(under.engine.retry(1)?.result).toEqual({ outcome: 'stored', reason: 'invalid-metric' })
    expect(countersOf(under)).toEqual({
      received: 3,
      stored: 2,
      duplicates: 0,
      rejected: { 'invalid-metric': 1 },
      waiting: 0,
    })
    const rows = under.db.prepare('SELECT reason, n FROM quarantine').all()
    expect(rows.map((row) => ({ ...row }))).toEqual([{ reason: 'invalid-metric', n: 1 }])
    under.close()
  })

  test('for a reading without a time gives it the time at which it came, and moves nothing back', () => {
    const registered = new Set<string>()
    const under = openEngine(tempDir(), {
      device: (id) => (registered.has(id) ? knownDevice(id) : undefined),
    })
    takeAll(under, [message({ speed_kmh: 1 }), message('offline', { topic: 'binjai/v1/bus/bus-07/status' })])
    registered.add('bus-07')
    takeAll(under, [message({ speed_kmh: 60 }, { receivedAtMs: morningMs + 3_600_000 })])
    expect(under.engine.retry(1)?.result).toEqual({ outcome: 'stored', reason: null })
    expect(under.engine.retry(2)?.result).toEqual({ outcome: 'stored', reason: null })
    const memory = under.engine.memories.get('bus-07')
    expect(memory).toMatchObject({ measuredAtMs: morningMs + 3_600_000, metrics: { speed_kmh: 60 }, status: null })
    const times = under.db.prepare('SELECT ts FROM r_trans_binjai_bus_20261121 ORDER BY ts').all()
    expect(times.map(({ ts }) => ts)).toEqual([morningMs, morningMs + 3_600_000])
    under.close()
  })

  test('for a note about a reading that was taken changes nothing', () => {
    const under = openEngine(tempDir())
    takeAll(under, [message({ ts: morningMs, speed_kmh: 900, passengers: 3 })])
    const before = contentOf(under)
    expect(under.engine.retry(1)?.result).toEqual({ outcome: 'rejected', reason: 'implausible' })
    expect(contentOf(under)).toEqual(before)
    under.close()
  })
})

describe('a device that is removed', () => {
  test('is remembered no more, also by the next process, and its late goodbye brings nothing back', () => {
    const dir = tempDir()
    const registered = new Set(['bus-07', 'gauge-1'])
    const device = (id: string) => (registered.has(id) ? knownDevice(id) : undefined)
    const ids = ({ engine }: EngineUnderTest) => [...engine.memories.all()].map(({ id }) => id)
    const before = openEngine(dir, { device })
    takeAll(before, [
      message({ ts: morningMs, speed_kmh: 3 }),
      message({ ts: morningMs, water_level_m: 3 }, { topic: gaugeTopic }),
    ])
    before.engine.tidy()
    registered.delete('bus-07')
    before.engine.forgetDevices()
    before.engine.processBatches([
      {
        ...{ partition: localPartition, seq: 3, cum: 2, readings: 0 },
        entries: [linkChange({ event: 'disconnected' }, morningMs)],
      },
    ])
    expect(ids(before)).toEqual(['gauge-1'])
    before.close()
    const after = openEngine(dir, { device })
    expect(ids(after)).toEqual(['gauge-1'])
    registered.add('bus-07')
    const { metrics } = takeAll(after, [message({ ts: morningMs - 1, passengers: 1 })])
    expect(metrics).toEqual({ passengers: 1 })
    after.close()
  })
})

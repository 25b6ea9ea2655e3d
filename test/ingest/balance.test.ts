import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import type { JournalBatch, JournalEntry } from '../../contract/ports/journal.ts'
import { localPartition } from '../../storage/journal/local-partition.ts'
import { readQuarantine } from '../../storage/telemetry/quarantine.ts'
import {
  batchesOf,
  countersOf,
  dyingBefore,
  type EngineUnderTest,
  knownDevice,
  linkChange,
  message,
  morningMs,
  openEngine,
  takeAll,
} from '../support/storage/engine-under-test.ts'
import { tempDir } from '../support/system/temp-dir.ts'
import { imbalanceOf } from '../torture/stored.ts'

/** A message with what it counts for: in the journal of this release and of those before, and once it is taken apart. */
interface Sent {
  entry: JournalEntry
  /** What doors of earlier releases counted: the elements between the brackets of telemetry. */
  before: number
  /** `undefined`: it is never taken apart. */
  readings: number | undefined
}

const status = 'binjai/v1/bus/bus-07/status'
const event = 'binjai/v1/bus/bus-07/event'
const strangers = 'binjai/v1/bus/bus-99/telemetry'

function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((total, n) => total + n, 0)
}

const element = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ ts: fc.integer({ min: morningMs - 50, max: morningMs }), speed_kmh: fc.nat(9) }),
  },
  fc.constantFrom<unknown>({ speed_kmh: 4 }, 7, {}, { ts: 'x', speed_kmh: 1 }, { ts: morningMs, speed_kmh: 900 }),
)
const readings = fc.array(element, { minLength: 1, maxLength: 6 })
const sent: fc.Arbitrary<Sent> = fc.oneof(
  {
    weight: 4,
    arbitrary: readings.map((list) => ({ entry: message(list), before: list.length, readings: list.length })),
  },
  element.map((one) => ({ entry: message(one), before: 1, readings: 1 })),
  readings.map((list) => ({ entry: message(list, { topic: strangers }), before: list.length, readings: undefined })),
  fc.constantFrom(
    { entry: message('[1,2,x]'), before: 3, readings: undefined },
    { entry: message('{bad'), before: 1, readings: undefined },
    { entry: message('[]'), before: 1, readings: undefined },
    { entry: message(Array.from({ length: 1001 }, () => 1)), before: 1, readings: undefined },
    { entry: message('offline', { topic: status }), before: 1, readings: 1 },
    { entry: message('[1,2,3]', { topic: status }), before: 1, readings: 1 },
    { entry: message({ type: 'x' }, { topic: event }), before: 1, readings: 1 },
    { entry: linkChange({ event: 'connected' }, morningMs), before: 0, readings: 0 },
  ),
)
const batch = fc.record({
  /** Written by the door of an earlier release. */
  old: fc.boolean(),
  messages: fc.array(sent, { minLength: 1, maxLength: 4 }),
  fate: fc.oneof({ weight: 6, arbitrary: fc.constant('sound') }, fc.constantFrom('damaged', 'gone')),
})

/** The journal as it can be read, and what everything in it counts for in the end. */
function journalOf(groups: readonly { old: boolean; messages: Sent[]; fate: string }[]) {
  const written = groups.map(({ old, messages }) =>
    messages.map(({ entry, before }) => (old ? { ...entry, readings: before } : entry)),
  )
  const batches = batchesOf([...written, [message({ speed_kmh: 1 })]])
  const readable = batches.flatMap((one, index) => {
    const fate = groups[index]?.fate
    if (fate === 'gone') return []
    return [fate === 'damaged' ? { ...one, entries: undefined } : one]
  })
  const known = (index: number) => batches[index]?.readings ?? 0
  const total = groups.reduce((all, { messages, fate }, index) => {
    const apart = messages.map((one, at) => one.readings ?? written[index]?.[at]?.readings ?? 0)
    return all + (fate === 'sound' ? apart.reduce((a, b) => a + b, 0) : known(index))
  }, 1)
  const lost = groups.reduce((all, { fate }, index) => all + (fate === 'sound' ? 0 : known(index)), 0)
  return { batches: readable, tailCum: batches.at(-1)?.cum ?? 0, total, lost }
}

/** Looks at the books, which must balance at every moment and never count less than they did. */
function createAuditor() {
  let received = 0
  return (under: EngineUnderTest, tailCum: number) => {
    const counters = countersOf(under, tailCum)
    expect(imbalanceOf(counters)).toBe(0)
    expect(counters.received).toBeGreaterThanOrEqual(received)
    received = counters.received
    return counters
  }
}

function takeRest(under: EngineUnderTest, batches: readonly JournalBatch[], size: number, look: () => void): void {
  const rest = batches.filter(({ seq }) => seq > under.engine.ledger.position(localPartition).seq)
  for (let at = 0; at < rest.length; at += size) {
    under.engine.processBatches(rest.slice(at, at + size))
    look()
  }
}

test('the books balance at every moment, over journals of two releases, damage and deaths, and end with each reading', {
  timeout: 60_000,
}, () => {
  const cuts = fc.record({
    size: fc.integer({ min: 1, max: 3 }),
    forwards: fc.boolean(),
    dies: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 2 }),
  })
  fc.assert(
    fc.property(fc.array(batch, { minLength: 1, maxLength: 6 }), cuts, (groups, { size, forwards, dies }) => {
      const { batches, tailCum, total, lost } = journalOf(groups)
      const audit = createAuditor()
      const dir = tempDir()
      const begun = openEngine(dir, { forwards })
      expect(audit(begun, tailCum)).toMatchObject({ received: tailCum, waiting: tailCum })
      begun.close()
      for (const call of dies) {
        let dying: EngineUnderTest | undefined
        try {
          dying = openEngine(dir, { forwards, through: dyingBefore(call) })
          takeRest(dying, batches, size, () => undefined)
        } catch (error) {
          expect(error).toMatchObject({ message: 'died' })
        }
        dying?.close()
        const found = openEngine(dir, { forwards })
        audit(found, tailCum)
        found.close()
      }
      const last = openEngine(dir, { forwards })
      takeRest(last, batches, size, () => audit(last, tailCum))
      const { received, rejected, waiting } = audit(last, tailCum)
      const { 'journal-damaged': damaged = 0 } = rejected
      expect([received, damaged]).toEqual([total, lost])
      const { upTo, readings: inOutbox } = last.engine.ledger.nextWaiting(1e6) ?? { upTo: 0, readings: [] }
      expect(waiting).toBe(inOutbox.length)
      last.engine.settle(upTo, inOutbox, [])
      expect(audit(last, tailCum).waiting).toBe(0)
      last.close()
    }),
    { numRuns: 150 },
  )
})

test('a second chance balances for what was refused unread, by this release and by those before', {
  timeout: 60_000,
}, () => {
  fc.assert(
    fc.property(fc.array(batch, { minLength: 1, maxLength: 5 }), (groups) => {
      const sound = groups.map((group) => ({ ...group, fate: 'sound' }))
      const { batches, tailCum } = journalOf(sound)
      const audit = createAuditor()
      let registered = false
      const under = openEngine(tempDir(), {
        device: (id) => {
          const bus = knownDevice('bus-07')
          return id === 'bus-99' && registered && bus !== undefined ? { ...bus, id } : knownDevice(id)
        },
      })
      under.engine.processBatches(batches)
      audit(under, tailCum)
      registered = true
      const rows = () => readQuarantine(under.db, { limit: 500 }).rows
      for (const { id } of rows()) {
        under.engine.retry(id)
        audit(under, tailCum)
      }
      const { rejected, received } = audit(under, tailCum)
      expect(rejected).not.toHaveProperty('unknown-device')
      expect(rows().reduce((total, { readings: n }) => total + n, 0)).toBe(sum(rejected))
      const strange = sound.flatMap(({ messages }) => messages).filter(({ entry }) => entry.topic === strangers)
      const apart = sound.flatMap(({ old, messages }) =>
        messages.map(({ readings: n, before }) => n ?? (old ? before : 1)),
      )
      const unread = sound.flatMap(({ old, messages }) =>
        messages.flatMap(({ entry, before }) => (entry.topic === strangers ? [old ? before : 1] : [])),
      )
      const all = (list: readonly number[]) => list.reduce((a, b) => a + b, 0)
      expect(received).toBe(1 + all(apart) - all(unread) + all(strange.map(({ before }) => before)))
      under.close()
    }),
    { numRuns: 100 },
  )
})

test('a message counts as one while it waits, and by its readings once it is taken apart', () => {
  const under = openEngine(tempDir())
  onTestFinished(() => under.close())
  const [first] = batchesOf([[message(Array.from({ length: 500 }, (_, n) => ({ ts: morningMs - n, speed_kmh: 1 })))]])
  expect(countersOf(under, 1)).toMatchObject({ received: 1, waiting: 1, stored: 0 })
  if (first !== undefined) under.engine.processBatches([first])
  expect(countersOf(under, 1)).toMatchObject({ received: 500, waiting: 0, stored: 500 })
  expect(countersOf(under, 3)).toMatchObject({ received: 502, waiting: 2, stored: 500 })
})

test('what is sent again, and known as such before it is taken apart, counts by its readings', () => {
  const under = openEngine(tempDir())
  onTestFinished(() => under.close())
  const untimed = message([{ speed_kmh: 1 }, { speed_kmh: 2 }], { packetId: 5 })
  takeAll(under, [untimed, { ...untimed, dup: true }])
  expect(countersOf(under, 2)).toEqual({ received: 4, stored: 2, duplicates: 2, rejected: {}, waiting: 0 })
})

test('a database of an earlier release knows again what was under way, and counts it by what the journal says', () => {
  const dir = tempDir()
  const untimed = message([{ speed_kmh: 1 }, { speed_kmh: 2 }], { packetId: 5 })
  const first = openEngine(dir)
  takeAll(first, [untimed])
  first.db.exec('ALTER TABLE in_flight DROP COLUMN n')
  first.close()
  const under = openEngine(dir)
  onTestFinished(() => under.close())
  takeAll(under, [
    { ...untimed, dup: true },
    { ...untimed, dup: true, readings: 2 },
  ])
  expect(countersOf(under)).toEqual({ received: 5, stored: 2, duplicates: 3, rejected: {}, waiting: 0 })
})

test('readings that an earlier release promised and that are not there are counted as lost', () => {
  const under = openEngine(tempDir())
  onTestFinished(() => under.close())
  takeAll(under, [message([{ speed_kmh: 1 }], { readings: 3 })])
  expect(countersOf(under, 3)).toEqual({
    received: 3,
    stored: 1,
    duplicates: 0,
    rejected: { 'journal-damaged': 2 },
    waiting: 0,
  })
})

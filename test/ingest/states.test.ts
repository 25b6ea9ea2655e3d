import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { JournalEntry } from '../../contract/ports/journal.ts'
import type { KnownDevice } from '../../ingest/directory.ts'
import { createDueQueue } from '../../ingest/states/due-queue.ts'
import { readStates } from '../../storage/telemetry/states/read-states.ts'
import {
  batchesOf,
  type EngineUnderTest,
  knownDevice,
  linkChange,
  message,
  morningMs,
  openEngine,
} from '../support/storage/engine-under-test.ts'
import { tempDir } from '../support/system/temp-dir.ts'

const secondMs = 1000
const minuteMs = 60_000
const camTopic = 'binjai/v1/cctv/cam-1/telemetry'

const beat = (atMs: number): JournalEntry => ({
  ...linkChange({ event: 'connected' }, atMs, ''),
  type: 'canary',
  payload: new Uint8Array(),
})
const frame = (atMs: number, ts = atMs) => message({ ts, fps: 25 }, { topic: camTopic, receivedAtMs: atMs })

/** The journal of a broker that runs: what came, and a beat each second. */
function journalOf(
  entries: readonly JournalEntry[],
  fromMs: number,
  untilMs: number,
  silences: [number, number][] = [],
) {
  const beats: JournalEntry[] = []
  for (let ms = fromMs; ms <= untilMs; ms += secondMs) {
    if (!silences.some(([from, until]) => ms > from && ms < until)) beats.push(beat(ms))
  }
  return [...entries, ...beats].toSorted((one, other) => one.receivedAtMs - other.receivedAtMs)
}

/** Readings each 30 s. */
function frames(fromMs: number, untilMs: number): JournalEntry[] {
  const found: JournalEntry[] = []
  for (let ms = fromMs; ms < untilMs; ms += 30 * secondMs) found.push(frame(ms))
  return found
}

function take({ engine }: EngineUnderTest, entries: readonly JournalEntry[], perBatch = 50): void {
  const groups = Array.from({ length: Math.ceil(entries.length / perBatch) }, (_, n) =>
    entries.slice(n * perBatch, (n + 1) * perBatch),
  )
  const batches = batchesOf(groups)
  const before = engine.ledger.position(batches[0]?.partition ?? '')
  for (const batch of batches) {
    engine.processBatches([{ ...batch, seq: batch.seq + before.seq, cum: batch.cum + before.cum }])
  }
}

function opened(dir = tempDir(), device: (id: string) => KnownDevice | undefined = knownDevice): EngineUnderTest {
  const under = openEngine(dir, { device })
  onTestFinished(() => {
    if (under.db.isOpen) under.close()
  })
  return under
}

/** `12.5 offline link-lost`: minute of its begin, state and cause. */
function told({ db }: EngineUnderTest, id: string, fromMs: number, toMs: number): string[] {
  const { periods } = readStates(db, { deviceId: id, fromMs, toMs, limit: 1000 }, toMs)
  return periods.map(({ fromMs: ms, state, cause }) => `${(ms - fromMs) / minuteMs} ${state} ${cause ?? ''}`.trim())
}

const expectedS = 60
const camera = (more: Partial<KnownDevice> = {}): KnownDevice | undefined => {
  const known = knownDevice('cam-1')
  return known === undefined ? undefined : { ...known, expectedS, ...more }
}
const only =
  (more: Partial<KnownDevice> = {}) =>
  (id: string) =>
    id === 'cam-1' ? camera(more) : undefined

test('what time alone changes is told for the moment of the rule, whenever the journal is read', () => {
  const entries = journalOf(frames(morningMs, morningMs + 5 * minuteMs), morningMs, morningMs + 30 * minuteMs)
  const pictures = [13, 100, entries.length].map((perBatch) => {
    const under = opened(tempDir(), only())
    take(under, entries, perBatch)
    return told(under, 'cam-1', morningMs, morningMs + 30 * minuteMs)
  })
  expect(pictures[0]).toEqual(['0 online', '6 late no-data', '7.5 stale no-data', '14.5 offline no-data'])
  expect(pictures).toEqual([pictures[0], pictures[0], pictures[0]])
})

test('a process that dies anywhere tells the same moments as one that did not', () => {
  const entries = journalOf(
    [
      ...frames(morningMs, morningMs + 3 * minuteMs),
      linkChange({ event: 'connected' }, morningMs, 'cam-1'),
      linkChange({ event: 'disconnected', reason: 'keepalive' }, morningMs + 4 * minuteMs, 'cam-1'),
      linkChange({ event: 'connected' }, morningMs + 12 * minuteMs, 'cam-1'),
      ...frames(morningMs + 12 * minuteMs, morningMs + 14 * minuteMs),
    ],
    morningMs,
    morningMs + 20 * minuteMs,
  )
  const window = { fromMs: morningMs + 5 * minuteMs, untilMs: morningMs + 8 * minuteMs }
  const device = only({ maintenance: [window] })
  const whole = opened(tempDir(), device)
  take(whole, entries)
  const expected = told(whole, 'cam-1', morningMs, morningMs + 20 * minuteMs)
  expect(expected).toEqual([
    '0 online',
    '4 offline link-lost',
    '5 disabled maintenance',
    '8 offline link-lost',
    '12 online',
    '15 late no-data',
    '16.5 stale no-data',
  ])
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(entries.length), { maxLength: 4 }), (cuts) => {
      const dir = tempDir()
      let from = 0
      for (const cut of [...cuts.toSorted((one, other) => one - other), entries.length]) {
        const under = openEngine(dir, { device })
        take(under, entries.slice(from, cut))
        from = cut
        if (cut === entries.length) expect(told(under, 'cam-1', morningMs, morningMs + 20 * minuteMs)).toEqual(expected)
        under.close()
      }
    }),
    { numRuns: 15 },
  )
})

test('a broker that did not run makes time that nobody watched, not devices that were silent', () => {
  const [from, until] = [morningMs + 5 * minuteMs, morningMs + 65 * minuteMs]
  const under = opened(tempDir(), only())
  const entries = [
    ...frames(morningMs, from),
    linkChange({ event: 'broker-started' }, until, ''),
    ...frames(until + 20 * secondMs, until + 5 * minuteMs),
  ]
  take(under, journalOf(entries, morningMs, until + 5 * minuteMs, [[from, until]]))
  // The last value was live for its minute and a half.
  expect(told(under, 'cam-1', morningMs, until + 5 * minuteMs)).toEqual([
    '0 online',
    '6 unknown not-watched',
    `${65 + 1 / 3} online`,
  ])
})

test('a device that does not come back after that is late from the moment on from which it could have', () => {
  const [from, until] = [morningMs + 5 * minuteMs, morningMs + 65 * minuteMs]
  const under = opened(tempDir(), only())
  take(under, journalOf(frames(morningMs, from), morningMs, until + 5 * minuteMs, [[from, until]]))
  expect(told(under, 'cam-1', morningMs, until + 5 * minuteMs)).toEqual([
    '0 online',
    '6 unknown not-watched',
    '66.5 offline no-data',
  ])
})

test('late readings change values, not states', () => {
  const hourMs = 60 * minuteMs
  const entries = frames(morningMs + hourMs, morningMs + 2 * hourMs).filter(
    ({ receivedAtMs }) => Math.floor(receivedAtMs / minuteMs) % 20 !== 7,
  )
  const pictureOf = (more: readonly JournalEntry[]) => {
    const under = opened(tempDir(), only())
    take(under, journalOf([...entries, ...more], morningMs + hourMs, morningMs + 2 * hourMs))
    return told(under, 'cam-1', morningMs + hourMs, morningMs + 2 * hourMs)
  }
  const late = Array.from({ length: 100 }, (_, n) =>
    frame(morningMs + hourMs + n * 35 * secondMs + 7, morningMs + n * 36 * secondMs + 3),
  )
  expect(pictureOf(late)).toEqual(pictureOf([]))
})

describe('a change of the registry', () => {
  /** The engine with a registry that can be changed. */
  function changing() {
    let known: KnownDevice | undefined = camera()
    let revision = 1
    const registry = {
      get: (id: string) => (id === 'cam-1' ? known : undefined),
      all: () => (known === undefined ? [] : [known]),
      revision: () => revision,
    }
    const under = openEngine(tempDir(), { devices: registry })
    onTestFinished(() => under.close())
    return {
      under,
      change(more: Partial<KnownDevice> | undefined) {
        known = more === undefined ? undefined : camera(more)
        revision += 1
      },
    }
  }

  test('that makes or ends a maintenance is told for its own moment, though it is noticed later', () => {
    const { under, change } = changing()
    const [from, until] = [morningMs + minuteMs + 400, morningMs + 2 * minuteMs + 300]
    const entries = journalOf(frames(morningMs, morningMs + 4 * minuteMs), morningMs, morningMs + 4 * minuteMs)
    const upTo = (ms: number) =>
      entries.splice(
        0,
        entries.findIndex(({ receivedAtMs }) => receivedAtMs > ms),
      )
    take(under, upTo(from + secondMs))
    change({ maintenance: [{ fromMs: from, untilMs: morningMs + 60 * minuteMs }] })
    take(under, upTo(until + secondMs))
    change({ maintenance: [{ fromMs: from, untilMs: until }] })
    take(under, entries)
    const { periods } = readStates(
      under.db,
      { deviceId: 'cam-1', fromMs: morningMs, toMs: morningMs + 3 * minuteMs, limit: 10 },
      morningMs + 4 * minuteMs,
    )
    expect(periods.map(({ fromMs, state }) => [fromMs, state])).toEqual([
      [morningMs, 'online'],
      [from, 'disabled'],
      [until, 'online'],
    ])
  })

  test('that disables, slows down or removes a device is followed with the next entry', () => {
    const { under, change } = changing()
    take(under, journalOf(frames(morningMs, morningMs + minuteMs), morningMs, morningMs + minuteMs))
    change({ disabled: true })
    take(under, journalOf([], morningMs + minuteMs + secondMs, morningMs + 3 * minuteMs))
    change({ expectedS: 600 })
    take(under, journalOf([], morningMs + 3 * minuteMs + secondMs, morningMs + 5 * minuteMs))
    change(undefined)
    take(under, journalOf([], morningMs + 5 * minuteMs + secondMs, morningMs + 6 * minuteMs))
    expect(told(under, 'cam-1', morningMs, morningMs + 6 * minuteMs)).toEqual([
      '0 online',
      '1 disabled registry',
      '3 online',
      '5 unknown never-heard',
    ])
  })
})

test('a clock that was far ahead and was set back leaves no history in the future', () => {
  const under = opened(tempDir(), only())
  const aheadMs = morningMs + 24 * 60 * minuteMs
  take(under, journalOf([frame(aheadMs)], aheadMs, aheadMs + 10 * minuteMs))
  take(under, journalOf(frames(morningMs, morningMs + 2 * minuteMs), morningMs, morningMs + 2 * minuteMs))
  // Also for a process that begins after that.
  expect(under.db.prepare('SELECT until_ms FROM state_unwatched').get()).toEqual({ until_ms: morningMs })
  const rows = under.db.prepare('SELECT max(at) AS newest FROM state').get()
  expect(Number(rows?.newest)).toBeLessThanOrEqual(morningMs + 2 * minuteMs)
  expect(told(under, 'cam-1', morningMs, morningMs + 2 * minuteMs)).toEqual(['0 online'])
})

test('the queue gives out keys by their moments, and nothing before its time', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1000)), fc.nat(1000), (moments, untilMs) => {
      const queue = createDueQueue<number>()
      for (const [key, ms] of moments.entries()) queue.add(key, ms)
      const taken: number[] = []
      for (let due = queue.takeDue(untilMs); due !== undefined; due = queue.takeDue(untilMs)) {
        expect(moments[due.key]).toBe(due.ms)
        taken.push(due.ms)
      }
      expect(taken).toEqual(moments.filter((ms) => ms <= untilMs).toSorted((one, other) => one - other))
    }),
  )
})

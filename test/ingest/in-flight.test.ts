import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JournalEntry, LinkChange } from '../../contract/ports/journal.ts'
import { maxOfDevice } from '../../ingest/in-flight.ts'
import {
  busTopic,
  countersOf,
  type EngineUnderTest,
  linkChange,
  message,
  morningMs,
  openEngine,
  takeAll,
} from '../support/storage/engine-under-test.ts'
import { tempDir } from '../support/system/temp-dir.ts'

const eventTopic = busTopic.replace('telemetry', 'event')
const statusTopic = busTopic.replace('telemetry', 'status')

/** What was stored of these entries, each a second after the one before. */
function storedOf(under: EngineUnderTest, entries: readonly JournalEntry[]): { stored: number; duplicates: number } {
  takeAll(
    under,
    entries.map((entry, second) => ({ ...entry, receivedAtMs: morningMs + second * 1000 })),
  )
  const { stored, duplicates } = countersOf(under)
  return { stored, duplicates }
}

function taken(...entries: JournalEntry[]): { stored: number; duplicates: number } {
  const under = openEngine(tempDir())
  try {
    return storedOf(under, entries)
  } finally {
    under.close()
  }
}

const unstamped = (packetId: number, more: Partial<JournalEntry> = {}) =>
  message({ speed_kmh: packetId % 80 }, { packetId, ...more })
const connected = (client = 1, session: LinkChange['session'] = 'kept') =>
  linkChange({ event: 'connected', client, session }, morningMs)
const lost = linkChange({ event: 'disconnected', reason: 'socket-closed' }, morningMs)
const release = (packetId: number): JournalEntry => ({
  ...linkChange({ event: 'connected' }, morningMs),
  type: 'release',
  payload: new Uint8Array(),
  packetId,
})
const again = (entry: JournalEntry): JournalEntry => ({ ...entry, dup: true })

test.each([
  ['that is kept', 'kept'],
  ['that is new, of the same client', 'new'],
] as const)(
  'all messages without time that were under way are known again in a session %s, whatever their order',
  (_which, session) => {
    const sent = Array.from({ length: 100 }, (_none, n) => unstamped(n + 1))
    const redelivered = sent.map(again).toReversed()
    const counts = taken(connected(1, 'new'), ...sent, lost, connected(1, session), ...redelivered, ...redelivered)
    expect(counts).toEqual({ stored: 100, duplicates: 200 })
  },
)

test.each([
  ['an event', eventTopic, '{"type":"pintu-terbuka"}'],
  ['a status', statusTopic, 'online'],
  ['a message whose time cannot be', busTopic, `{"ts":${morningMs + 86_400_000},"speed_kmh":3}`],
  ['a message of which one reading has no time', busTopic, `[{"ts":${morningMs},"speed_kmh":3},{"speed_kmh":4}]`],
])('%s is known again too', (_what, topic, payload) => {
  const first = message(payload, { topic, packetId: 7 })
  const { stored } = taken(connected(), first)
  expect(taken(connected(), first, lost, connected(), again(first))).toEqual({ stored, duplicates: stored })
})

test('what went to quarantine goes there once', () => {
  const under = openEngine(tempDir())
  const bad = message('{bad', { packetId: 3 })
  storedOf(under, [connected(), bad, lost, connected(), again(bad)])
  expect(countersOf(under)).toMatchObject({ rejected: { 'not-json': 1 }, duplicates: 1 })
  under.close()
})

test.each([
  ['equal bytes without the flag are a new message', [unstamped(1), unstamped(1)]],
  ['equal bytes under another identifier are a new message', [unstamped(1), again({ ...unstamped(1), packetId: 2 })]],
  [
    'other bytes under the same identifier are a new message',
    [unstamped(1), again(message('{"speed_kmh":70}', { packetId: 1 }))],
  ],
  [
    'the same bytes on another topic are a new message',
    [
      message('{"type":"a"}', { packetId: 1, topic: eventTopic }),
      again(message('{"type":"a"}', { packetId: 1, topic: eventTopic.replace('event', 'command-result') })),
    ],
  ],
  [
    'a message that never came before is stored, though it says that it did',
    [again(unstamped(1)), again(unstamped(2))],
  ],
  ['the same of another client is another message', [unstamped(1), lost, connected(2, 'new'), again(unstamped(1))]],
  [
    'of another device too',
    [
      unstamped(1),
      again({ ...message('{"water_level_m":1}', { topic: 'binjai/v1/sensor/gauge-1/telemetry', packetId: 1 }) }),
    ],
  ],
])('%s', (_rule, entries) => {
  expect(taken(connected(), ...entries)).toEqual({ stored: 2, duplicates: 0 })
})

test('[MQTT-4.3.3-2] QoS 2 is one message until its release, with the flag or without, and a new one behind it', () => {
  const event = message('{"type":"pintu-terbuka"}', { topic: eventTopic, packetId: 9, qos: 2 })
  const back = [lost, connected()]
  expect(taken(connected(), event, ...back, again(event), ...back, event)).toEqual({ stored: 1, duplicates: 2 })
  expect(taken(connected(), event, release(9), event, release(9), ...back, again(event))).toEqual({
    stored: 3,
    duplicates: 0,
  })
})

test('[MQTT-3.1.2-6] in a new session QoS 2 without the flag is a new message; with it the client says that it is not', () => {
  const event = message('{"type":"pintu-terbuka"}', { topic: eventTopic, packetId: 9, qos: 2 })
  const anew = [lost, connected(1, 'new')]
  expect(taken(connected(), event, ...anew, event)).toEqual({ stored: 2, duplicates: 0 })
  expect(taken(connected(), event, ...anew, again(event))).toEqual({ stored: 1, duplicates: 1 })
})

test('what is under way outlives a restart of ingest', () => {
  const dir = tempDir()
  const event = message('{"type":"pintu-terbuka"}', { topic: eventTopic, packetId: 9, qos: 2 })
  const before = openEngine(dir)
  storedOf(before, [
    connected(),
    unstamped(1),
    unstamped(2),
    event,
    unstamped(4),
    message({ ts: morningMs, speed_kmh: 1 }, { packetId: 4 }),
  ])
  before.close()
  const after = openEngine(dir)
  expect(storedOf(after, [again(unstamped(2)), event, again(unstamped(1))])).toEqual({ stored: 5, duplicates: 3 })
  expect(storedOf(after, [again(unstamped(4))])).toEqual({ stored: 6, duplicates: 3 })
  after.close()
})

test('of each device the newest thousand are remembered, and none longer than a day', () => {
  const sent = Array.from({ length: maxOfDevice + 1 }, (_none, n) => unstamped(n + 1))
  const [oldest, second] = sent
  if (oldest === undefined || second === undefined) throw new Error('none')
  expect(taken(connected(), ...sent, again(second))).toEqual({ stored: maxOfDevice + 1, duplicates: 1 })
  expect(taken(connected(), ...sent, again(oldest))).toEqual({ stored: maxOfDevice + 2, duplicates: 0 })
  const under = openEngine(tempDir())
  takeAll(under, [unstamped(1), { ...again(unstamped(1)), receivedAtMs: morningMs + 86_400_001 }])
  expect(countersOf(under)).toMatchObject({ stored: 2, duplicates: 0 })
  under.close()
})

/** A client as the standard wants it, over a network that loses what is on its way whenever it breaks. */
type Move =
  | { do: 'send'; qos: 1 | 2; value: number }
  | { do: 'break'; arrived: number; answered: number }
  | { do: 'answer' }

const moves: fc.Arbitrary<Move> = fc.oneof(
  fc.record({
    do: fc.constant('send' as const),
    qos: fc.constantFrom(1 as const, 2 as const),
    value: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({ do: fc.constant('break' as const), arrived: fc.nat(5), answered: fc.nat(5) }),
  fc.record({ do: fc.constant('answer' as const) }),
)

interface Open {
  entry: JournalEntry
  /** It is not the first time. */
  sent: boolean
}

/** That client, with what the broker puts into its journal. */
function client() {
  const journal: JournalEntry[] = [connected()]
  let open: Open[] = []
  let events = 0

  /** The first of what is open reach the broker, and of these the first are answered. */
  function deliver(arrived: number, answered: number): void {
    for (const { entry, sent } of open.slice(0, arrived)) journal.push({ ...entry, dup: sent })
    for (const one of open) one.sent = true
    const done = open.slice(0, Math.min(arrived, answered))
    for (const { entry } of done) if (entry.qos === 2) journal.push(release(entry.packetId ?? 0))
    open = open.slice(done.length)
  }

  function move(step: Move): void {
    if (step.do === 'send') {
      events += 1
      const entry = message(`{"type":"e${step.value}"}`, { topic: eventTopic, packetId: events, qos: step.qos })
      open.push({ entry, sent: false })
      return
    }
    if (step.do === 'answer') return deliver(open.length, open.length)
    deliver(step.arrived, step.answered)
    journal.push(lost, connected())
  }

  return { move, journal, events: () => events }
}

test('however often the network breaks, each event of a client that counts its identifiers is stored once', () => {
  const everything: Move = { do: 'answer' }
  fc.assert(
    fc.property(fc.array(moves, { maxLength: 40 }), (steps) => {
      const { move, journal, events } = client()
      for (const step of [...steps, everything]) move(step)
      expect(taken(...journal).stored).toBe(events())
    }),
    { numRuns: 30 },
  )
})

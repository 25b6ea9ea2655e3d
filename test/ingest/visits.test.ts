import { expect, test } from 'vitest'
import type { JournalEntry } from '../../contract/ports/journal.ts'
import type { DeviceState } from '../../contract/state.ts'
import { deviceState } from '../../domain/device-state.ts'
import type { DeviceLiveState } from '../../ingest/device-state.ts'
import {
  knownDevice,
  linkChange,
  message,
  morningMs,
  openEngine,
  takeAll,
} from '../support/storage/engine-under-test.ts'
import { tempDir } from '../support/system/temp-dir.ts'

/** Devices whose connections end with their message, and those that hold theirs. Times in seconds. */

const topic = 'binjai/v1/sensor/gauge-1/telemetry'
const statusTopic = topic.replace('telemetry', 'status')
const at = (s: number) => morningMs + s * 1000
const connected = (s: number) => linkChange({ event: 'connected' }, at(s), 'gauge-1')
const gone = (s: number, reason = 'socket-closed') => linkChange({ event: 'disconnected', reason }, at(s), 'gauge-1')
const says = (s: number) => message({ ts: at(s), water_level_m: 1.2 }, { topic, receivedAtMs: at(s) })
const will = (s: number) => message('offline', { topic: statusTopic, receivedAtMs: at(s), will: true })
const word = (s: number) => message('offline', { topic: statusTopic, receivedAtMs: at(s) })

/** Connects, says its message and goes. */
const visit = (s: number, reason?: string): JournalEntry[] => [connected(s), says(s + 1), gone(s + 2, reason)]

function after(expectedS: number, entries: readonly JournalEntry[]): DeviceLiveState {
  const known = knownDevice('gauge-1')
  const under = openEngine(tempDir(), {
    device: (id) => (known && id === known.id ? { ...known, expectedS } : undefined),
  })
  takeAll(under, entries)
  const memory = under.engine.memories.get('gauge-1')
  under.close()
  return memory
}

function stateAt(expectedS: number, entries: readonly JournalEntry[], s: number): DeviceState {
  const { link, flappingUntilMs, status, measuredAtMs, receivedAtMs } = after(expectedS, entries)
  const heard = { link: link.state, linkSinceMs: link.sinceMs, flappingUntilMs, status, measuredAtMs, receivedAtMs }
  const habits = { expectedMs: expectedS * 1000, moving: false, frozen: false, disabled: false, maintenance: null }
  return deviceState({ ...heard, ...habits, skewMs: null }, at(s)).state
}

test.each([
  ['closes its socket', (s: number) => visit(s)],
  ['resets it', (s: number) => visit(s, 'error: read ECONNRESET')],
  [
    'switches its modem off, and is found silent',
    (s: number) => [connected(s), says(s + 1), gone(s + 450, 'keepalive')],
  ],
  [
    'switches its modem off, and comes back before',
    (s: number) => [connected(s), says(s + 1), gone(s + 599, 'taken-over')],
  ],
  ['leaves its Will behind', (s: number) => [connected(s), says(s + 1), will(s + 2), gone(s + 2)]],
])('of a sensor that says a message every ten minutes and %s only the age of its data counts', (_how, once) => {
  const twice = [...once(0), ...once(600)]
  expect(stateAt(600, once(0), 599)).toBe('online')
  expect(stateAt(600, twice, 603)).toBe('online')
  expect(stateAt(600, twice, 600 + 901 + 1)).toBe('late')
  expect(stateAt(600, twice, 600 + 1801 + 1)).toBe('stale')
  expect(stateAt(600, twice, 600 + 6001 + 1)).toBe('offline')
})

test('one that sends each minute is known after three messages', () => {
  const visits = [0, 60, 120, 180].map((s) => visit(s))
  expect(stateAt(60, visits.slice(0, 2).flat(), 63)).toBe('offline')
  expect(stateAt(60, visits.slice(0, 3).flat(), 123)).toBe('online')
  expect(stateAt(60, visits.flat(), 183)).toBe('online')
  expect(after(60, visits.flat()).flappingUntilMs).toBeNull()
})

test('a loose aerial is none that goes with its message: it comes more often than twice in its interval', () => {
  const loose = (n: number, everyS: number) => Array.from({ length: n }, (_none, k) => visit(k * everyS)).flat()
  const flapsUntil = (expectedS: number, n: number, everyS: number) =>
    after(expectedS, loose(n, everyS)).flappingUntilMs
  expect(flapsUntil(30, 3, 8)).toBeNull()
  expect(flapsUntil(30, 4, 8)).toBe(at(3 * 8 + 2 + 120))
  // Also one that has been loose for so long that nobody remembers how it held its connection before.
  expect(flapsUntil(30, 60, 8)).toBe(at(59 * 8 + 2 + 120))
  expect(flapsUntil(30, 60, 15)).toBe(at(59 * 15 + 2 + 120))
  expect(flapsUntil(30, 60, 16)).toBeNull()
  expect(flapsUntil(600, 60, 45)).toBeNull()
})

test('one that goes with its message flaps no longer than its line was loose', () => {
  const loose = [0, 8, 16, 24].flatMap((s) => visit(s))
  // The first of them is still one of four in its one and a half intervals.
  const well = Array.from({ length: 20 }, (_none, k) => visit(84 + k * 60)).flat()
  expect(after(60, [...loose, ...well]).flappingUntilMs).toBe(at(84 + 2 + 120))
  expect(stateAt(60, [...loose, ...well], 84 + 19 * 60 + 3)).toBe('online')
})

test.each([
  ['for hours', 7200],
  ['for more than a minute', 70],
])('a device that once held its connection %s and loses it is offline at once', (_long, heldS) => {
  const held = [connected(0), says(1), says(heldS - 1), gone(heldS)]
  expect(stateAt(600, held, heldS + 1)).toBe('offline')
  // Also where the next ones were short, as those of a broken network are.
  expect(stateAt(600, [...held, ...visit(heldS + 10), ...visit(heldS + 20)], heldS + 23)).toBe('offline')
})

test.each([
  ['without a message', [connected(0), says(1), gone(2), connected(10), gone(11)], 'online'],
  ['that never said anything', [connected(0), gone(1), says(2)], 'offline'],
] as const)('a connection %s tells nothing of the device', (_which, entries, state) => {
  expect(stateAt(600, entries, 12)).toBe(state)
})

test('a connection that was held is forgotten after eight that were not', () => {
  const held = [connected(0), says(1), says(99), gone(100)]
  const visits = (n: number) => Array.from({ length: n }, (_none, k) => visit(700 + k * 600)).flat()
  expect(stateAt(600, [...held, ...visits(7)], 700 + 6 * 600 + 3)).toBe('offline')
  expect(stateAt(600, [...held, ...visits(8)], 700 + 7 * 600 + 3)).toBe('online')
  expect(after(600, [...held, ...visits(20)]).heldLinks).toHaveLength(8)
})

test.each(['error: foreign-topic', 'error: protocol-error', 'revoked', 'key-ended'])(
  'an end because of %s is a loss',
  (reason) => {
    expect(stateAt(600, [...visit(0), ...visit(600, reason)], 603)).toBe('offline')
  },
)

test('its own word that it is offline holds, also of a sensor that sleeps', () => {
  expect(stateAt(600, [...visit(0), connected(600), says(601), word(602), gone(602)], 603)).toBe('offline')
})

test('the Will of a device that holds its connection holds', () => {
  const entries = [connected(0), says(1), says(600), will(700), gone(700)]
  expect(after(600, entries).status).toBe('offline')
})

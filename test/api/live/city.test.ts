import { describe, expect, test } from 'vitest'
import { createCity } from '../../../api/live/city.ts'
import type { InSlices } from '../../../api/live/slices.ts'
import { deviceViewSchema } from '../../../contract/http/devices.ts'
import type { StoredReading } from '../../../contract/ports/telemetry.ts'
import { findProfile } from '../../../contract/profiles/index.ts'
import type { DeviceRecord } from '../../../storage/registry/devices/device-record.ts'
import { changes, heard } from '../city-under-test.ts'

const startMs = Date.UTC(2026, 10, 21, 1)

function record(id: string, more: Partial<DeviceRecord> = {}): DeviceRecord {
  return {
    ...{ id, kind: 'sensor', profile: 'river-gauge', name: id, lat: 3.6, lon: 98.5, areaCode: null, parentId: null },
    ...{ opd: null, expectedS: 60, disabled: false, simulated: false, createdAtMs: startMs, keyCreatedAtMs: startMs },
    ...{ keyUsedAtMs: null, oldKey: null, revokedAtMs: null, certificateUsedAtMs: null, certificatesFromMs: null },
    ...more,
  }
}

const windows = (...spans: [fromMs: number, untilMs: number][]) =>
  new Map([['r-1', spans.map(([fromMs, untilMs]) => ({ fromMs: startMs + fromMs, untilMs: startMs + untilMs }))]])

const atOnce: InSlices = async (items, work) => {
  for (const item of items) work(item)
}

function cityOf(...records: DeviceRecord[]) {
  const clock = { ms: startMs }
  const city = createCity({ now: () => clock.ms, inSlices: atOnce, findProfile })
  city.applyRegistry({ counter: 1, changed: records, removed: [], maintenance: new Map() })
  const link = { state: 'up', sinceMs: startMs, reason: null } as const
  const hear = (id: string, more: Parameters<typeof heard>[1] = {}) =>
    city.applyFeed(changes(heard(id, { measuredAtMs: clock.ms, receivedAtMs: clock.ms, link, ...more })))
  const pass = async (s: number) => {
    clock.ms += s * 1000
    await city.tick()
  }
  return { city, clock, hear, pass }
}

const iso = (ms: number) => new Date(ms).toISOString()
const lostLink = { state: 'lost', sinceMs: startMs, reason: 'keepalive' } as const

describe('state', async () => {
  test('a registered device that was never heard is unknown', () => {
    const { city } = cityOf(record('r-1'))
    expect(city.view('r-1')).toMatchObject({
      state: 'unknown',
      stateReason: 'never-heard',
      stateSince: null,
      metrics: {},
    })
    expect(deviceViewSchema.parse(city.view('r-1'))).toBeDefined()
  })

  test.each([
    ['from the beginning', 30 * 86_400_000, 'offline', 'clock-behind'],
    ['by ten minutes', 600_000, 'stale', 'clock-behind'],
    ['by two minutes', 120_000, 'late', 'clock-behind'],
    ['by less than makes it late', 60_000, 'online', null],
    ['not at all', 0, 'online', null],
  ])('a device that sends, and whose time is behind %s, is not called silent', (_what, skewMs, state, stateReason) => {
    const { city, clock, hear } = cityOf(record('r-1'))
    hear('r-1', { measuredAtMs: clock.ms - skewMs, skewMs: skewMs + 400 })
    expect(city.view('r-1')).toMatchObject({ state, stateReason, skewMs })
    expect(deviceViewSchema.parse(city.view('r-1'))).toBeDefined()
  })

  test('a device whose time is behind, and that falls silent, has sent nothing', async () => {
    const { city, clock, hear, pass } = cityOf(record('r-1'))
    hear('r-1', { measuredAtMs: clock.ms - 86_400_000, skewMs: 86_400_000 })
    await pass(180)
    expect(city.view('r-1')).toMatchObject({ state: 'offline', stateReason: 'clock-behind' })
    await pass(1)
    expect(city.view('r-1')).toMatchObject({ state: 'offline', stateReason: 'no-data' })
  })

  test('a lost connection is told before a time that is behind', () => {
    const { city, clock, hear } = cityOf(record('r-1'))
    const link = { state: 'lost', sinceMs: clock.ms, reason: 'keepalive' } as const
    hear('r-1', { measuredAtMs: clock.ms - 86_400_000, skewMs: 86_400_000, link })
    expect(city.view('r-1')).toMatchObject({ state: 'offline', stateReason: 'link-lost' })
  })

  test.each([3600, -3600])('a clock that is set by %i s makes nobody offline, and nobody younger', async (byS) => {
    const { city, clock, hear, pass } = cityOf(record('r-1'), record('r-2'))
    hear('r-1')
    hear('r-2', { link: { state: 'lost', sinceMs: clock.ms, reason: 'keepalive' } })
    await pass(30)
    clock.ms += byS * 1000
    city.clockMoved(byS * 1000)
    await city.tick()
    expect(city.view('r-1')).toMatchObject({ state: 'online', measuredAt: iso(clock.ms - 30_000) })
    expect(city.view('r-2')).toMatchObject({ state: 'offline' })
    await pass(61)
    expect(city.view('r-1')).toMatchObject({ state: 'late' })
  })

  test('ages from online to late, stale and offline without any message, and says since when', async () => {
    const { city, hear, pass } = cityOf(record('r-1'))
    hear('r-1')
    expect(city.view('r-1')).toMatchObject({ state: 'online', stateReason: null })
    await pass(91)
    expect(city.view('r-1')).toMatchObject({ state: 'late', stateReason: 'no-data', stateSince: iso(startMs + 90_000) })
    await pass(90)
    expect(city.view('r-1')).toMatchObject({ state: 'stale', stateSince: iso(startMs + 180_000) })
    await pass(420)
    expect(city.view('r-1')).toMatchObject({ state: 'offline', stateSince: iso(startMs + 600_000) })
    expect(city.view('r-1')?.metrics).toEqual({ water_level_m: 1.2 })
  })

  test.each([
    ['a lost link', { link: { state: 'lost', sinceMs: startMs - 5, reason: 'keepalive' } }, 'offline', 'link-lost'],
    ['its own word', { status: 'offline' }, 'offline', 'said-offline'],
    ['maintenance', { status: 'disabled' }, 'disabled', 'said-disabled'],
    ['values that stand still', { frozen: true }, 'frozen', 'same-values'],
  ] as const)('%s shows at once', (_why, live, state, stateReason) => {
    const { city, hear } = cityOf(record('r-1'))
    hear('r-1', live)
    expect(city.view('r-1')).toMatchObject({ state, stateReason })
  })

  test('a connection that comes and goes changes no state, as long as data comes', async () => {
    const { city, hear, pass } = cityOf(record('r-1'))
    const flappingUntilMs = startMs + 120_000
    hear('r-1', { link: { state: 'lost', sinceMs: startMs, reason: 'socket-closed' }, flappingUntilMs })
    expect(city.view('r-1')).toMatchObject({
      state: 'online',
      stateReason: 'flapping',
      flappingUntil: iso(flappingUntilMs),
    })
    await pass(121)
    expect(city.view('r-1')).toMatchObject({ state: 'offline', stateReason: 'link-lost' })
  })

  test('a clock that is set back takes a running maintenance back, also of a device that was never heard', async () => {
    const { city, clock } = cityOf(record('r-1'))
    city.applyRegistry({ counter: 2, changed: [record('r-1')], removed: [], maintenance: windows([10_000, 20_000]) })
    clock.ms = startMs + 15_000
    await city.tick()
    expect(city.view('r-1')?.state).toBe('disabled')
    clock.ms = startMs
    city.clockMoved(-15_000)
    expect(city.view('r-1')?.state).toBe('unknown')
    clock.ms = startMs + 10_000
    await city.tick()
    expect(city.view('r-1')?.state).toBe('disabled')
  })

  test('a maintenance begins and ends to the millisecond, without any message', async () => {
    const { city, clock, hear } = cityOf(record('r-1'))
    hear('r-1')
    const maintenance = windows([10_000, 20_000])
    city.applyRegistry({ counter: 2, changed: [record('r-1')], removed: [], maintenance })
    const told = { from: iso(startMs + 10_000), until: iso(startMs + 20_000) }
    const at = async (ms: number) => {
      clock.ms = startMs + ms
      await city.tick()
      return city.view('r-1')
    }
    const alone = { stateReason: null }
    expect(await at(9999)).toMatchObject({ state: 'online', maintenance: told, ...alone })
    const running = { state: 'disabled', stateReason: 'maintenance', stateSince: told.from, maintenance: told }
    expect(await at(10_000)).toMatchObject(running)
    expect(await at(19_999)).toMatchObject(running)
    expect(await at(20_000)).toMatchObject({ state: 'online', maintenance: null, stateSince: told.until, ...alone })
    expect(deviceViewSchema.parse(city.view('r-1'))).toBeDefined()
  })

  test('windows that overlap or touch are one, and the next is told when that is over', async () => {
    const { city, clock } = cityOf(record('r-1'))
    const maintenance = windows([30_000, 40_000], [0, 10_000], [5000, 15_000], [15_000, 20_000])
    city.applyRegistry({ counter: 2, changed: [record('r-1')], removed: [], maintenance })
    expect(city.view('r-1')?.maintenance).toEqual({ from: iso(startMs), until: iso(startMs + 20_000) })
    clock.ms = startMs + 19_999
    await city.tick()
    expect(city.view('r-1')?.state).toBe('disabled')
    clock.ms = startMs + 20_000
    await city.tick()
    const next = { from: iso(startMs + 30_000), until: iso(startMs + 40_000) }
    expect(city.view('r-1')).toMatchObject({ state: 'unknown', maintenance: next })
    city.applyRegistry({ counter: 3, changed: [record('r-1')], removed: [], maintenance: windows([30_000, 20_000]) })
    expect(city.view('r-1')?.maintenance).toBeNull()
  })

  test.each([
    [{ status: 'offline' }, 'said-offline', 'offline', { status: 'offline' }],
    [{ status: 'disabled' }, 'said-disabled', 'disabled', { status: 'disabled' }],
    [{ frozen: true }, 'same-values', 'frozen', { frozen: true }],
    [{ link: lostLink }, 'link-lost', 'offline', { link: { state: 'lost', since: iso(startMs), reason: 'keepalive' } }],
  ] as const)('a maintenance hides %j, and the facts are told all the same', async (live, reason, after, fact) => {
    const { city, hear, pass } = cityOf(record('r-1'))
    city.applyRegistry({ counter: 2, changed: [record('r-1')], removed: [], maintenance: windows([0, 5000]) })
    city.takeChanges()
    hear('r-1', live)
    expect(city.view('r-1')).toMatchObject({ state: 'disabled', stateReason: 'maintenance', ...fact })
    expect(city.takeChanges().changes).toMatchObject([{ id: 'r-1', ...fact }])
    await pass(5)
    expect(city.view('r-1')).toMatchObject({ state: after, stateReason: reason, ...fact })
  })

  test('out of service in the registry wins over a maintenance', () => {
    const { city } = cityOf(record('r-1'))
    const maintenance = windows([-1000, 5000])
    city.applyRegistry({ counter: 2, changed: [record('r-1', { disabled: true })], removed: [], maintenance })
    expect(city.view('r-1')).toMatchObject({ state: 'disabled', stateReason: 'registry', disabled: true })
    city.applyRegistry({ counter: 3, changed: [record('r-1')], removed: [], maintenance })
    expect(city.view('r-1')).toMatchObject({ stateReason: 'maintenance', stateSince: iso(startMs - 1000) })
  })

  test('the registry takes it out of service and back', () => {
    const { city, hear } = cityOf(record('r-1'))
    hear('r-1')
    city.applyRegistry({
      counter: 2,
      changed: [record('r-1', { disabled: true })],
      removed: [],
      maintenance: new Map(),
    })
    expect(city.view('r-1')).toMatchObject({ state: 'disabled', stateReason: 'registry', stateSince: iso(startMs) })
    city.applyRegistry({ counter: 3, changed: [record('r-1')], removed: [], maintenance: new Map() })
    expect(city.view('r-1')).toMatchObject({ state: 'online' })
  })
})

describe('position', () => {
  test('a gauge stands where it was registered, a bus is where it says', () => {
    const { city, hear } = cityOf(record('r-1'), record('bus-1', { kind: 'bus', profile: 'trans-binjai-bus' }))
    const position = { lat: 3.7, lon: 98.6, positionAtMs: startMs }
    hear('r-1', position)
    hear('bus-1', position)
    expect(city.view('r-1')).toMatchObject({ lat: 3.6, lon: 98.5, positionAt: null })
    expect(city.view('bus-1')).toMatchObject({ lat: 3.7, lon: 98.6, positionAt: null })
  })

  test('an old position does not pass for one of now', () => {
    const { city, hear } = cityOf(record('bus-1', { kind: 'bus', profile: 'trans-binjai-bus' }))
    hear('bus-1', { lat: 3.7, lon: 98.6, positionAtMs: startMs - 60_000 })
    expect(city.view('bus-1')).toMatchObject({ positionAt: iso(startMs - 60_000), measuredAt: iso(startMs) })
  })
})

describe('the store at the start', () => {
  const stored: StoredReading = {
    ...{ deviceId: 'r-1', kind: 'sensor', profile: 'river-gauge', areaCode: null, tsMs: startMs - 30_000 },
    ...{
      receivedAtMs: startMs - 29_000,
      tsSource: 'device',
      simulated: false,
      metrics: { water_level_m: 2, mains: 1 },
    },
  } as const

  test('fills in what ingest has not said, with flags as flags', () => {
    const { city } = cityOf(record('r-1'))
    city.seed([stored])
    expect(city.view('r-1')).toMatchObject({ state: 'online', metrics: { water_level_m: 2, mains: true } })
  })

  test('never covers what ingest has said', () => {
    const { city, hear } = cityOf(record('r-1'))
    hear('r-1')
    city.seed([stored])
    expect(city.view('r-1')?.metrics).toEqual({ water_level_m: 1.2 })
  })
})

test('what was heard before the registry told of it is there with it, of the last thousand such devices', () => {
  const { city, hear } = cityOf()
  for (let n = 0; n <= 1000; n += 1) hear(`early-${n}`)
  const registered = ['early-0', 'early-1', 'early-1000'].map((id) => record(id))
  city.applyRegistry({ counter: 2, changed: registered, removed: [], maintenance: new Map() })
  expect(city.view('early-0')?.state).toBe('unknown')
  expect(city.view('early-1')?.metrics).toEqual({ water_level_m: 1.2 })
  expect(city.view('early-1000')?.metrics).toEqual({ water_level_m: 1.2 })
})

describe('changes', () => {
  test('hold only the fields that changed, the newest of each, once', async () => {
    const { city, hear, pass } = cityOf(record('r-1'), record('r-2'))
    hear('r-1')
    city.takeChanges()
    expect(city.takeChanges()).toEqual({ changes: [], removed: [] })
    await pass(1)
    hear('r-1', { metrics: { water_level_m: 1.3 } })
    await pass(1)
    hear('r-1', { metrics: { water_level_m: 1.4 } })
    const { changes: told } = city.takeChanges()
    expect(told).toHaveLength(1)
    expect(told[0]).toMatchObject({ id: 'r-1', metrics: { water_level_m: 1.4 }, measuredAt: iso(startMs + 2000) })
    expect(new Set(Object.keys(told[0] ?? {}))).toEqual(new Set(['id', 'measuredAt', 'receivedAt', 'metrics']))
  })

  test('are taken until there are enough, those that changed first first, and none twice or never', () => {
    const { city, hear } = cityOf(record('r-1'), record('r-2'), record('r-3'))
    city.takeChanges()
    for (const id of ['r-3', 'r-1', 'r-2', 'r-3']) hear(id)
    city.applyRegistry({ counter: 2, changed: [], removed: ['r-2'], maintenance: new Map() })
    const taken = () => {
      const { changes, removed } = city.takeChanges(() => true)
      return [...changes.map(({ id }) => id), ...removed.map((id) => `not ${id}`)]
    }
    expect(taken()).toEqual(['r-3', 'not r-2'])
    hear('r-3', { metrics: { water_level_m: 9 } })
    expect(taken()).toEqual(['r-1'])
    expect(city.takeChanges(() => false)).toMatchObject({ changes: [{ id: 'r-3', metrics: { water_level_m: 9 } }] })
    expect(taken()).toEqual([])
  })

  test('the same again is no change', () => {
    const { city, hear } = cityOf(record('r-1'))
    hear('r-1')
    city.takeChanges()
    hear('r-1', { link: { state: 'up', sinceMs: startMs, reason: null }, metrics: { water_level_m: 1.2 } })
    expect(city.takeChanges()).toEqual({ changes: [], removed: [] })
  })

  test('a new device comes whole, a removed one by its id, and what it said is forgotten', () => {
    const { city, hear } = cityOf(record('r-1'))
    hear('r-1')
    city.takeChanges()
    city.applyRegistry({ counter: 2, changed: [record('r-2')], removed: ['r-1'], maintenance: new Map() })
    expect(city.takeChanges()).toEqual({ changes: [city.view('r-2')], removed: ['r-1'] })
    city.applyRegistry({ counter: 3, changed: [record('r-1')], removed: [], maintenance: new Map() })
    expect(city.takeChanges()).toMatchObject({ changes: [{ id: 'r-1', state: 'unknown' }], removed: [] })
  })

  test('a reading that comes before its registration is not lost', () => {
    const { city, hear } = cityOf()
    hear('r-9')
    expect([...city.views()]).toEqual([])
    city.applyRegistry({ counter: 2, changed: [record('r-9')], removed: [], maintenance: new Map() })
    expect(city.view('r-9')).toMatchObject({ state: 'online' })
  })
})

test('what time alone changes is worked out in slices; a device that goes meanwhile is left out', async () => {
  const clock = { ms: startMs }
  const turn = Promise.withResolvers<void>()
  const inSlices: InSlices = async (items, work) => {
    for (const item of items) {
      work(item)
      await turn.promise
    }
  }
  const city = createCity({ now: () => clock.ms, inSlices, findProfile })
  const spans = windows([10_000, 20_000])
  const both = new Map([...spans, ['r-2', spans.get('r-1') ?? []]])
  city.applyRegistry({ counter: 1, changed: [record('r-1'), record('r-2')], removed: [], maintenance: both })
  city.takeChanges()
  clock.ms += 15_000
  const done = city.tick()
  expect([city.view('r-1')?.state, city.view('r-2')?.state]).toEqual(['disabled', 'unknown'])
  city.applyRegistry({ counter: 2, changed: [], removed: ['r-2'], maintenance: new Map() })
  turn.resolve()
  await done
  expect(city.takeChanges()).toMatchObject({ changes: [{ id: 'r-1', state: 'disabled' }], removed: ['r-2'] })
})

test('counts devices by state', () => {
  const { city, hear } = cityOf(record('r-1'), record('r-2'))
  hear('r-1')
  expect(city.countByState()).toMatchObject({ online: 1, unknown: 1, offline: 0 })
})

describe('a reading by hand', () => {
  const manual = { atMs: startMs, role: 'operator' as const, metrics: { water_level_m: 2 } }

  test('is told once, however often its device speaks, and changes nothing else of a device that was never heard', () => {
    const { city, hear } = cityOf(record('r-1'))
    city.takeChanges()
    const nothing = { measuredAtMs: null, receivedAtMs: null, metrics: {}, manual }
    const silent = { state: 'unknown', sinceMs: 0, reason: null } as const
    hear('r-1', { ...nothing, link: silent })
    const told = { at: iso(startMs), role: 'operator', metrics: { water_level_m: 2 } }
    expect(city.takeChanges().changes).toEqual([{ id: 'r-1', manual: told }])
    hear('r-1', { ...structuredClone(nothing), link: silent })
    expect(city.takeChanges().changes).toEqual([])
    hear('r-1', { ...nothing, link: silent, manual: { ...manual, metrics: { water_level_m: 2.1 } } })
    expect(city.takeChanges().changes).toEqual([{ id: 'r-1', manual: { ...told, metrics: { water_level_m: 2.1 } } }])
  })

  test('is as old as it was when our clock is set', () => {
    const { city, clock, hear } = cityOf(record('r-1'))
    hear('r-1', { manual })
    clock.ms += 3_600_000
    city.clockMoved(3_600_000)
    expect(city.view('r-1')?.manual?.at).toBe(iso(startMs + 3_600_000))
  })
})

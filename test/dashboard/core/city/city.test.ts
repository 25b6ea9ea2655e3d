import { expect, test } from 'vitest'
import type { DeviceView } from '../../../../contract/http/devices.ts'
import type { Pipeline } from '../../../../contract/http/pipeline.ts'
import { createCityView, emptyCity } from '../../../../dashboard/core/city/city.ts'
import { renderLive } from '../../../../dashboard/core/city/live.ts'
import { highest } from '../../../../dashboard/core/city/readouts.ts'
import { coverage } from '../../../../dashboard/core/city/summary.ts'
import { createDeviceStore } from '../../../../dashboard/core/connection/store.ts'
import { attentionList } from '../../../../domain/alarms/attention.ts'
import { bySubject } from '../../../../domain/subject.ts'
import { dataStopped } from '../../../../domain/system/data-flow.ts'
import { deviceView, isoAt, someMs } from '../../../support/city/device-view.ts'

function cityOf(...devices: DeviceView[]) {
  const store = createDeviceStore()
  store.applySnapshot({ seq: 1, at: isoAt(someMs), devices })
  return createCityView({ store })
}

const bus = (id: string, more: Partial<DeviceView> = {}) =>
  deviceView({ id, name: id, kind: 'bus', profile: 'trans-binjai-bus', expectedS: 5, ...more })

test('devices age by themselves when the server says nothing of them', () => {
  const city = cityOf(deviceView(), bus('bus-01'))
  expect(city.at(someMs, null).live).toBe(2)
  const later = city.at(someMs + 100_000, null)
  expect(later.byId.get('bus-01')).toMatchObject({ state: 'stale', ageMs: 100_000 })
  expect(later.byId.get('udara-01')?.state).toBe('late')
  expect(city.at(someMs + 700_000, null).count).toMatchObject({ offline: 2, online: 0 })
})

test('nothing is live while the server is away', () => {
  const view = cityOf(deviceView(), bus('bus-01')).at(someMs, 3000)
  expect(view.devices.map(({ state }) => state)).toEqual(['stale', 'stale'])
})

test('what cannot be known is unknown, not zero: before the first snapshot all, without the server all but what is registered', () => {
  const devices = [deviceView(), bus('bus-01'), bus('bus-02', { disabled: true })]
  const before = emptyCity(someMs)
  expect(before).toMatchObject({ presence: 'never', registered: 'unknown', live: 'unknown', count: 'unknown' })
  expect(coverage(before, before.devices)).toMatchObject({ registered: 'unknown', live: 'unknown', rest: [] })
  for (const lostForMs of [0, 3000, 900_000]) {
    const lost = cityOf(...devices).at(someMs, lostForMs)
    expect(lost).toMatchObject({ presence: 'lost', registered: 2, live: 'unknown', count: 'unknown' })
    expect(coverage(lost, lost.devices)).toMatchObject({ registered: 2, live: 'unknown', rest: [], thin: true })
  }
  const present = cityOf(...devices).at(someMs, null)
  expect(present).toMatchObject({ presence: 'present', registered: 2, live: 2, count: { disabled: 1 } })
})

test('where nothing is registered zero is known', () => {
  const view = cityOf().at(someMs, null)
  expect(view).toMatchObject({ presence: 'present', registered: 0, live: 0 })
})

test('what is not live stands beside the total, and a thin total is marked', () => {
  const silent = { measuredAt: null, receivedAt: null, state: 'unknown' } as const
  const view = cityOf(bus('bus-01'), bus('bus-02', silent), bus('bus-03', { disabled: true })).at(someMs, null)
  expect(coverage(view, view.devices)).toMatchObject({
    ...{ registered: 2, live: 1, rest: [{ state: 'unknown', count: 1 }], thin: true },
  })
})

test('a device found by its profile belongs to exactly one subject', () => {
  const view = cityOf(bus('bus-01'), deviceView({ id: 'air-1', profile: 'river-gauge' }), deviceView()).at(someMs, null)
  const groups = bySubject(view.devices)
  expect([groups.bus.length, groups.water.length, groups.sensor.length]).toEqual([1, 1, 1])
})

const shiftMs = 600_000
/** From 08.50.25 until 09.00.25 WIB. */
const maintenance = { from: isoAt(someMs + shiftMs), until: isoAt(someMs + 2 * shiftMs) }
const running = { state: 'disabled', stateReason: 'maintenance', stateSince: maintenance.from, maintenance } as const

test.each([
  ['the server said that it is to come', {}],
  ['the server said that it is running', running],
])('a maintenance begins and ends by the clock alone, where %s', (_when, said) => {
  const city = cityOf(deviceView({ ...said, maintenance, expectedS: 3600 }))
  const at = (ms: number, lost: number | null = null) => city.at(someMs + ms, lost).byId.get('udara-01')
  expect(at(shiftMs - 1)).toMatchObject({ state: 'online', stateReason: null })
  const during = { state: 'disabled', stateReason: 'maintenance', stateSinceMs: someMs + shiftMs }
  expect(at(shiftMs)).toMatchObject(during)
  expect(at(2 * shiftMs - 1)).toMatchObject(during)
  expect(at(2 * shiftMs - 1, 3000)).toMatchObject(during)
  expect(at(2 * shiftMs)).toMatchObject({ state: 'online', stateReason: null, maintenance: null })
  expect(at(2 * shiftMs, 3000)).toMatchObject({ state: 'stale' })
  expect(city.at(someMs + shiftMs, null)).toMatchObject({ live: 0, count: { disabled: 1 } })
  expect(city.at(someMs + 2 * shiftMs, null)).toMatchObject({ live: 1, count: { disabled: 0 } })
})

test.each([
  ['said-offline', 'offline', { status: 'offline' }],
  ['said-disabled', 'disabled', { status: 'disabled' }],
  ['same-values', 'frozen', { frozen: true }],
] as const)('after a maintenance that hid %s the device is %s at once', (reason, state, hidden) => {
  const city = cityOf(deviceView({ ...running, ...hidden, expectedS: 3600 }))
  expect(city.at(someMs + shiftMs, null).byId.get('udara-01')?.stateReason).toBe('maintenance')
  const after = city.at(someMs + 2 * shiftMs, null).byId.get('udara-01')
  expect(after).toMatchObject({ state, stateReason: reason })
})

test('in maintenance nothing needs attention and no value is the present; the end is said beside it', () => {
  const lost = { state: 'lost', since: isoAt(someMs), reason: 'keepalive' } as const
  const view = cityOf(deviceView({ ...running, link: lost, faults: ['pm25_ugm3'] })).at(someMs + shiftMs, null)
  expect(attentionList(view.devices)).toEqual([])
  expect(coverage(view, view.devices)).toMatchObject({ registered: 0, live: 0, rest: [] })
  const live = view.devices[0]?.metrics.get('pm25_ugm3')
  const drawn = live === undefined ? undefined : renderLive(live, view.moment)
  expect(drawn).toMatchObject({ state: 'disabled', maintenanceUntilMs: someMs + 2 * shiftMs })
})

test('out of service in the registry outlasts a maintenance', () => {
  const city = cityOf(deviceView({ disabled: true, state: 'disabled', stateReason: 'registry', maintenance }))
  for (const ms of [0, shiftMs, 2 * shiftMs])
    expect(city.at(someMs + ms, null).byId.get('udara-01')).toMatchObject({
      state: 'disabled',
      stateReason: 'registry',
    })
})

test('an old peak does not outrank a present value', () => {
  const gauge = (id: string, level: number, ageMs: number) => {
    const at = isoAt(someMs - ageMs)
    return deviceView({ id, profile: 'river-gauge', metrics: { water_level_m: level }, measuredAt: at })
  }
  const view = cityOf(gauge('air-1', 4.2, 3_600_000), gauge('air-2', 1.1, 1000)).at(someMs, null)
  expect(highest(view, view.devices, 'water_level_m')?.device.id).toBe('air-2')
})

test('a value out of its physical range is marked as a fault', () => {
  const view = cityOf(deviceView({ faults: ['pm25_ugm3'] })).at(someMs, null)
  const live = view.byId.get('udara-01')?.metrics.get('pm25_ugm3')
  expect(live === undefined ? undefined : renderLive(live, view.moment)).toMatchObject({ fault: true })
})

const pipeline = (connected: number, brokerUp = true): Pipeline => ({
  ...{ received: 1, stored: 1, duplicates: 0, rejected: {}, waiting: 0, lagMs: 0, notes: {} },
  store: { engine: 'sqlite', up: true, detail: null, waiting: 0 },
  storage: null,
  broker: {
    ...{ up: brokerUp, connected, refused: {}, open: false, mqtt: null },
    services: { connections: 0, delivered: 0, dropped: 0, waitingBytes: 0, states: 'off' },
    journal: { bytes: 0, quotaBytes: 1, full: false, lastError: null },
  },
  ingest: { up: true, countedAt: null },
  api: { open: false },
  certificate: null,
})

test('data has stopped when the canary does not come through, whether or not there are devices', () => {
  const [empty, some] = [emptyCity(someMs), cityOf(bus('bus-01')).at(someMs, null)]
  for (const city of [empty, some]) {
    expect(dataStopped({ ...city, canaryAgeMs: 5000 }, pipeline(1))).toBeNull()
    expect(dataStopped({ ...city, canaryAgeMs: 5001 }, pipeline(1))).toEqual({ cause: 'path', ageMs: 5001 })
  }
})

test('data has stopped when connected devices are silent for longer than they ever are', () => {
  const city = cityOf(bus('bus-01'))
  expect(dataStopped(city.at(someMs + 14_000, null), pipeline(1))).toBeNull()
  expect(dataStopped(city.at(someMs + 16_000, null), pipeline(1))).toEqual({ cause: 'silence', ageMs: 16_000 })
  expect(dataStopped(city.at(someMs + 16_000, null), pipeline(0))).toBeNull()
  expect(dataStopped(cityOf(deviceView()).at(someMs + 60_000, null), pipeline(1))).toBeNull()
  expect(dataStopped(city.at(someMs, null), pipeline(1, false))).toMatchObject({ cause: 'broker' })
})

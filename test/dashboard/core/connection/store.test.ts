import { expect, test } from 'vitest'
import { createDeviceStore } from '../../../../dashboard/core/connection/store.ts'
import { deviceView, isoAt, someMs } from '../../../support/city/device-view.ts'

const at = isoAt(someMs)

test('knows nothing before a snapshot', () => {
  const store = createDeviceStore()
  expect(store.applyDelta({ seq: 5, at, changes: [{ id: 'udara-01', name: 'x' }] })).toBe('waiting')
  expect(store.devices.size).toBe(0)
})

test('merges what changed and keeps the rest', () => {
  const store = createDeviceStore()
  store.applySnapshot({ seq: 5, at, devices: [deviceView()] })
  expect(store.applyDelta({ seq: 6, at, changes: [{ id: 'udara-01', state: 'late', lat: null }] })).toBe('applied')
  expect(store.devices.get('udara-01')?.view).toMatchObject({ state: 'late', lat: null, lon: 98.48, name: 'Udara 01' })
})

test('asks for a snapshot when a frame is missing, and takes no delta until it is here', () => {
  const store = createDeviceStore()
  store.applySnapshot({ seq: 5, at, devices: [deviceView()] })
  expect(store.applyDelta({ seq: 8, at, changes: [{ id: 'udara-01', state: 'late' }] })).toBe('gap')
  expect(store.applyDelta({ seq: 9, at, changes: [{ id: 'udara-01', state: 'late' }] })).toBe('waiting')
  expect(store.devices.get('udara-01')?.view.state).toBe('online')
  store.applySnapshot({ seq: 9, at, devices: [deviceView({ state: 'stale' })] })
  expect(store.applyDelta({ seq: 10, at, changes: [] })).toBe('applied')
  expect(store.devices.get('udara-01')?.view.state).toBe('stale')
})

test('ignores a frame that the snapshot already holds', () => {
  const store = createDeviceStore()
  store.applySnapshot({ seq: 5, at, devices: [deviceView()] })
  expect(store.applyDelta({ seq: 5, at, changes: [{ id: 'udara-01', state: 'offline' }] })).toBe('applied')
  expect(store.devices.get('udara-01')?.view.state).toBe('online')
})

test('forgets devices that are no longer registered', () => {
  const store = createDeviceStore()
  store.applySnapshot({ seq: 1, at, devices: [deviceView(), deviceView({ id: 'udara-02' })] })
  store.applyDelta({ seq: 2, at, changes: [], removed: ['udara-01'] })
  expect([...store.devices.keys()]).toEqual(['udara-02'])
  store.applySnapshot({ seq: 3, at, devices: [] })
  expect(store.devices.size).toBe(0)
})

test('takes a device that was registered after the snapshot only when it comes whole', () => {
  const store = createDeviceStore()
  store.applySnapshot({ seq: 1, at, devices: [] })
  store.applyDelta({ seq: 2, at, changes: [{ id: 'udara-09', state: 'online' }, deviceView({ id: 'udara-10' })] })
  expect([...store.devices.keys()]).toEqual(['udara-10'])
})

import { expect, test } from 'vitest'
import { createCityView } from '../../dashboard/core/city/city.ts'
import { createDeviceStore } from '../../dashboard/core/connection/store.ts'
import { createTranslator } from '../../dashboard/core/text/translate.ts'
import { deviceView, isoAt, someMs } from '../support/city/device-view.ts'

const monthMs = 30 * 86_400_000

function seen(more: Parameters<typeof deviceView>[0], nowMs = someMs) {
  const store = createDeviceStore()
  store.applySnapshot({ seq: 1, at: isoAt(someMs), devices: [deviceView(more)] })
  const [device] = createCityView({ store }).at(nowMs, null).devices
  if (device === undefined) throw new Error('no device')
  return device
}

const behind = {
  measuredAt: isoAt(someMs - monthMs),
  state: 'offline',
  stateReason: 'clock-behind',
  skewMs: monthMs,
} as const

test('of a device that sends with a time far back the reason says so, and how far', () => {
  const device = seen(behind)
  expect(device).toMatchObject({ state: 'offline', stateReason: 'clock-behind', skewMs: monthMs })
  const words = (language: 'id' | 'en') => {
    const text = createTranslator(language)
    return text.t('reason.clock-behind', { age: text.age(device.skewMs ?? 0) })
  }
  expect(words('id')).toBe('mengirim, tetapi waktunya tertinggal 30 hr')
  expect(words('en')).toBe('sends, but its time is 30 d behind')
})

test('offline for its age alone is offline only as long as its newest value is that old', () => {
  expect(seen({ ...behind, measuredAt: isoAt(someMs) }).state).toBe('online')
})

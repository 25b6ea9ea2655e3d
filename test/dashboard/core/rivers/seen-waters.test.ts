import { expect, test } from 'vitest'
import { createCityView } from '../../../../dashboard/core/city/city.ts'
import { createDeviceStore } from '../../../../dashboard/core/connection/store.ts'
import { seenWaters } from '../../../../dashboard/core/rivers/seen-waters.ts'
import { unknownTrend } from '../../../../domain/rivers/water-trend.ts'
import { deviceView, isoAt, someMs } from '../../../support/city/device-view.ts'

const siagaM = { 1: 4, 2: 3, 3: 2 }
const posts = [{ id: 'hulu', name: 'hulu', riverId: 'bingai', lat: 3.6, lon: 98.48, distanceM: 0, siagaM }]
const gauge = (level: number, more = {}) =>
  deviceView({
    id: 'air-1',
    profile: 'river-gauge',
    metrics: { water_level_m: level },
    lat: 3.6001,
    lon: 98.48,
    ...more,
  })

function levelOf(device: ReturnType<typeof deviceView>, nowMs = someMs, lost: number | null = null) {
  const store = createDeviceStore()
  store.applySnapshot({ seq: 1, at: isoAt(someMs), devices: [device] })
  const { devices: gauges, moment } = createCityView({ store }).at(nowMs, lost)
  return seenWaters({ posts, gauges, moment, pointsOf: () => [], trendOf: () => unknownTrend })[0]
}

test('a level that is not the present means no siaga, whatever it was', () => {
  expect(levelOf(gauge(4.3))).toMatchObject({ siaga: 1, levelM: 4.3 })
  expect(levelOf(gauge(4.3), someMs + 200_000)).toMatchObject({ siaga: null, share: null, levelM: null })
  expect(levelOf(gauge(4.3), someMs, 3000)).toMatchObject({ siaga: null, levelM: null })
  expect(levelOf(gauge(4.3, { faults: ['water_level_m'] }))?.siaga).toBeNull()
})

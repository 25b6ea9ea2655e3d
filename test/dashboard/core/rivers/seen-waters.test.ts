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

const byHand = (agoMs: number, level = 2.4) => ({
  manual: { at: isoAt(someMs - agoMs), role: 'operator' as const, metrics: { water_level_m: level } },
})
const minuteMs = 60_000

test('a level that a person read stands for the present where the gauge tells none, and says so', () => {
  const silentFor = (ms: number) => ({ measuredAt: isoAt(someMs - ms), receivedAt: isoAt(someMs - ms) })
  const silent = silentFor(30 * minuteMs)
  const at = { atMs: someMs - 5 * minuteMs }
  expect(levelOf(gauge(4.3, { ...silent, ...byHand(5 * minuteMs) }))).toMatchObject({
    ...{ siaga: 3, levelM: 2.4, byHand: at, sinceMs: at.atMs, trend: unknownTrend, last: null },
  })
  const never = { measuredAt: null, receivedAt: null, metrics: {}, ...byHand(5 * minuteMs) }
  expect(levelOf(gauge(0, never))).toMatchObject({ siaga: 3, byHand: at })
})

test('it never stands against a live gauge, nor for one that told something later, nor after an hour, nor without the server', () => {
  const silent = { measuredAt: isoAt(someMs - 30 * minuteMs), receivedAt: isoAt(someMs - 30 * minuteMs) }
  expect(levelOf(gauge(4.3, byHand(minuteMs)))).toMatchObject({ siaga: 1, levelM: 4.3, byHand: null })
  expect(levelOf(gauge(4.3, { ...silent, ...byHand(30 * minuteMs) }))).toMatchObject({ siaga: null, byHand: null })
  expect(levelOf(gauge(4.3, { ...silent, ...byHand(40 * minuteMs, 1) }))).toMatchObject({ siaga: null, byHand: null })
  const long = { measuredAt: isoAt(someMs - 90 * minuteMs), receivedAt: isoAt(someMs - 90 * minuteMs) }
  expect(levelOf(gauge(4.3, { ...long, ...byHand(60 * minuteMs) }))?.siaga).toBe(3)
  expect(levelOf(gauge(4.3, { ...long, ...byHand(60 * minuteMs + 1) }))?.siaga).toBeNull()
  expect(levelOf(gauge(4.3, { ...silent, ...byHand(minuteMs) }), someMs, 3000)).toMatchObject({
    siaga: null,
    byHand: null,
  })
})

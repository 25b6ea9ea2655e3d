import { expect, test } from 'vitest'
import { createCity } from '../../../../dashboard/core/city/city.ts'
import { isGravest } from '../../../../dashboard/core/city/priority.ts'
import { createDeviceStore } from '../../../../dashboard/core/connection/store.ts'
import { deviceView, isoAt, someMs } from '../../../support/city/device-view.ts'

const up = { up: true }
const siagaM = { 1: 4, 2: 3, 3: 2 }
const posts = [{ ...{ id: 'hulu', name: 'hulu', riverId: 'bingai', distanceM: 0, siagaM }, lat: 3.6, lon: 98.48 }]

function cityWith(levelM: number) {
  const store = createDeviceStore()
  const gauge = deviceView({ id: 'air-1', profile: 'river-gauge', metrics: { water_level_m: levelM } })
  store.applySnapshot({ seq: 1, at: isoAt(someMs), devices: [gauge, deviceView()] })
  return createCity({ store }).at(someMs, null)
}

const calm = {
  ...({ link: 'up', stopped: null, posts, city: cityWith(3.99) } as const),
  pipeline: { broker: up, ingest: up, store: up },
}

test('Siaga 2 and a device here or there are not the gravest', () => {
  expect(isGravest(calm)).toBe(false)
  expect(isGravest({ ...calm, pipeline: undefined })).toBe(false)
})

test.each([
  ['Siaga 1', { city: cityWith(4) }],
  ['a lost link', { link: 'lost' }],
  ['no picture yet', { link: 'connecting' }],
  ['data that stopped', { stopped: { cause: 'ingest', ageMs: 9000 } }],
  ['a broker that is down', { pipeline: { ...calm.pipeline, broker: { up: false } } }],
  ['a store that is down', { pipeline: { ...calm.pipeline, store: { up: false } } }],
] as const)('%s is', (_what, more) => {
  expect(isGravest({ ...calm, ...more })).toBe(true)
})

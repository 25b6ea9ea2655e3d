import { expect, test } from 'vitest'
import { type Attention, attentionList, priorityOf, type WatchedDevice } from '../../../domain/alarms/attention.ts'
import { type ConditionFacts, conditionOf, hasCondition } from '../../../domain/alarms/condition.ts'
import type { WaterView } from '../../../domain/rivers/river-posts.ts'
import { unknownTrend } from '../../../domain/rivers/water-trend.ts'
import { someMs } from '../../support/city/device-view.ts'

const well: ConditionFacts = { state: 'online', duplicate: false, flapping: false, faults: [], clockWrong: false }

test.each([
  [{}, undefined],
  [{ state: 'late' }, undefined],
  [{ state: 'offline' }, 'offline'],
  [{ state: 'stale' }, 'stale'],
  [{ state: 'frozen' }, 'frozen'],
  [{ clockWrong: true }, 'clock'],
  [{ clockWrong: true, faults: ['pm25_ugm3'] }, 'fault'],
  [{ faults: ['pm25_ugm3'], flapping: true }, 'flapping'],
  [{ flapping: true, state: 'frozen' }, 'frozen'],
  [{ state: 'offline', duplicate: true }, 'duplicate'],
  [{ state: 'disabled', duplicate: true, faults: ['pm25_ugm3'] }, undefined],
  [{ state: 'unknown', clockWrong: true }, undefined],
] as const)('the condition of a device with %j is %s', (facts, condition) => {
  expect(conditionOf({ ...well, ...facts })).toBe(condition)
  expect(hasCondition({ ...well, ...facts })).toBe(condition !== undefined)
})

const device = (id: string, more: Partial<WatchedDevice> = {}): WatchedDevice => ({
  ...well,
  id,
  place: null,
  kind: 'sensor',
  profile: 'street-light',
  stateSinceMs: someMs,
  ...more,
})

const water = (id: string, more: Partial<WaterView<WatchedDevice>> = {}): WaterView<WatchedDevice> => ({
  post: { id, name: id, riverId: 'bingai', lat: 3.6, lon: 98.48, distanceM: 0, siagaM: { 1: 4, 2: 3, 3: 2 } },
  gauge: device(`air-${id}`, { profile: 'river-gauge' }),
  siaga: null,
  byHand: null,
  share: null,
  levelM: null,
  trend: unknownTrend,
  sinceMs: null,
  last: null,
  ...more,
})

const told = (list: readonly Attention<WatchedDevice>[]) =>
  list.map((item) => (item.kind === 'siaga' ? `${item.water.post.id} ${item.siaga}` : item.device.id))

test('the list begins with the highest priority; a silent post ranks by what it was', () => {
  const waters = [
    water('tenang', { siaga: 4 }),
    water('siaga-3', { siaga: 3 }),
    water('diam-1', { last: { levelM: 4.2, siaga: 1, atMs: someMs } }),
    water('siaga-1', { siaga: 1 }),
    water('diam-4', { last: { levelM: 0.4, siaga: 4, atMs: someMs } }),
    water('tak-didengar'),
  ]
  const devices = [
    device('lampu-1', { state: 'offline' }),
    device('jaringan-1', { state: 'stale', profile: 'network-link' }),
    device('kunci-1', { duplicate: true }),
    device('sehat-1'),
  ]
  const list = attentionList(devices, waters)
  const order = ['siaga-1 1', 'diam-1 unknown', 'siaga-3 3', 'diam-4 unknown', 'kunci-1', 'jaringan-1', 'lampu-1']
  expect(told(list)).toEqual(order)
  expect(list.map(priorityOf)).toEqual(list.map(priorityOf).toSorted((a, b) => a - b))
})

test('of equals the newest comes first, and a gauge whose post is named is not named again', () => {
  const gauge = device('air-1', { profile: 'river-gauge', state: 'offline' })
  const devices = [
    gauge,
    device('lampu-1', { state: 'offline', stateSinceMs: someMs - 60_000 }),
    device('lampu-2', { state: 'offline' }),
    device('lampu-3', { state: 'offline', stateSinceMs: null }),
  ]
  const waters = [water('hulu', { gauge, last: { levelM: 1, siaga: 4, atMs: someMs } })]
  expect(told(attentionList(devices, waters))).toEqual(['hulu unknown', 'lampu-2', 'lampu-1', 'lampu-3'])
})

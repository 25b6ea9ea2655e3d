import { expect, test } from 'vitest'
import type { DeviceView } from '../../../../contract/http/devices.ts'
import { createCityView, type SeenDevice } from '../../../../dashboard/core/city/city.ts'
import { createAttention } from '../../../../dashboard/core/city/follow-attention.ts'
import { createDeviceStore } from '../../../../dashboard/core/connection/store.ts'
import { createLevelTracks } from '../../../../dashboard/core/rivers/level-tracks.ts'
import { seenWaters } from '../../../../dashboard/core/rivers/seen-waters.ts'
import { siagaSummary } from '../../../../dashboard/core/rivers/siaga-summary.ts'
import { type Attention, attentionList } from '../../../../domain/alarms/attention.ts'
import type { RiverPost } from '../../../../domain/rivers/siaga.ts'
import { unknownTrend } from '../../../../domain/rivers/water-trend.ts'
import { deviceView, isoAt, someMs } from '../../../support/city/device-view.ts'

const siagaM = { 1: 4, 2: 3, 3: 2 }
const names = ['a', 'b', 'c', 'd', 'e']
const posts: RiverPost[] = names.map((id, i) => ({
  ...{ id, name: id, riverId: i < 3 ? 'bingai' : 'mencirim', distanceM: i, siagaM },
  ...{ lat: 3.6 + i / 10, lon: 98.48 },
}))
const placeOf = (id: string) => ({ lat: 3.6 + names.indexOf(id) / 10, lon: 98.48 })
const gauge = (id: string, level: number, more: Partial<DeviceView> = {}) =>
  deviceView({ id: `air-${id}`, profile: 'river-gauge', metrics: { water_level_m: level }, ...placeOf(id), ...more })
const lamp = (id: string, minutesAgo: number, more: Partial<DeviceView> = {}) =>
  deviceView({
    ...{ id, state: 'offline', stateReason: 'link-lost', stateSince: isoAt(someMs - minutesAgo * 60_000) },
    ...{ profile: 'street-light', link: { state: 'lost', since: isoAt(someMs - minutesAgo * 60_000), reason: null } },
    ...more,
  })

function lookAt(devices: DeviceView[]) {
  const store = createDeviceStore()
  const tracks = createLevelTracks({ store })
  store.applySnapshot({ seq: 1, at: isoAt(someMs), devices })
  const city = createCityView({ store })
  return (nowMs = someMs, lostForMs: number | null = null) => {
    const view = city.at(nowMs, lostForMs)
    const trendOf = () => unknownTrend
    const gauges = view.devices.filter(({ profile }) => profile === 'river-gauge')
    const waters = seenWaters({ posts, gauges, moment: view.moment, pointsOf: tracks.of, trendOf })
    return { view, waters }
  }
}

const told = (list: readonly Attention<SeenDevice>[]) =>
  list.map((item) =>
    item.kind === 'siaga' ? `${item.water.post.id} ${item.siaga}` : `${item.device.id} ${item.condition}`,
  )

test('the gravest comes first: every siaga before every device, whatever is newer', () => {
  const devices = [
    lamp('lampu-1', 1),
    gauge('a', 2.1),
    gauge('b', 4.2),
    gauge('c', 3.1),
    gauge('d', 0.4),
    gauge('e', 2),
  ]
  const { view, waters } = lookAt(devices)()
  expect(told(attentionList(view.devices, waters))).toEqual(['b 1', 'c 2', 'a 3', 'e 3', 'lampu-1 offline'])
})

test('a siaga that cannot be heard any more is unknown, right behind those that are known to be as grave', () => {
  const old = { measuredAt: isoAt(someMs - 600_000), receivedAt: isoAt(someMs - 600_000) }
  const devices = [gauge('a', 4.2, old), gauge('b', 4.1), gauge('c', 3.5), gauge('d', 0.3, old), lamp('lampu-1', 1)]
  const { view, waters } = lookAt(devices)()
  const list = attentionList(view.devices, waters)
  expect(told(list)).toEqual(['b 1', 'a unknown', 'c 2', 'd unknown', 'lampu-1 offline'])
  expect(list[1]).toMatchObject({ water: { levelM: null, last: { levelM: 4.2, siaga: 1 } }, sinceMs: someMs - 600_000 })
  // The gauge itself is not named a second time.
  expect(list.filter((item) => item.kind === 'device')).toHaveLength(1)
})

test('a value outside its physical range makes no siaga', () => {
  const { view, waters } = lookAt([gauge('a', 40, { faults: ['water_level_m'] })])()
  expect(told(attentionList(view.devices, waters))).toEqual(['air-a fault'])
})

test('a post out of service on purpose, and one that was never heard, need nobody', () => {
  const silent = { measuredAt: null, receivedAt: null, state: 'unknown', metrics: {} } as const
  const { view, waters } = lookAt([
    gauge('a', 4.2, { disabled: true, state: 'disabled', stateReason: 'registry' }),
    gauge('b', 0, silent),
  ])()
  expect(attentionList(view.devices, waters)).toEqual([])
})

test('of devices what carries others comes first, then the blind before the doubtful, then the newest', () => {
  const devices = [
    lamp('lampu-1', 30),
    lamp('lampu-2', 2),
    lamp('jaringan-1', 60, { profile: 'network-link' }),
    deviceView({ id: 'jam-1', clockWrong: true, stateSince: isoAt(someMs) }),
    deviceView({ id: 'beku-1', frozen: true, state: 'frozen', stateReason: 'same-values', stateSince: isoAt(someMs) }),
    deviceView({ id: 'kunci-1', duplicate: true }),
    deviceView({ id: 'diam-1', measuredAt: null, state: 'unknown' }),
    deviceView({ id: 'libur-1', disabled: true, state: 'disabled', stateReason: 'registry' }),
  ]
  const { view, waters } = lookAt(devices)()
  expect(told(attentionList(view.devices, waters))).toEqual([
    'kunci-1 duplicate',
    'jaringan-1 offline',
    'lampu-2 offline',
    'lampu-1 offline',
    'beku-1 frozen',
    'jam-1 clock',
  ])
})

test('while the server is away the list is that from before, and no siaga is claimed', () => {
  const look = lookAt([gauge('a', 3.5), gauge('b', 0.4), lamp('lampu-1', 1), deviceView()])
  const { follow } = createAttention()
  const at = (nowMs: number, lost: number | null) => {
    const { view, waters } = look(nowMs, lost)
    return { list: follow(view, waters), view, waters }
  }
  expect(told(at(someMs, null).list)).toEqual(['a 2', 'lampu-1 offline'])
  const lost = at(someMs + 10_000, 9000)
  expect(told(lost.list)).toEqual(['a unknown', 'lampu-1 offline'])
  expect(siagaSummary(lost.view, lost.list, lost.waters)).toMatchObject({
    says: 'items',
    items: [{ siaga: 'unknown' }],
  })
  expect(told(at(someMs + 11_000, null).list)).toEqual(['a 2', 'lampu-1 offline'])
})

test('the rivers are called calm only where every word of it is known', () => {
  const old = { measuredAt: isoAt(someMs - 600_000), receivedAt: isoAt(someMs - 600_000) }
  const says = (devices: DeviceView[], lost: number | null = null) => {
    const { view, waters } = lookAt(devices)(someMs, lost)
    return siagaSummary(view, attentionList(view.devices, waters), waters)
  }
  expect(says(names.map((id) => gauge(id, 0.4)))).toEqual({ says: 'normal', posts: 5, unheard: 0 })
  expect(says([gauge('a', 0.4), gauge('b', 0.5, old)])).toEqual({ says: 'normal', posts: 1, unheard: 4 })
  expect(says([gauge('a', 0.4, old)])).toEqual({ says: 'unknown' })
  expect(says([gauge('a', 0.4)], 3000)).toEqual({ says: 'unknown' })
  expect(siagaSummary({ presence: 'never' }, [], [])).toEqual({ says: 'nothing' })
})

test('since when a post stands at its siaga is told where the change was heard', () => {
  const store = createDeviceStore()
  const tracks = createLevelTracks({ store })
  store.applySnapshot({ seq: 1, at: isoAt(someMs), devices: [gauge('a', 3.2)] })
  const view = createCityView({ store }).at(someMs, null)
  const since = () =>
    seenWaters({
      posts,
      gauges: view.devices,
      moment: view.moment,
      pointsOf: tracks.of,
      trendOf: () => unknownTrend,
    })[0]?.sinceMs
  expect(since()).toBeNull()
  tracks.fill('air-a', [
    [someMs - 180_000, 2.9],
    [someMs - 120_000, 3],
    [someMs - 60_000, 4.5],
  ])
  expect(since()).toBe(someMs - 120_000)
})

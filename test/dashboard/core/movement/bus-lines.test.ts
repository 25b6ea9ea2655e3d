import { expect, test } from 'vitest'
import type { DeviceView } from '../../../../contract/http/devices.ts'
import { createCityView } from '../../../../dashboard/core/city/city.ts'
import { createDeviceStore } from '../../../../dashboard/core/connection/store.ts'
import { createLineFinder } from '../../../../dashboard/core/movement/bus-lines.ts'
import { headingOf } from '../../../../dashboard/core/movement/heading.ts'
import type { Feature } from '../../../../domain/geo/geojson.ts'
import type { Fix } from '../../../../domain/transit/fix.ts'
import { deviceView, isoAt, someMs } from '../../../support/city/device-view.ts'

/** About 111 m. */
const step = 0.001
const route = (id: string, coordinates: number[][]): Feature => ({
  type: 'Feature',
  properties: { type: 'route', id, name: `Koridor ${id}` },
  geometry: { type: 'LineString', coordinates },
})
const stop = (routeId: string, name: string, distanceM: number): Feature => ({
  type: 'Feature',
  properties: { type: 'stop', routeId, name, distanceM },
  geometry: { type: 'Point', coordinates: [98.48, 3.6] },
})
/** `a` runs north; `b` shares its first half, then turns east. */
const site = {
  routes: [
    route('a', [
      [98.48, 3.6],
      [98.48, 3.62],
    ]),
    stop('a', 'Akhir', 2200),
    stop('a', 'Awal', 0),
    route('b', [
      [98.48, 3.6],
      [98.48, 3.61],
      [98.49, 3.61],
    ]),
  ],
}

const bus = (lat: number, lon = 98.48, more: Partial<DeviceView> = {}) =>
  deviceView({
    id: 'bus-01',
    name: 'Bus 01',
    kind: 'bus',
    profile: 'trans-binjai-bus',
    expectedS: 5,
    lat,
    lon,
    ...more,
  })

/** One for all, so that each look at a bus is a new reading of it. */
const store = createDeviceStore()

function seen(view: DeviceView, nowMs = someMs) {
  store.applySnapshot({ seq: 1, at: isoAt(someMs), devices: [view] })
  return createCityView({ store }).at(nowMs, null).devices
}

/** A way of fixes, one each 10 s, the last at `someMs`. */
const way = (places: readonly [lat: number, lon: number][]): Fix[] =>
  places.map(([lat, lon], i) => {
    const atMs = someMs - (places.length - 1 - i) * 10_000
    return { lat, lon, measuredAtMs: atMs, receivedAtMs: atMs }
  })
const north = (from: number, to: number): [number, number][] =>
  Array.from({ length: 10 }, (_, i) => [from + ((to - from) * i) / 9, 98.48])

test('a bus is found on the route that it drives, at its share of the way, with its direction', () => {
  const track = way(north(3.612, 3.615))
  const { strips, routeOf } = createLineFinder(site).find(seen(bus(3.615)), () => track)
  expect(routeOf.get('bus-01')).toBe('a')
  expect(strips[0]?.buses[0]).toMatchObject({ direction: 'forth', share: expect.closeTo(0.75, 2) })
  const back = createLineFinder(site).find(seen(bus(3.612)), () => way(north(3.615, 3.612)))
  expect(back.strips[0]?.buses[0]?.direction).toBe('back')
})

test('on a street of two routes nobody can say which, until one of them fits better', () => {
  const finder = createLineFinder(site)
  const shared = finder.find(seen(bus(3.605)), () => way(north(3.602, 3.605)))
  expect(shared.elsewhere).toHaveLength(1)
  const turned = finder.find(seen(bus(3.61, 98.484)), () =>
    way([
      [3.61, 98.48],
      [3.61, 98.482],
      [3.61, 98.484],
    ]),
  )
  expect(turned.routeOf.get('bus-01')).toBe('b')
  const backOnShared = finder.find(seen(bus(3.605)), () => way(north(3.607, 3.605)))
  expect(backOnShared.routeOf.get('bus-01')).toBe('b')
})

test('a bus away from every route, and one without a place, are told apart from the buses on routes', () => {
  const finder = createLineFinder(site)
  expect(finder.find(seen(bus(3.6, 98.5)), () => []).elsewhere).toHaveLength(1)
  expect(finder.find(seen(bus(3.6, 98.48, { lat: null, lon: null })), () => []).elsewhere).toHaveLength(1)
})

test('a bus that stands, or is heard no more, has no direction', () => {
  const standing = way(Array.from({ length: 10 }, () => [3.615, 98.48]))
  expect(createLineFinder(site).find(seen(bus(3.615)), () => standing).strips[0]?.buses[0]?.direction).toBeNull()
  const track = way(north(3.612, 3.615))
  const silent = createLineFinder(site).find(seen(bus(3.615), someMs + 60_000), () => track)
  expect(silent.strips[0]?.buses[0]).toMatchObject({ direction: null, device: { state: 'stale' } })
})

test.each([
  [0, 'forth'],
  [350, 'forth'],
  [182, 'back'],
  [90, null],
  [undefined, null],
])('of a bus that was heard once and says %s° the direction is %s', (headingDeg, direction) => {
  const once = way([[3.615, 98.48]])
  const { strips } = createLineFinder(site).find(
    seen(bus(3.615)),
    () => once,
    () => headingDeg,
  )
  expect(strips[0]?.buses[0]?.direction).toBe(direction)
})

test('the way that a bus was seen to drive counts more than what it says', () => {
  const { strips } = createLineFinder(site).find(
    seen(bus(3.615)),
    () => way(north(3.612, 3.615)),
    () => 180,
  )
  expect(strips[0]?.buses[0]?.direction).toBe('forth')
})

test.each([
  ['drives', { speed_kmh: 24, heading_deg: 90 }, 0, 90],
  ['stands', { speed_kmh: 2, heading_deg: 90 }, 0, undefined],
  ['is stale', { speed_kmh: 24, heading_deg: 90 }, 60_000, undefined],
  ['has no compass', { speed_kmh: 24 }, 0, undefined],
])('the heading of a bus that %s', (_what, metrics, laterMs, expected) => {
  const nowMs = someMs + laterMs
  const [device] = seen(bus(3.615, 98.48, { metrics }), nowMs)
  if (device === undefined) throw new Error('no bus')
  expect(headingOf(device, { nowMs, lostForMs: null })).toBe(expected)
})

test('across the end of a loop a bus goes on in its direction', () => {
  const loop = {
    routes: [
      route('c', [
        [98.48, 3.6],
        [98.49, 3.6],
        [98.49, 3.61],
        [98.48, 3.61],
        [98.48, 3.6],
      ]),
    ],
  }
  const places: [number, number][] = [
    [3.6 + 2 * step, 98.48],
    [3.6 + step, 98.48],
    [3.6, 98.48 + step / 2],
    [3.6, 98.48 + 2 * step],
    [3.6, 98.48 + 3 * step],
  ]
  const { strips } = createLineFinder(loop).find(seen(bus(3.6, 98.48 + 3 * step)), () => way(places))
  expect(strips[0]?.buses[0]?.direction).toBe('forth')
})

test('stops stand in the order of the way', () => {
  const { strips } = createLineFinder(site).find([], () => [])
  expect(strips[0]?.stops.map(({ name }) => name)).toEqual(['Awal', 'Akhir'])
})

test('what was worked out of a reading is kept until the next, and its bus is the present one', () => {
  const finder = createLineFinder(site)
  const track = way(north(3.612, 3.615))
  const [before] = seen(bus(3.615))
  if (before === undefined) throw new Error('no bus')
  let asked = 0
  const tracks = () => {
    asked += 1
    return track
  }
  finder.find([before], tracks)
  const later = { ...before, ageMs: 4000 }
  expect(finder.find([later], tracks).strips[0]?.buses[0]).toMatchObject({
    direction: 'forth',
    device: { ageMs: 4000 },
  })
  expect(asked).toBe(1)
  finder.find(seen(bus(3.615)), tracks)
  expect(asked).toBe(2)
})

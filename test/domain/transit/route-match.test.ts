import { expect, test } from 'vitest'
import type { Feature } from '../../../domain/geo/geojson.ts'
import type { Fix } from '../../../domain/transit/fix.ts'
import { drivenHeading } from '../../../domain/transit/heading.ts'
import { type BusTrack, routePosition } from '../../../domain/transit/route-match.ts'
import { routesOf } from '../../../domain/transit/routes.ts'
import { someMs } from '../../support/city/device-view.ts'

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
const shared = routesOf([
  route('a', [
    [98.48, 3.6],
    [98.48, 3.62],
  ]),
  stop('a', 'Akhir', 9999),
  stop('a', 'Awal', 0),
  stop('b', 'Lain', 0),
  route('b', [
    [98.48, 3.6],
    [98.48, 3.61],
    [98.49, 3.61],
  ]),
])

/** One fix each 10 s on a straight way, the last at `someMs`. */
const way = (from: [lat: number, lon: number], to: [lat: number, lon: number]): Fix[] =>
  Array.from({ length: 10 }, (_, i) => {
    const atMs = someMs - (9 - i) * 10_000
    const at = (axis: 0 | 1) => from[axis] + ((to[axis] - from[axis]) * i) / 9
    return { lat: at(0), lon: at(1), measuredAtMs: atMs, receivedAtMs: atMs }
  })

function bus(track: Fix[], more: Partial<BusTrack> = {}): BusTrack {
  const { lat, lon } = track.at(-1) ?? { lat: 0, lon: 0 }
  return { place: { lat, lon }, track, knownRouteId: undefined, headingDeg: undefined, ...more }
}

test('a route has its own stops in the order of the way, none beyond its end', () => {
  expect(shared[0]).toMatchObject({
    id: 'a',
    name: 'Koridor a',
    stops: [
      { name: 'Awal', share: 0 },
      { name: 'Akhir', share: 1 },
    ],
  })
})

test('a bus is found on the route that it drives, at its share of the way, with its direction', () => {
  const forth = routePosition(shared, bus(way([3.612, 98.48], [3.615, 98.48])))
  expect(forth).toEqual({ routeId: 'a', share: expect.closeTo(0.75, 2), direction: 'forth' })
  expect(routePosition(shared, bus(way([3.615, 98.48], [3.612, 98.48])))?.direction).toBe('back')
})

test('on a street of two routes a bus is on the one that it was found on last, else on neither', () => {
  const track = way([3.602, 98.48], [3.605, 98.48])
  expect(routePosition(shared, bus(track))).toBeUndefined()
  expect(routePosition(shared, bus(track, { knownRouteId: 'b' }))?.routeId).toBe('b')
})

test('a bus leaves the route that it was found on when another fits better', () => {
  const onlyA = bus(way([3.613, 98.48], [3.616, 98.48]), { knownRouteId: 'b' })
  expect(routePosition(shared, onlyA)?.routeId).toBe('a')
})

test('a bus away from every street of a route is on none', () => {
  expect(routePosition(shared, bus(way([3.612, 98.4807], [3.615, 98.4807])))).toBeUndefined()
})

test('before it was seen to drive, its own heading tells its direction', () => {
  const standing = way([3.615, 98.48], [3.615, 98.48])
  expect(routePosition(shared, bus(standing))?.direction).toBeNull()
  expect(routePosition(shared, bus(standing, { headingDeg: 182 }))?.direction).toBe('back')
  expect(routePosition(shared, bus(standing, { headingDeg: 90 }))?.direction).toBeNull()
})

test('a heading counts from 5 km/h on', () => {
  expect(drivenHeading({ speedKmh: 5, headingDeg: 90 })).toBe(90)
  expect(drivenHeading({ speedKmh: 4.9, headingDeg: 90 })).toBeNull()
  expect(drivenHeading({ speedKmh: null, headingDeg: 90 })).toBeNull()
  expect(drivenHeading({ speedKmh: 24, headingDeg: null })).toBeNull()
})

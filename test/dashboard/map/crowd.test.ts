import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DeviceView } from '../../../contract/http/devices.ts'
import { createCityView } from '../../../dashboard/core/city/city.ts'
import { createDeviceStore } from '../../../dashboard/core/connection/store.ts'
import { type ClusterSpot, loadClustering, settleSpots } from '../../../dashboard/map/cluster-spots.ts'
import { boundsOf, type Crowd, clusterFrom, createCrowd } from '../../../dashboard/map/crowd.ts'
import { type Bounds, fitProjection } from '../../../dashboard/map/projection.ts'
import { deviceView, isoAt, someMs } from '../../support/city/device-view.ts'
import { seeded } from '../../support/city/scripted-city.ts'

const library = await loadClustering()

const size = { width: 1900, height: 1000 }
const wholeCity: Bounds = [98.43, 3.53, 98.54, 3.68]
const projectionOf = (bounds: Bounds) => fitProjection(bounds, size, { width: 20, height: 20 })
const projection = projectionOf(wholeCity)

/** So many lamps, spread over the city, one each minute. */
function lamps(count: number, more: (n: number) => Partial<DeviceView> = () => ({})): DeviceView[] {
  const random = seeded(3)
  return Array.from({ length: count }, (_, n) => {
    const [lon, lat] = [98.43 + 0.11 * random(), 3.53 + 0.15 * random()]
    return deviceView({ id: `lampu-${n}`, name: `Lampu ${n}`, profile: 'street-light', lat, lon, ...more(n) })
  })
}

const offline = { state: 'offline', link: { state: 'lost', since: isoAt(someMs), reason: 'keepalive' } } as const

function cityOf(devices: DeviceView[], lostForMs: number | null = null) {
  const store = createDeviceStore()
  store.applySnapshot({ seq: 1, at: isoAt(someMs), devices })
  return createCityView({ store }).at(someMs + 1000, lostForMs)
}

const sceneOf = (devices: DeviceView[], more: { bounds?: Bounds; focusedId?: string; lostForMs?: number } = {}) => ({
  city: cityOf(devices, more.lostForMs ?? null),
  projection: more.bounds === undefined ? projection : projectionOf(more.bounds),
  seams: [],
  u: 13,
  focusedId: more.focusedId,
})

const membersOf = ({ clusters }: Crowd) => clusters.flatMap(({ members }) => members.map(({ id }) => id))
const ids = (devices: readonly { id: string }[]) => devices.map(({ id }) => id).sort()

test('below the number for clusters every device is drawn for itself', () => {
  const crowd = createCrowd(library).at(sceneOf(lamps(clusterFrom - 1)))
  expect(crowd.clusters).toEqual([])
  expect(crowd.alone).toHaveLength(clusterFrom - 1)
})

test('from it on every device is in one cluster or alone, and never in both', () => {
  const devices = lamps(3000)
  const crowd = createCrowd(library).at(sceneOf(devices))
  expect(crowd.clusters.length).toBeGreaterThan(20)
  expect([...membersOf(crowd), ...ids(crowd.alone)].sort()).toEqual(ids(devices))
  for (const { members } of crowd.clusters) expect(members.length).toBeGreaterThan(1)
})

test('only the profile of which there are so many is drawn as clusters, and nothing that moves', () => {
  const bus = (n: number) => ({ id: `bus-${n}`, kind: 'bus' as const, profile: 'trans-binjai-bus' })
  const few = lamps(20, (n) => ({ id: `udara-${n}`, profile: 'air-quality' }))
  const crowd = createCrowd(library).at(sceneOf([...lamps(1000), ...few, ...lamps(700, bus)]))
  expect(new Set(crowd.clusters.flatMap(({ members }) => members.map(({ profile }) => profile)))).toEqual(
    new Set(['street-light']),
  )
  expect(crowd.alone.filter(({ profile }) => profile !== 'street-light')).toHaveLength(720)
})

test.each([
  ['is offline', offline],
  ['has a fault', { faults: ['power_w'] }],
  ['is stale', { measuredAt: isoAt(someMs - 200_000) }],
  ['is frozen', { state: 'frozen' as const, frozen: true }],
])('a device that %s is never inside a cluster, and leaves the others where they are', (_what, trouble) => {
  const crowding = createCrowd(library)
  const before = crowding.at(sceneOf(lamps(1000)))
  const chosen = before.clusters[0]?.members[0]?.id ?? ''
  const after = crowding.at(sceneOf(lamps(1000, (n) => (chosen === `lampu-${n}` ? trouble : {}))))
  expect(after.clusterOf.has(chosen)).toBe(false)
  expect(ids(after.alone)).toContain(chosen)
  expect(membersOf(after).length).toBe(membersOf(before).length - 1)
})

test('what somebody looks at is drawn for itself', () => {
  const crowd = createCrowd(library).at(sceneOf(lamps(1000)))
  const [first] = crowd.clusters[0]?.members ?? []
  const looked = createCrowd(library).at(sceneOf(lamps(1000), { focusedId: first?.id ?? '' }))
  expect(looked.clusterOf.has(first?.id ?? '')).toBe(false)
})

test('of very many troubled ones the worst are alone, and the clusters of the others have their mark', () => {
  const bad = (n: number) => (n < 700 ? offline : { measuredAt: isoAt(someMs - 200_000) })
  const crowd = createCrowd(library).at(sceneOf(lamps(1500, bad)))
  const alone = crowd.alone.filter(({ state }) => state === 'offline')
  expect(alone.length).toBeGreaterThanOrEqual(clusterFrom)
  const hidden = crowd.clusters.filter(({ members }) => members.some(({ state }) => state === 'offline'))
  expect(hidden.length).toBeGreaterThan(0)
  for (const { worst } of hidden) expect(worst.state).toBe('offline')
  for (const { worst, members } of crowd.clusters)
    expect(members.some(({ state }) => state === 'offline')).toBe(worst.state === 'offline')
})

test('while the server is away, when all is stale, clusters stay as they were', () => {
  const devices = lamps(1000, (n) => (n === 5 ? offline : {}))
  const crowding = createCrowd(library)
  const before = crowding.at(sceneOf(devices))
  const lost = crowding.at(sceneOf(devices, { lostForMs: 90_000 }))
  expect(ids(lost.alone)).toEqual(ids(before.alone))
  expect(lost.clusters.map(({ id }) => id)).toEqual(before.clusters.map(({ id }) => id))
})

test('a closer look takes clusters apart, until each device stands for itself', () => {
  const devices = lamps(2000)
  const crowding = createCrowd(library)
  let crowd = crowding.at(sceneOf(devices))
  for (let look = 0; look < 12 && crowd.clusters.length > 0; look++) {
    const [cluster] = crowd.clusters
    if (cluster === undefined) break
    const [west, south, east, north] = boundsOf(cluster)
    const bounds: Bounds = [west - 0.0007, south - 0.0007, east + 0.0007, north + 0.0007]
    crowd = crowding.at(sceneOf(devices, { bounds }))
    expect([...membersOf(crowd), ...ids(crowd.alone)].sort()).toEqual(ids(devices))
  }
  expect(crowd.clusters).toEqual([])
})

const circle = fc.record({
  x: fc.double({ min: 0, max: 1900, noNaN: true }),
  y: fc.double({ min: 0, max: 1000, noNaN: true }),
  radius: fc.double({ min: 10, max: 40, noNaN: true }),
})

test('no circle stays across a seam', () => {
  const seams = [
    { x: 932, y: 0, width: 36, height: 1000 },
    { x: 0, y: 482, width: 1900, height: 36 },
  ]
  fc.assert(
    fc.property(fc.array(circle, { maxLength: 40 }), (circles) => {
      const spots: ClusterSpot[] = circles.map((one, i) => ({ ...one, ids: [`a${i}`] }))
      for (const { x, y, radius } of settleSpots(spots, { seams, marks: [] })) {
        expect(Math.abs(x - 950)).toBeGreaterThanOrEqual(18 + radius - 1e-6)
        expect(Math.abs(y - 500)).toBeGreaterThanOrEqual(18 + radius - 1e-6)
      }
    }),
  )
})

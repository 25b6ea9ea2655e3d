import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  areaAt,
  busRoutes,
  busStops,
  isInside,
  kecamatanOf,
  type LonLat,
  type Site,
  siteFiles,
  siteSchema,
} from '../../../contract/site/schema.ts'

const folder = 'contract/site/binjai'

function readSite(folder: string): Site {
  const parts = Object.entries(siteFiles).map(([part, file]) => [
    part,
    JSON.parse(readFileSync(join(folder, file), 'utf8')),
  ])
  return siteSchema.parse(Object.fromEntries(parts))
}

const site = readSite(folder)

describe('the site of Binjai', () => {
  test('is the files that the contract names, in under 200 KB', () => {
    expect(readdirSync(folder).sort()).toEqual(Object.values(siteFiles).sort())
    const bytes = readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0)
    expect(bytes).toBeLessThan(200_000)
  })

  test('has 5 kecamatan, 37 kelurahan, 3 rivers, 30 streets, 4 routes and 9 river posts', () => {
    const { kecamatan, kelurahan, rivers, streets, riverPosts } = site
    const counts = [kecamatan, kelurahan, rivers, streets].map(({ features }) => features.length)
    expect([...counts, busRoutes(site).length, riverPosts.posts.length]).toEqual([5, 37, 3, 30, 4, 9])
  })

  test('nests its codes and its people: city, kecamatan, kelurahan', () => {
    for (const { properties } of site.kecamatan.features) {
      const inside = site.kelurahan.features.filter((area) => area.properties.kecamatanCode === properties.code)
      expect(inside.length).toBeGreaterThan(0)
      expect(inside.every((area) => kecamatanOf(area.properties.code) === properties.code)).toBe(true)
      expect(inside.reduce((sum, area) => sum + area.properties.population, 0)).toBe(properties.population)
    }
    const people = site.kecamatan.features.reduce((sum, area) => sum + area.properties.population, 0)
    expect(people).toBe(site.info.population.count)
  })

  test('names a known source wherever it names one', () => {
    const { info, city, kecamatan, kelurahan, rivers, streets, places, busRoutes: routes, riverPosts, offices } = site
    const items: { source?: string | undefined }[] = [
      ...[city, kecamatan, kelurahan, rivers, streets, places, routes].flatMap(({ features }) =>
        features.map(({ properties }) => properties),
      ),
      ...riverPosts.posts,
      ...offices.offices,
    ]
    const unknown = items.filter(({ source }) => source !== undefined && !Object.hasOwn(info.sources, source))
    expect(unknown).toEqual([])
  })

  test('lies inside its pad box, which lies around its bbox', () => {
    const [west, south, east, north] = site.info.padBbox
    const within = ([lon, lat]: LonLat) => lon >= west && lon <= east && lat >= south && lat <= north
    const lines = [...site.rivers.features, ...site.streets.features, ...busRoutes(site)]
    expect(lines.flatMap(({ geometry }) => geometry.coordinates).every(within)).toBe(true)
    expect(site.places.features.map(({ geometry }) => geometry.coordinates).every(within)).toBe(true)
    const [innerWest, innerSouth, innerEast, innerNorth] = site.info.bbox
    expect([within([innerWest, innerSouth]), within([innerEast, innerNorth])]).toEqual([true, true])
  })

  test('refers only to areas, rivers, streets and routes that it has', () => {
    const areas = new Set(site.kelurahan.features.map(({ properties }) => properties.code))
    const rivers = new Set(site.rivers.features.map(({ properties }) => properties.id))
    const streets = new Set(site.streets.features.map(({ properties }) => properties.id))
    for (const { properties } of site.places.features) {
      expect(areas.has(properties.areaCode), properties.id).toBe(true)
      if (properties.riverId !== undefined) expect(rivers.has(properties.riverId)).toBe(true)
      if (properties.streetId !== undefined) expect(streets.has(properties.streetId)).toBe(true)
    }
    for (const post of site.riverPosts.posts)
      expect([areas.has(post.areaCode), rivers.has(post.riverId)]).toEqual([true, true])
  })

  test('gives every id once', () => {
    const groups = [
      site.places.features.map(({ properties }) => properties.id),
      site.streets.features.map(({ properties }) => properties.id),
      site.busRoutes.features.map(({ properties }) => properties.id),
      site.riverPosts.posts.map(({ id }) => id),
      site.offices.offices.map(({ id }) => id),
    ]
    for (const ids of groups) expect(new Set(ids).size).toBe(ids.length)
  })

  test('has three posts on each river, in the order of the water, graver levels being higher', () => {
    for (const { properties } of site.rivers.features) {
      const posts = site.riverPosts.posts.filter((post) => post.riverId === properties.id)
      expect(posts.length).toBe(3)
      expect(posts.map((post) => post.distanceM)).toEqual(posts.map((post) => post.distanceM).sort((a, b) => a - b))
      for (const { siagaM } of posts) expect(siagaM[1] > siagaM[2] && siagaM[2] > siagaM[3]).toBe(true)
    }
  })

  test('has stops on each route, from its beginning on', () => {
    for (const { properties } of busRoutes(site)) {
      const stops = busStops(site, properties.id)
      expect(stops.length).toBeGreaterThan(4)
      expect(stops[0]?.properties.distanceM).toBe(0)
    }
  })
})

describe('areaAt', () => {
  test('finds each kelurahan at its label, and only that one', () => {
    for (const { properties } of site.kelurahan.features) {
      const [lon, lat] = properties.labelPoint
      const around = site.kelurahan.features.filter((area) => isInside(area.geometry, lat, lon))
      expect(around.map((area) => area.properties.name)).toEqual([properties.name])
      expect(areaAt(site, lat, lon)).toBe(properties.code)
    }
  })

  test.each([
    ['Balai Kota', 3.604, 98.484, '12.75.02.1005'],
    ['the station', 3.60961, 98.4978, '12.75.04.1001'],
    ['Medan', 3.5952, 98.6722, undefined],
    ['the Gulf of Guinea', 0, 0, undefined],
  ])('%s', (_, lat, lon, code) => {
    expect(areaAt(site, lat, lon)).toBe(code)
  })

  test('leaves holes and the gaps between islands out', () => {
    const square = (from: number, to: number): LonLat[] => [
      [from, from],
      [to, from],
      [to, to],
      [from, to],
      [from, from],
    ]
    const withHole = { type: 'Polygon' as const, coordinates: [square(0, 10), square(4, 6)] }
    expect([isInside(withHole, 2, 2), isInside(withHole, 5, 5)]).toEqual([true, false])
    const islands = { type: 'MultiPolygon' as const, coordinates: [[square(0, 1)], [square(8, 9)]] }
    expect([0.5, 4, 8.5].map((at) => isInside(islands, at, at))).toEqual([true, false, true])
  })
})

test.each([
  ['12.75.01.1001', '12.75.01'],
  ['12.75.01', '12.75.01'],
  ['12.75', undefined],
  ['12.75.011', undefined],
  ['', undefined],
  ["12.75.01.1001'", undefined],
])('the kecamatan of %j is %j', (code, kecamatan) => {
  expect(kecamatanOf(code)).toBe(kecamatan)
})

test('a city without rivers and bus routes is a site too', () => {
  const teluk = readSite('test/fixtures/sites/teluk')
  expect(teluk.info).toMatchObject({ brand: 'Pusat Kendali Teluk', timeZone: 'Asia/Jayapura' })
  expect([teluk.kelurahan, teluk.rivers, teluk.busRoutes].map(({ features }) => features.length)).toEqual([3, 0, 0])
  for (const { properties } of teluk.kelurahan.features) {
    const [lon, lat] = properties.labelPoint
    expect(areaAt(teluk, lat, lon)).toBe(properties.code)
  }
  for (const { geometry, properties } of teluk.places.features) {
    const [lon, lat] = geometry.coordinates
    expect(areaAt(teluk, lat, lon), properties.id).toBe(properties.areaCode)
  }
})

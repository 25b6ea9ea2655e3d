import { describe, expect, test } from 'vitest'
import { newDeviceSchema } from '../../contract/http/devices.ts'
import { findProfile } from '../../contract/profiles/index.ts'
import { areaAt, busRoutes, busStops, type LonLat } from '../../contract/site/schema.ts'
import { createTimetable } from '../../firmware-sim/bus-movement.ts'
import { cityFleet } from '../../firmware-sim/fleet.ts'
import { newDevice } from '../../firmware-sim/fleet-device.ts'
import { metresBetween, metresToLine } from '../../firmware-sim/geo.ts'
import { readSite } from '../../firmware-sim/site-folder.ts'
import { syntheticFleet } from '../../firmware-sim/synthetic-fleet.ts'

const site = await readSite('contract/site/binjai')
const fleet = cityFleet({ site, seed: 1 })
const [west, south, east, north] = site.info.padBbox
const isInPadBox = ([lon, lat]: LonLat) => lon > west && lon < east && lat > south && lat < north
const of = (profile: string) => fleet.filter((device) => device.profile === profile)

describe('the fleet of Binjai', () => {
  test('has about 400 devices of every profile, and 14 buses, 120 cameras and 9 gauges among them', () => {
    expect(fleet.length).toBe(399)
    expect([of('trans-binjai-bus'), of('ip-camera'), of('river-gauge')].map(({ length }) => length)).toEqual([
      14, 120, 9,
    ])
    expect(new Set(fleet.map(({ profile }) => profile)).size).toBe(12)
  })

  test('is the same for the same seed, and stands elsewhere for another', () => {
    expect(cityFleet({ site, seed: 1 })).toEqual(fleet)
    expect(cityFleet({ site, seed: 2 })).not.toEqual(fleet)
  })

  test('can be registered as it is: every id and name once, all marked as simulated by their id', () => {
    for (const device of fleet) expect(newDeviceSchema.safeParse(newDevice(device)).error).toBeUndefined()
    expect(new Set(fleet.map(({ id }) => id)).size).toBe(fleet.length)
    expect(new Set(fleet.map(({ name }) => name)).size).toBe(fleet.length)
    expect(fleet.every(({ id }) => id.startsWith('sim-'))).toBe(true)
  })

  test('stands in the city, in a kelurahan that it names, under an office that there is', () => {
    const areas = new Set(site.kelurahan.features.map(({ properties }) => properties.code))
    const offices = new Set(site.offices.offices.map(({ id }) => id))
    for (const { id, lat, lon, areaCode, opd, kind, profile } of fleet) {
      expect(isInPadBox([lon, lat]), id).toBe(true)
      expect([areas.has(areaCode ?? ''), offices.has(opd ?? '')], id).toEqual([true, true])
      expect(findProfile(profile)?.kind, id).toBe(kind)
    }
  })

  test('has cameras in all kecamatan, and a link and a power meter in every kelurahan', () => {
    const kecamatan = new Set(of('ip-camera').map(({ areaCode }) => areaCode?.slice(0, 8)))
    expect(kecamatan.size).toBe(site.kecamatan.features.length)
    for (const profile of ['network-link', 'power-meter']) {
      expect(new Set(of(profile).map(({ areaCode }) => areaCode)).size).toBe(site.kelurahan.features.length)
    }
  })

  test('puts what stands beside the streets on land, in the kelurahan around it', () => {
    const beside = fleet.filter(({ profile }) => ['street-light', 'traffic-counter', 'power-meter'].includes(profile))
    for (const { id, lat, lon, areaCode } of beside) {
      expect(areaAt(site, lat, lon), id).toBe(areaCode)
      const rivers = site.rivers.features.map(({ geometry }) => metresToLine([lon, lat], geometry.coordinates))
      expect(Math.min(...rivers), id).toBeGreaterThan(12)
    }
  })

  test('names a parent only where there is one, of kind gateway, and lists it first', () => {
    const seen = new Map<string, string>()
    for (const { id, parentId, kind } of fleet) {
      if (parentId !== null) expect(seen.get(parentId), id).toBe('gateway')
      seen.set(id, kind)
    }
  })

  test('puts gauges on their river, with a worst level of its own', () => {
    for (const { lat, lon, river, memory } of of('river-gauge')) {
      const line =
        site.rivers.features.find(({ properties }) => properties.id === river?.id)?.geometry.coordinates ?? []
      expect(metresToLine([lon, lat], line)).toBeLessThan(60)
      expect(memory?.worst_m).toBeGreaterThan(Number(memory?.dry_m) + 1)
    }
  })
})

describe('a synthetic fleet', () => {
  const load = syntheticFleet({ count: 1000, seed: 5, site })

  test('has as many devices as asked for, of every profile, on land', () => {
    expect(load.length).toBe(1000)
    expect(new Set(load.map(({ id }) => id)).size).toBe(1000)
    expect(new Set(load.map(({ profile }) => profile)).size).toBe(12)
    expect(load.every(({ areaCode }) => areaCode !== null)).toBe(true)
    for (const device of load.slice(0, 50)) expect(newDeviceSchema.safeParse(newDevice(device)).success).toBe(true)
  })

  test('begins as a smaller one of the same seed does', () => {
    expect(syntheticFleet({ count: 10, seed: 5, site })).toEqual(load.slice(0, 10))
    expect(syntheticFleet({ count: 10, seed: 6, site })).not.toEqual(load.slice(0, 10))
  })
})

describe.each(busRoutes(site).map((route) => [route.properties.id, route] as const))(
  'a bus on route %s',
  (id, route) => {
    const stops = busStops(site, id)
    const timetable = createTimetable({ route, stops, cruiseKmh: 36 })
    const round = Array.from({ length: Math.ceil(timetable.periodS) }, (_, second) => timetable.at(second))

    test('stays on its streets, inside the pad box', () => {
      const line = route.geometry.coordinates
      for (const { position } of round) {
        expect(isInPadBox(position)).toBe(true)
        expect(metresToLine(position, line)).toBeLessThan(1)
      }
    })

    test('never jumps, speeds or brakes harder than a bus does', () => {
      for (const [index, { position, speedKmh, headingDeg }] of round.entries()) {
        const before = round[index - 1]
        expect(speedKmh).toBeLessThanOrEqual(36.001)
        expect(speedKmh).toBeGreaterThanOrEqual(0)
        expect(headingDeg >= 0 && headingDeg < 360).toBe(true)
        if (before === undefined) continue
        expect(metresBetween(before.position, position)).toBeLessThan(10.5)
        expect(Math.abs(speedKmh - before.speedKmh)).toBeLessThan(3.6)
      }
    })

    test('stands at every stop, and is back where it began after a round', () => {
      const standing = round.filter(({ speedKmh }) => speedKmh < 1)
      for (const { geometry } of stops) {
        const nearest = Math.min(...standing.map(({ position }) => metresBetween(position, geometry.coordinates)))
        expect(nearest).toBeLessThan(60)
      }
      expect(metresBetween(timetable.at(0).position, timetable.at(timetable.periodS).position)).toBeLessThan(1)
    })

    test('drives forward', () => {
      for (const [index, { position, headingDeg }] of round.entries()) {
        const next = round[index + 1]
        if (next === undefined || metresBetween(position, next.position) < 5) continue
        const eastM = (next.position[0] - position[0]) * Math.sin((headingDeg * Math.PI) / 180)
        const northM = (next.position[1] - position[1]) * Math.cos((headingDeg * Math.PI) / 180)
        expect(eastM + northM).toBeGreaterThan(0)
      }
    })
  },
)

test('a folder that is not there, or not whole, is refused with a sentence', async () => {
  await expect(readSite('contract/site/medan')).rejects.toThrow('contract/site/medan')
})

import { kecamatanOf } from '../../contract/site/schema.ts'
import type { FleetDevice } from '../fleet-device.ts'
import { kelurahanSpots } from './network.ts'
import { type Ground, numbered, placeDevices, prefixed } from './place-devices.ts'
import { junctions, placeSpots, type Spot, spread, streetSpots } from './spots.ts'

const counts = { lamps: 90, bins: 40, counters: 24, air: 8, rainPerKecamatan: 2 }

/** Gauges on the river posts. Each begins with what its own river does at worst: a tenth above siaga 1. */
export function riverGauges({ site, random, officeFor }: Ground, gatewayOf: (areaCode: string) => string | null) {
  const posts = site.riverPosts.posts
  const spots: Spot[] = posts.map(({ name, lat, lon, areaCode }) => ({ name, position: [lon, lat], areaCode }))
  const parentOf = ({ areaCode }: Spot) => gatewayOf(areaCode)
  const devices = placeDevices(spots, { word: 'river', profile: 'river-gauge', opd: officeFor('flood'), parentOf })
  return devices.map((device, index): FleetDevice => {
    const post = posts[index]
    if (post === undefined) return device
    const worstM = post.siagaM[1] * 1.1
    const memory = { worst_m: worstM, dry_m: Math.round(worstM * (8 + 6 * random())) / 100 }
    return { ...device, river: { id: post.riverId, distanceM: post.distanceM }, memory }
  })
}

/** Weather stations, one a kecamatan, and rain gauges in its largest kelurahan. */
export function weatherDevices(
  { site, random, officeFor, linkOf }: Ground,
  gatewayOf: (areaCode: string) => string | null,
): FleetDevice[] {
  const opd = officeFor('flood')
  const near = kelurahanSpots(site, random)
  const largest = site.kecamatan.features.map(({ properties }) =>
    site.kelurahan.features
      .filter((area) => area.properties.kecamatanCode === properties.code)
      .toSorted((a, b) => b.properties.areaKm2 - a.properties.areaKm2)
      .slice(0, counts.rainPerKecamatan)
      .map((area) => area.properties.code),
  )
  const wet = largest.flat()
  const rain = near.filter(({ areaCode }) => wet.includes(areaCode))
  const nameOf = (code: string) =>
    site.kecamatan.features.find((area) => area.properties.code === code)?.properties.name
  const stations = largest
    .flatMap(([code]) => near.filter(({ areaCode }) => areaCode === code))
    .map((spot) => ({ ...spot, name: nameOf(kecamatanOf(spot.areaCode) ?? '') ?? spot.name }))
  return [
    ...placeDevices(prefixed('Penakar Hujan', rain), {
      word: 'rain',
      profile: 'rain-gauge',
      opd,
      parentOf: ({ areaCode }) => gatewayOf(areaCode),
    }),
    ...placeDevices(prefixed('Stasiun Cuaca', stations), {
      word: 'weather',
      profile: 'weather-station',
      opd,
      parentOf: ({ areaCode }) => linkOf(areaCode),
    }),
  ]
}

/** What stands along the streets: air quality at junctions, counters on the roads between, lamps. */
export function streetDevices({ site, officeFor, linkOf }: Ground): FleetDevice[] {
  const parentOf = ({ areaCode }: Spot) => linkOf(areaCode)
  const air = spread(junctions(site), counts.air)
  const counters = numbered(spread(streetSpots(site, 260), counts.counters))
  const lamps = numbered(spread(streetSpots(site, 90), counts.lamps))
  return [
    ...placeDevices(prefixed('Kualitas Udara', air), {
      word: 'air',
      profile: 'air-quality',
      opd: officeFor('pollution'),
      parentOf,
    }),
    ...placeDevices(prefixed('Pencacah', counters), {
      word: 'traffic',
      profile: 'traffic-counter',
      opd: officeFor('traffic'),
      parentOf,
    }),
    ...placeDevices(prefixed('Lampu', lamps), {
      word: 'lamp',
      profile: 'street-light',
      opd: officeFor('street-light'),
      parentOf,
    }),
  ]
}

/** Containers at markets, stations and parks and in the kelurahan; a power meter for each kelurahan. */
export function kelurahanDevices(
  { site, random, officeFor }: Ground,
  gatewayOf: (areaCode: string) => string | null,
): FleetDevice[] {
  const busy = placeSpots(site, ['market', 'station', 'bus-terminal', 'park'])
  const bins = [...busy, ...kelurahanSpots(site, random)].slice(0, counts.bins)
  return [
    ...placeDevices(prefixed('Kontainer Sampah', bins), {
      word: 'bin',
      profile: 'waste-bin',
      opd: officeFor('waste'),
      parentOf: ({ areaCode }) => gatewayOf(areaCode),
    }),
    // A meter has a SIM card of its own: it must be able to tell that the power is gone.
    ...placeDevices(prefixed('Panel Listrik', kelurahanSpots(site, random)), {
      word: 'power',
      profile: 'power-meter',
      opd: officeFor('street-light'),
    }),
  ]
}

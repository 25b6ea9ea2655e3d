import { kecamatanOf, type Site } from '../contract/site/schema.ts'
import { buses } from './fleet/buses.ts'
import { cameras } from './fleet/cameras.ts'
import { lorawanGateways, networkLinks } from './fleet/network.ts'
import type { Ground } from './fleet/place-devices.ts'
import { kelurahanDevices, riverGauges, streetDevices, weatherDevices } from './fleet/sensors.ts'
import type { FleetDevice } from './fleet-device.ts'
import { createRandom } from './random.ts'

/**
 * The simulated city: for Binjai 399 devices with ids `sim-…`, on land, at plausible places, each behind the network
 * link of its kelurahan or the LoRaWAN gateway of its kecamatan. The same for the same site and seed. A parent comes
 * before its children.
 */
export function cityFleet({ site, seed }: { site: Site; seed: number }): FleetDevice[] {
  const random = createRandom(seed, 'fleet')
  const officeFor = (subject: string) =>
    site.offices.offices.find(({ subjects }) => subjects.includes(subject))?.id ?? null
  const links = networkLinks(site, random, officeFor('network'))
  const linkByArea = new Map(links.map(({ areaCode, id }) => [areaCode, id]))
  const linkOf = (areaCode: string) => linkByArea.get(areaCode) ?? null
  const gateways = lorawanGateways(site, { opd: officeFor('network'), linkOf })
  const gatewayByKecamatan = new Map(gateways.map(({ areaCode, id }) => [kecamatanOf(areaCode ?? ''), id]))
  const gatewayOf = (areaCode: string) => gatewayByKecamatan.get(kecamatanOf(areaCode)) ?? null
  const ground: Ground = { site, random, officeFor, linkOf }
  return [
    ...links,
    ...gateways,
    ...buses(site, officeFor('bus')),
    ...cameras(ground),
    ...riverGauges(ground, gatewayOf),
    ...weatherDevices(ground, gatewayOf),
    ...streetDevices(ground),
    ...kelurahanDevices(ground, gatewayOf),
  ]
}

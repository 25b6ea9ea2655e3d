import type { Site } from '../../contract/site/schema.ts'
import type { FleetDevice } from '../fleet-device.ts'
import type { Random } from '../random.ts'
import { placeDevices, prefixed } from './place-devices.ts'
import { type Spot, spotNear } from './spots.ts'

/** One spot a kelurahan, near its label. */
export function kelurahanSpots(site: Site, random: Random): Spot[] {
  return site.kelurahan.features.map(({ properties }) =>
    spotNear(site, { name: properties.name, position: properties.labelPoint, areaCode: properties.code }, 150, random),
  )
}

/** A network link for each kelurahan. */
export function networkLinks(site: Site, random: Random, opd: string | null): FleetDevice[] {
  const spots = prefixed('Jaringan Kelurahan', kelurahanSpots(site, random))
  return placeDevices(spots, { word: 'link', profile: 'network-link', opd })
}

/** A LoRaWAN gateway for each kecamatan, behind the network link of the kelurahan it stands in. */
export function lorawanGateways(
  site: Site,
  { opd, linkOf }: { opd: string | null; linkOf: (areaCode: string) => string | null },
): FleetDevice[] {
  const spots = site.kecamatan.features.flatMap(({ properties }) => {
    const home = site.kelurahan.features.find(
      (area) =>
        area.properties.labelPoint[0] === properties.labelPoint[0] &&
        area.properties.labelPoint[1] === properties.labelPoint[1],
    )
    const areaCode = home?.properties.code ?? firstIn(site, properties.code)
    return areaCode === undefined ? [] : [{ name: properties.name, position: properties.labelPoint, areaCode }]
  })
  return placeDevices(prefixed('Gerbang LoRaWAN', spots), {
    word: 'lora',
    profile: 'lorawan-gateway',
    opd,
    parentOf: ({ areaCode }) => linkOf(areaCode),
  })
}

function firstIn(site: Site, kecamatanCode: string): string | undefined {
  return site.kelurahan.features.find(({ properties }) => properties.kecamatanCode === kecamatanCode)?.properties.code
}

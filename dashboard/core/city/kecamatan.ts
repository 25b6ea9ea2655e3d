import { type Feature, property } from '../../../domain/geo/geojson.ts'
import type { SeenDevice } from './city.ts'

export interface KecamatanGroup {
  /** Kemendagri code; '' for devices that stand in none. */
  code: string
  name: string
  devices: SeenDevice[]
}

/** `12.75.01` of `12.75.01.1001` */
const codeLength = 8

/** Devices by the kecamatan that they stand in: all of the city's, also those without any, then the rest. */
export function byKecamatan(devices: readonly SeenDevice[], kecamatan: readonly Feature[]): KecamatanGroup[] {
  const groups: KecamatanGroup[] = kecamatan.map((area) => ({
    code: property(area, 'code'),
    name: property(area, 'name'),
    devices: [],
  }))
  const other: KecamatanGroup = { code: '', name: '', devices: [] }
  for (const device of devices) {
    const code = device.areaCode?.slice(0, codeLength)
    const group = groups.find((one) => one.code === code) ?? other
    group.devices.push(device)
  }
  return other.devices.length > 0 ? [...groups, other] : groups
}

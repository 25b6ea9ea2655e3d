import type { DeviceState } from '../../../contract/state.ts'
import type { CityView, SeenDevice } from '../../core/city/city.ts'
import type { ListedDevice } from '../../core/connection/registry.ts'

export interface DeviceFilter {
  words: string
  kind: string
  profile: string
  state: string
  kecamatan: string
}

export const noFilter: DeviceFilter = { words: '', kind: '', profile: '', state: '', kecamatan: '' }

/** One line of the list: what is registered, and what is seen of it. */
export interface DeviceLine {
  device: ListedDevice
  seen: SeenDevice | undefined
  state: DeviceState
}

/** What is registered, with what is seen of it now. */
export function deviceLines(devices: readonly ListedDevice[], city: CityView): DeviceLine[] {
  return devices.map((device) => {
    const seen = city.byId.get(device.id)
    return { device, seen, state: seen?.state ?? 'unknown' }
  })
}

const has = (wanted: string, actual: string | null): boolean => wanted === '' || actual === wanted

function matchesWords(words: string, { device }: DeviceLine): boolean {
  const text = `${device.id} ${device.name} ${device.profile} ${device.opd ?? ''}`.toLowerCase()
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

/** Lines that pass every filter that is set, by name. */
export function filterLines(lines: readonly DeviceLine[], filter: DeviceFilter, language: string): DeviceLine[] {
  const { words, kind, profile, state, kecamatan } = filter
  return lines
    .filter(({ device }) => has(kind, device.kind) && has(profile, device.profile))
    .filter((line) => has(state, line.state))
    .filter(({ device }) => kecamatan === '' || (device.areaCode ?? '').startsWith(kecamatan))
    .filter((line) => matchesWords(words, line))
    .sort((a, b) => a.device.name.localeCompare(b.device.name, language, { numeric: true }))
}

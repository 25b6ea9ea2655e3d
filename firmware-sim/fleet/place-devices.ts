import { findProfile } from '../../contract/profiles/index.ts'
import type { Site } from '../../contract/site/schema.ts'
import type { FleetDevice } from '../fleet-device.ts'
import type { Random } from '../random.ts'
import type { Spot } from './spots.ts'

/** What the parts of the fleet are built from. */
export interface Ground {
  site: Site
  random: Random
  /** The office that answers for a subject, or null. */
  officeFor: (subject: string) => string | null
  /** The network link of a kelurahan. */
  linkOf: (areaCode: string) => string | null
}

export interface DeviceSeries {
  /** Between `sim-` and the number. */
  word: string
  profile: string
  opd: string | null
  parentOf?: (spot: Spot) => string | null
}

/** Devices of one profile on spots, numbered from 1: `sim-cctv-001`. Throws RangeError for an unknown profile. */
export function placeDevices(spots: readonly Spot[], { word, profile, opd, parentOf }: DeviceSeries): FleetDevice[] {
  const known = findProfile(profile)
  if (known === undefined) throw new RangeError(`no profile ${profile}`)
  const digits = Math.max(2, String(spots.length).length)
  return spots.map((spot, index) => ({
    id: `sim-${word}-${String(index + 1).padStart(digits, '0')}`,
    profile,
    kind: known.kind,
    name: spot.name,
    lat: spot.position[1],
    lon: spot.position[0],
    areaCode: spot.areaCode,
    parentId: parentOf?.(spot) ?? null,
    opd,
  }))
}

/** Names that occur more than once get a number: `CCTV Jl. Samanhudi 03`. */
export function numbered(spots: readonly Spot[]): Spot[] {
  const total = new Map<string, number>()
  for (const { name } of spots) total.set(name, (total.get(name) ?? 0) + 1)
  const used = new Map<string, number>()
  return spots.map((spot) => {
    if (total.get(spot.name) === 1) return spot
    const number = (used.get(spot.name) ?? 0) + 1
    used.set(spot.name, number)
    return { ...spot, name: `${spot.name} ${String(number).padStart(2, '0')}` }
  })
}

export function prefixed(prefix: string, spots: readonly Spot[]): Spot[] {
  return spots.map((spot) => ({ ...spot, name: `${prefix} ${spot.name}` }))
}

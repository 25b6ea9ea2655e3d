import type { NewDevice } from '../contract/http/devices.ts'
import type { SimulatedMemory } from '../contract/profile.ts'
import type { Kind } from '../contract/topics.ts'

/** A simulated device: what the registry is to know of it, and what only the simulation knows. */
export interface FleetDevice {
  id: string
  profile: string
  kind: Kind
  name: string
  lat: number
  lon: number
  areaCode: string | null
  /** The network link or gateway through which it speaks. */
  parentId: string | null
  /** Id of the office that answers for it. */
  opd: string | null
  /** A bus's route, and how far into its round it is at the beginning, 0 to 1. */
  route?: { id: string; startAt: number }
  /** A gauge's river, and how far down it stands, m. */
  river?: { id: string; distanceM: number }
  /** Where `simulate()` begins. */
  memory?: SimulatedMemory
}

/** The registry's part: the body of `POST /devices`. */
export function newDevice({ id, profile, name, lat, lon, areaCode, parentId, opd }: FleetDevice): NewDevice {
  return { id, profile, name, lat, lon, areaCode, parentId, opd }
}

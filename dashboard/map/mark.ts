import type { Marker } from '../../contract/profile.ts'
import type { DeviceState } from '../../contract/state.ts'
import type { SeenDevice } from '../core/city/city.ts'
import { markRadius, type Scene } from './scene.ts'

/** How a device's mark is drawn. State is told by fill, outline and sign, never by colour alone. */
export interface Mark {
  x: number
  y: number
  /** Half the mark's height, px. */
  radius: number
  marker: Marker
  state: DeviceState
  /** Degrees clockwise from north; `undefined`: it has no direction now. */
  headingDeg: number | undefined
}

/** Of a mark's radius: how far anything of it reaches from its middle (the arrow's tip). */
export const markReach = 1.3

/** The mark of a device where it stands, or was last; none without a position. */
export function markOf(device: SeenDevice, scene: Pick<Scene, 'projection' | 'u'>): Mark | undefined {
  if (device.place === null) return undefined
  const { projection } = scene
  return {
    x: projection.x(device.place.lon),
    y: projection.y(device.place.lat),
    radius: markRadius(scene.u) * (device.look.moving ? 1.25 : 0.85),
    marker: device.look.marker,
    state: device.state,
    headingDeg: undefined,
  }
}

import type { Marker } from '../../../contract/profile.ts'
import { findProfile } from '../../../contract/profiles/index.ts'
import type { Kind } from '../../../contract/topics.ts'

/** What the wall must know of a profile; also of one that this build does not have yet. */
export interface ProfileLook {
  id: string
  kind: Kind
  label: { id: string; en: string }
  marker: Marker
  moving: boolean
  /** Most telling first. */
  metrics: readonly string[]
}

const markerOfKind: Record<Kind, Marker> = {
  bus: 'arrow',
  cctv: 'square',
  sensor: 'disc',
  gateway: 'hexagon',
  service: 'bar',
  screen: 'bar',
}

export function profileLook(kind: Kind, profileId: string): ProfileLook {
  const profile = findProfile(profileId)
  if (profile !== undefined) return profile
  return {
    id: profileId,
    kind,
    label: { id: profileId, en: profileId },
    marker: markerOfKind[kind],
    moving: kind === 'bus',
    metrics: [],
  }
}

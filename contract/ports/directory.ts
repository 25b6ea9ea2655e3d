import type { Kind } from '../topics.ts'

/** What ingest must know of a device. */
export interface RegisteredDevice {
  id: string
  kind: Kind
  profile: string
  name: string
  lat: number | null
  lon: number | null
  /** Kemendagri code of its kelurahan, or null. */
  areaCode: string | null
  parentId: string | null
  opd: string | null
  /** Overrides the profile's interval. */
  expectedS: number | null
  disabled: boolean
  simulated: boolean
}

export interface DeviceDirectory {
  list(): Promise<RegisteredDevice[]>
  watch(onChange: () => void): () => void
}

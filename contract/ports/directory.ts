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
  /** Times in which somebody works on it, in order, none touching another: running, to come, or over since a month at most. */
  maintenance: readonly { fromMs: number; untilMs: number }[]
}

export interface DeviceDirectory {
  list(): Promise<RegisteredDevice[]>
  watch(onChange: () => void): () => void
}

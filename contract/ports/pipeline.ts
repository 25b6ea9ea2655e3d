export interface QuarantineRow {
  id: number
  atMs: number
  topic: string
  deviceId: string | null
  reason: string
  detail: string
  readings: number
  payload: Uint8Array
  retriedAtMs: number | null
}

export interface QuarantineQuery {
  reason?: string
  limit: number
  /** Only ids below. */
  beforeId?: number
}

/** Newest first; fewer than asked where their payloads are large. */
export interface QuarantineSlice {
  rows: QuarantineRow[]
  more: boolean
}

export interface RetryResult {
  outcome: 'stored' | 'duplicate' | 'rejected'
  reason: string | null
}

/** What ingest left on disk, read by the api; works while ingest is down. */
export interface PipelineReader {
  quarantine(query: QuarantineQuery): Promise<QuarantineSlice>
}

export interface IngestControl {
  /** `undefined`: no such row, or it was taken already. Throws while ingest is down. */
  retry(quarantineId: number): Promise<RetryResult | undefined>
}

import type { DatabaseSync } from 'node:sqlite'
import type { CityBucket } from '../../../contract/ports/telemetry.ts'
import type { SealedDay } from '../day-catalogue.ts'
import { type Month, openMonth } from './month.ts'
import type { SealedChunk } from './sealed-rows.ts'

/**
 * The work of the seal worker. It reads the hot database and writes cold files; what follows from that in the hot
 * database is done by ingest, which alone writes it, from what these jobs return. Every job can be broken off at any
 * point and done again.
 */
export interface SealParts {
  /** Read-only. */
  hot: DatabaseSync
  /** Folder of the cold files. */
  dir: string
  /** Waits now and then, so that the others get the machine. */
  pace: () => Promise<void>
}

export type SealJob =
  | { job: 'survey' }
  | { job: 'seal'; profile: string; dayMs: number }
  | { job: 'fold' }
  | { job: 'rollups' }
  | { job: 'remove'; days: { profile: string; dayMs: number }[] }

export interface SealResult {
  /** Days as they lie in their files now. */
  days: SealedDay[]
  /** Damaged files that were put aside; their days are lost. */
  putAside: { fromMs: number; file: string }[]
  /** Late rows up to this revision lie in these chunks. */
  folded: { profile: string; dev: number; fromMs: number; upToRevision: number }[]
  rollups: { profile: string; metric: string; bucket: number; sums: CityBucket[] }[]
  /** Days that are noted as sealed and lie in no file. */
  missing: { profile: string; dayMs: number }[]
  /** Bytes of all cold files. */
  bytes: number
}

export class SealDifferenceError extends Error {
  readonly code = 'seal-difference'
}

/** Opens a month for one piece of work. */
export async function withMonth<T>(
  { dir }: SealParts,
  ms: number,
  result: SealResult,
  work: (month: Month) => T | Promise<T>,
): Promise<T> {
  const month = openMonth(dir, ms, { onAside: (fromMs, file) => result.putAside.push({ fromMs, file }) })
  try {
    return await work(month)
  } finally {
    month.close()
  }
}

export function requireChunk(chunk: SealedChunk | undefined, deviceId: string): SealedChunk {
  if (chunk === undefined) throw new SealDifferenceError(`${deviceId}: nothing was sealed`)
  return chunk
}

import type { StoredRow } from '../sqlite-rows.ts'
import { dayStart } from '../sqlite-tables.ts'
import type { ColdFiles } from './cold-files.ts'
import { type SealedChunk, sealedRowAt } from './sealed-rows.ts'

/** What the sealed days say of single moments, for readings that come late. */
export interface SealedLookup {
  row(profile: string, tsMs: number, deviceId: string): StoredRow | undefined
  /** Chunks have changed. */
  forget(): void
}

/** Rows of unpacked chunks that are remembered, some 10 to 100 bytes each. */
const mostRows = 500_000

export function createSealedLookup(cold: ColdFiles): SealedLookup {
  const chunks = new Map<string, SealedChunk | undefined>()
  let rows = 0

  function forget(): void {
    chunks.clear()
    rows = 0
  }

  function chunkOf(profile: string, dayMs: number, deviceId: string): SealedChunk | undefined {
    const key = `${profile} ${dayMs} ${deviceId}`
    if (chunks.has(key)) return chunks.get(key)
    const chunk = cold.chunk(profile, dayMs, deviceId)
    rows += 1 + (chunk?.rows ?? 0)
    if (rows > mostRows) forget()
    chunks.set(key, chunk)
    return chunk
  }

  return {
    row(profile, tsMs, deviceId) {
      const chunk = chunkOf(profile, dayStart(tsMs), deviceId)
      return chunk === undefined ? undefined : sealedRowAt(chunk, tsMs)
    },
    forget,
  }
}

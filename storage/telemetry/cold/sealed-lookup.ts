import { createTokenBuckets } from '../../../contract/token-buckets.ts'
import type { SealedRowAt } from '../sqlite/day-places.ts'
import { dayStart } from '../sqlite/sqlite-tables.ts'
import type { ColdFiles } from './cold-files.ts'
import { createFairCache, type FairCacheLimits } from './fair-cache.ts'
import { firstFrom, type SealedChunk, sealedRowAt } from './sealed-rows.ts'

/** What the sealed days say of single moments, for readings that come late. */
export interface SealedLookup {
  row: SealedRowAt
  /** Chunks have changed. */
  forget(): void
  /** Bytes of what is remembered. */
  bytes(): number
}

export interface LookupLimits {
  /** Chunks, as much of each as was read. A device that sends a past day in order of time needs one. */
  chunks: FairCacheLimits
  /** The moments alone of these and many more days, 4 bytes each. */
  moments: FairCacheLimits
  /** Days that a device may have unpacked at once, and that it gets back each second. */
  burstDays: number
  daysPerS: number
  /** Devices whose days are counted. */
  maxDevices: number
}

const mebibyte = 1024 * 1024

/** Together at most 64 MiB. A year in order of time passes at once, and a device that owes days waits 100 s at most. */
const usual: LookupLimits = {
  chunks: { maxBytes: 32 * mebibyte, maxOfOwner: 4 * mebibyte },
  moments: { maxBytes: 32 * mebibyte, maxOfOwner: 4 * mebibyte },
  burstDays: 400,
  daysPerS: 4,
  maxDevices: 10_000,
}

/** Values of a day that counts as one; unpacking and reading them takes some 2 ms. A larger day counts as several. */
const valuesOfDay = 65_536
/** Of an entry beside its moments. */
const entryBytes = 300
const nothing = new Uint32Array()

/**
 * Each late reading of a sealed day asks whether its moment is there already. That is answered from memory for a device
 * that stays with a day, or with days of few moments. One that names day after day has a chunk unpacked for each reading,
 * and everybody waits: so each device has a number of days that are unpacked for it, and is refused past it.
 */
export function createSealedLookup(
  cold: Pick<ColdFiles, 'chunk'>,
  { now = () => performance.now(), limits = usual }: { now?: () => number; limits?: LookupLimits } = {},
): SealedLookup {
  const { burstDays, daysPerS } = limits
  const chunks = createFairCache<SealedChunk>(limits.chunks)
  const moments = createFairCache<Uint32Array>(limits.moments)
  const allowances = createTokenBuckets({ perS: daysPerS, burst: burstDays, most: limits.maxDevices, now })

  /** What was unpacked is paid for afterwards, since only then its size is known: an allowance may go into debt. */
  function daysOf({ rows, columns }: SealedChunk): number {
    return Math.min(burstDays, Math.max(1, (rows * columns) / valuesOfDay))
  }

  function remember(deviceId: string, key: string, { chunk, dayMs }: { chunk: SealedChunk; dayMs: number }): void {
    chunks.put(deviceId, key, { value: chunk, bytes: chunk.bytes + entryBytes })
    const value = Uint32Array.from(chunk.fixed('ts'), (tsMs) => tsMs - dayMs)
    moments.put(deviceId, key, { value, bytes: value.byteLength + entryBytes })
  }

  return {
    row(profile, tsMs, deviceId) {
      const dayMs = dayStart(tsMs)
      const key = `${profile} ${dayMs}`
      const known = chunks.get(deviceId, key)
      if (known !== undefined) return sealedRowAt(known, tsMs)
      const ofDay = moments.get(deviceId, key)
      if (ofDay !== undefined && ofDay[firstFrom(ofDay, tsMs - dayMs)] !== tsMs - dayMs) return undefined
      const allowance = allowances.of(deviceId)
      if (allowance.tokens < 1) return 'too-many-past-days'
      const chunk = cold.chunk(profile, dayMs, deviceId)
      if (chunk === undefined) {
        moments.put(deviceId, key, { value: nothing, bytes: entryBytes })
        return undefined
      }
      allowance.tokens -= daysOf(chunk)
      remember(deviceId, key, { chunk, dayMs })
      return sealedRowAt(chunk, tsMs)
    },
    forget() {
      chunks.clear()
      moments.clear()
    },
    bytes: () => chunks.bytes() + moments.bytes(),
  }
}

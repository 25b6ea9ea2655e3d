import type { Pipeline } from '../../../contract/http/pipeline.ts'
import { type Known, unknown } from './known.ts'

/** Where every received reading is: `received = stored + duplicates + rejected + waiting`. */
export interface Balance {
  received: number
  stored: number
  duplicates: number
  rejected: number
  waiting: number
  /** What the right side lacks; 0 when it adds up. */
  missing: number
}

/** Unknown until ingest has told its counters to the server. */
export function balanceOf(pipeline: Pipeline): Known<Balance> {
  const { received, stored, duplicates, waiting } = pipeline
  if (received === null || stored === null || duplicates === null || waiting === null) return unknown
  const rejected = Object.values(pipeline.rejected ?? {}).reduce((sum, n) => sum + n, 0)
  return {
    received,
    stored,
    duplicates,
    rejected,
    waiting,
    missing: received - stored - duplicates - rejected - waiting,
  }
}

/** Age of the oldest reading that is not in the store, s. */
export function lagSeconds({ lagMs }: Pick<Pipeline, 'lagMs'>): Known<number> {
  return lagMs === null ? unknown : lagMs / 1000
}

/** One figure of it. */
export function termOf(balance: Known<Balance>, term: keyof Balance): Known<number> {
  return balance === unknown ? unknown : balance[term]
}

import type { Pipeline } from '../../../contract/http/pipeline.ts'

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

export function balanceOf(pipeline: Pipeline): Balance {
  const rejected = Object.values(pipeline.rejected).reduce((sum, n) => sum + n, 0)
  const { received, stored, duplicates, waiting } = pipeline
  return {
    received,
    stored,
    duplicates,
    rejected,
    waiting,
    missing: received - stored - duplicates - rejected - waiting,
  }
}

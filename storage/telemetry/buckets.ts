import type { Aggregation } from '../../contract/metrics.ts'
import type { Point } from '../../contract/ports/telemetry.ts'

interface Bucket {
  ms: number
  n: number
  sum: number
  min: number
  max: number
  last: number
}

/**
 * Joins points, given in order of time, into buckets that begin at multiples of `everyMs` since 1970 UTC, as
 * `GROUP BY time()` does. Empty buckets are left out. `most` is how many there may be of all metrics together.
 */
export function createBuckets(everyMs: number, aggregate: Aggregation, most: number) {
  const series = new Map<string, Bucket[]>()
  let [made, lastMs] = [0, Number.NEGATIVE_INFINITY]

  function bucketOf(metric: string, ms: number): Bucket {
    const list = series.get(metric) ?? []
    if (list.length === 0) series.set(metric, list)
    const start = Math.floor(ms / everyMs) * everyMs
    const last = list.at(-1)
    if (last?.ms === start) return last
    const bucket = { ms: start, n: 0, sum: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, last: 0 }
    list.push(bucket)
    made += 1
    lastMs = start
    return bucket
  }

  return {
    add(metric: string, ms: number, value: number): void {
      const bucket = bucketOf(metric, ms)
      bucket.n += 1
      bucket.sum += value
      if (value < bucket.min) bucket.min = value
      if (value > bucket.max) bucket.max = value
      bucket.last = value
    },
    /** Where the bucket of this moment begins, if it is one too many: what began before it stays whole. */
    fullAt(ms: number): number | undefined {
      const start = Math.floor(ms / everyMs) * everyMs
      return made >= most && start > lastMs ? start : undefined
    },
    points(): Record<string, Point[]> {
      const points: Record<string, Point[]> = {}
      for (const [metric, list] of series) {
        points[metric] = list.map((bucket): Point => [bucket.ms, read(bucket, aggregate)])
      }
      return points
    },
  }
}

function read(bucket: Bucket, aggregate: Aggregation): number {
  switch (aggregate) {
    case 'mean':
      return bucket.sum / bucket.n
    case 'count':
      return bucket.n
    case 'min':
    case 'max':
    case 'sum':
    case 'last':
      return bucket[aggregate]
  }
}

/** Token buckets by key (as in RFC 2697, one rate each), within a bound of keys. */
export interface TokenBuckets {
  /** Filled up to now. Who takes from it changes `tokens`; below 0 it is in debt. */
  of(key: string): Bucket
  size(): number
}

export interface Bucket {
  tokens: number
  atMs: number
}

export interface TokenBucketsParts {
  perS: number
  burst: number
  /** Keys that are remembered; past it the one that was quiet longest goes, and begins with a full bucket again. */
  most: number
  now: () => number
}

export function createTokenBuckets({ perS, burst, most, now }: TokenBucketsParts): TokenBuckets {
  /** In the order in which they were asked for last. */
  const buckets = new Map<string, Bucket>()
  return {
    of(key) {
      const nowMs = now()
      const kept = buckets.get(key) ?? { tokens: burst, atMs: nowMs }
      const gained = (Math.max(0, nowMs - kept.atMs) * perS) / 1000
      const bucket = { tokens: Math.min(burst, kept.tokens + gained), atMs: nowMs }
      keepNewest(buckets, { key, value: bucket, most })
      return bucket
    },
    size: () => buckets.size,
  }
}

/** Puts an entry last; of more than `most` the first goes. */
export function keepNewest<T>(
  kept: Map<string, T>,
  { key, value, most }: { key: string; value: T; most: number },
): void {
  kept.delete(key)
  kept.set(key, value)
  if (kept.size <= most) return
  for (const oldest of kept.keys()) {
    kept.delete(oldest)
    break
  }
}

import type { CityBucket } from '../../contract/ports/telemetry.ts'

const readingsIn = (buckets: readonly CityBucket[]) => buckets.reduce((sum, { n }) => sum + n, 0)
const inOrder = (a: CityBucket, b: CityBucket) => a.ms - b.ms || (a.areaCode ?? '').localeCompare(b.areaCode ?? '')

/** Of each moment what the engine says that holds more readings of it. */
export function joinFuller(here: readonly CityBucket[], there: readonly CityBucket[]): CityBucket[] {
  const [ours, theirs] = [here, there].map((buckets) => Map.groupBy(buckets, ({ ms }) => ms))
  return [...new Set([...here, ...there].map(({ ms }) => ms))]
    .flatMap((ms) => {
      const [one, other] = [ours?.get(ms) ?? [], theirs?.get(ms) ?? []]
      return readingsIn(one) > readingsIn(other) ? one : other
    })
    .sort(inOrder)
}

/** Sums of spans that follow one another; a bucket that has a part in both becomes one. */
export function joinCityHalves(earlier: readonly CityBucket[], later: readonly CityBucket[]): CityBucket[] {
  const keyOf = ({ ms, areaCode }: CityBucket) => `${ms} ${areaCode ?? ''}`
  const joined = new Map(earlier.map((bucket) => [keyOf(bucket), bucket]))
  for (const bucket of later) {
    const known = joined.get(keyOf(bucket))
    joined.set(keyOf(bucket), known === undefined ? bucket : sumOf(known, bucket))
  }
  return [...joined.values()].sort(inOrder)
}

function sumOf(one: CityBucket, other: CityBucket): CityBucket {
  return {
    ...one,
    n: one.n + other.n,
    sum: one.sum + other.sum,
    min: Math.min(one.min, other.min),
    max: Math.max(one.max, other.max),
  }
}

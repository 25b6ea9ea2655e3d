import { type Aggregation, findMetric } from '../../contract/metrics.ts'
import {
  maxRangePoints,
  type RangeQuery,
  type RangeResult,
  type TelemetryReader,
} from '../../contract/ports/telemetry.ts'

type Query = RangeQuery & { everyMs: number }

/** How a metric joins in a bucket when nobody says how; one outside the dictionary is taken for a gauge. */
function aggregateOf(name: string): Aggregation {
  return findMetric(name)?.aggregate ?? 'mean'
}

/**
 * Buckets, each metric joined as the dictionary says: a mean of a counter, of a direction or of a switch is no
 * measurement. Which metrics there are, and where an answer of all of them ends, is known from their means.
 */
export async function rangeByDictionary(history: TelemetryReader, query: Query): Promise<RangeResult> {
  if (query.metrics !== undefined) return named(history, query, query.metrics)
  const means = await history.range({ ...query, aggregate: 'mean' })
  const names = Object.keys(means.metrics)
  const others = names.filter((name) => aggregateOf(name) !== 'mean')
  const metrics = Object.entries(means.metrics).filter(([name]) => aggregateOf(name) === 'mean')
  const rest = await askEach(history, { ...query, toMs: means.nextFromMs ?? query.toMs }, others)
  return joined(names, [{ ...means, metrics: Object.fromEntries(metrics) }, ...rest])
}

/** As many buckets as there is room for with a point of each metric. */
async function named(history: TelemetryReader, query: Query, names: readonly string[]): Promise<RangeResult> {
  const { fromMs, everyMs } = query
  const endMs = (Math.floor(fromMs / everyMs) + Math.floor(maxRangePoints / Math.max(1, names.length))) * everyMs
  if (endMs >= query.toMs) return joined(names, await askEach(history, query, names))
  const answer = joined(names, await askEach(history, { ...query, toMs: endMs }, names))
  return { ...answer, nextFromMs: answer.nextFromMs ?? endMs }
}

function askEach(history: TelemetryReader, query: Query, names: readonly string[]): Promise<RangeResult[]> {
  const groups = [...Map.groupBy(names, aggregateOf)]
  return Promise.all(groups.map(([aggregate, metrics]) => history.range({ ...query, aggregate, metrics })))
}

/** One answer out of those of single aggregations; metrics stand in the order that was asked for. */
function joined(names: readonly string[], parts: readonly RangeResult[]): RangeResult {
  const [first = { engine: 'sqlite', metrics: {}, positions: [] } satisfies RangeResult] = parts
  const all = new Map(parts.flatMap(({ metrics }) => Object.entries(metrics)))
  const nextFromMs = Math.min(...parts.map((part) => part.nextFromMs ?? Number.POSITIVE_INFINITY))
  const isCut = nextFromMs !== Number.POSITIVE_INFINITY
  const found = names.flatMap((name) => {
    const whole = all.get(name) ?? []
    const points = isCut ? whole.filter(([ms]) => ms < nextFromMs) : whole
    return points.length === 0 ? [] : [[name, points] as const]
  })
  return {
    ...first,
    engine: engineOf(parts, first),
    metrics: Object.fromEntries(found),
    ...(isCut && { nextFromMs }),
  }
}

/** The one that names two, where any part has two; a part that nothing came of says nothing. */
function engineOf(parts: readonly RangeResult[], first: RangeResult): RangeResult['engine'] {
  const telling = parts.filter(({ metrics }) => Object.keys(metrics).length > 0)
  const engines = new Set(telling.map(({ engine }) => engine))
  const [only = first.engine] = engines
  if (engines.size <= 1) return only
  const both = [...engines].find((engine) => engine.includes('+'))
  return both ?? (engines.has('influx1') ? 'sqlite+influx1' : 'sqlite+influx2')
}

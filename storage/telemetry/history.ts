import type {
  CityQuery,
  ManualQuery,
  ManualReading,
  MissingSpan,
  RangeQuery,
  RangeResult,
  TelemetryReader,
} from '../../contract/ports/telemetry.ts'
import { dayMs } from '../../contract/time.ts'
import type { StoreCoverage } from './coverage.ts'
import { joinCityHalves, joinFuller } from './history-city.ts'
import { append, chooseFuller, cutAt, emptyRange, joinHalves, joinSameSpan, rowsOf } from './history-join.ts'
import { createPatientReader, type Read } from './patient-reader.ts'

export interface HistoryParts {
  configured: TelemetryReader | undefined
  /** The embedded engine, and what its books say of both. */
  local: TelemetryReader & { coverage(): Promise<StoreCoverage> }
  /** A clock that nobody sets, ms. */
  now?: () => number
}

/**
 * Reads both engines, so that an answer never says less than the embedded one holds. From the moment on from which that
 * one is whole it is right, and the configured one answers where it says the same: it may lack what was there before
 * it was configured, what waits, what it refused, what somebody took out of it. Before that moment the configured one is
 * right, unless it holds fewer readings of a bucket. What neither can have in full is said in `missing`.
 */
export function createHistory({ configured, local, now = () => performance.now() }: HistoryParts): TelemetryReader {
  const { ask, askIfQuick } = createPatientReader(configured, now)

  /** Of a span that the embedded engine has whole. */
  async function whole(query: RangeQuery): Promise<RangeResult> {
    const [here, there] = await Promise.all([local.range(query), askIfQuick((reader) => reader.range(query))])
    return there === undefined ? here : joinSameSpan(here, there, query.limit)
  }

  /** Of a span of which the embedded engine has let something go; `asked` is told whether the other one was there. */
  async function older(query: RangeQuery, asked: { up: boolean }): Promise<RangeResult> {
    const counting: RangeQuery = { ...query, aggregate: 'count' }
    const read: Read<[RangeResult, RangeResult]> = (reader) =>
      Promise.all([reader.range(query), query.everyMs === undefined ? emptyRange('sqlite') : reader.range(counting)])
    const [[values, counts], there] = await Promise.all([read(local), ask(read)])
    asked.up &&= there !== undefined
    if (there === undefined) return values
    if (query.everyMs === undefined) return joinSameSpan(values, there[0], query.limit)
    return chooseFuller({ values, counts }, { values: there[0], counts: there[1] })
  }

  /** The bucket in which the embedded engine begins to be whole. */
  async function straddling(query: RangeQuery, atMs: number, asked: { up: boolean }): Promise<RangeResult> {
    const { aggregate = 'mean', everyMs = 1 } = query
    const parts = aggregate === 'mean' ? (['sum', 'count'] as const) : [aggregate]
    const halves = await Promise.all(
      parts.map(async (part) => ({
        earlier: await older({ ...query, toMs: atMs, aggregate: part }, asked),
        later: await whole({ ...query, fromMs: atMs, aggregate: part }),
      })),
    )
    return joinHalves(aggregate, halves, bucketStart(atMs, everyMs))
  }

  async function buckets(query: RangeQuery, atMs: number, asked: { up: boolean }): Promise<RangeResult> {
    const { fromMs, toMs, everyMs = 1 } = query
    const [startMs, endMs] = [bucketStart(atMs, everyMs), Math.ceil(atMs / everyMs) * everyMs]
    const spans = [
      { fromMs, toMs: Math.min(toMs, startMs), read: (part: RangeQuery) => older(part, asked) },
      {
        fromMs: Math.max(fromMs, startMs),
        toMs: Math.min(toMs, endMs),
        read: (part: RangeQuery) => straddling(part, atMs, asked),
      },
      { fromMs: Math.max(fromMs, endMs), toMs, read: whole },
    ]
    let answer = emptyRange('sqlite')
    for (const { read, ...span } of spans) {
      if (span.fromMs >= span.toMs || answer.nextFromMs !== undefined) continue
      answer = cutAt(append(answer, await read({ ...query, ...span })), Number.POSITIVE_INFINITY)
    }
    return answer
  }

  async function points(query: RangeQuery, atMs: number, asked: { up: boolean }): Promise<RangeResult> {
    const earlier = await older({ ...query, toMs: atMs }, asked)
    if (earlier.nextFromMs !== undefined) return earlier
    const room = query.limit - rowsOf(earlier).length
    if (room <= 0) return { ...earlier, nextFromMs: atMs }
    return cutAt(append(earlier, await whole({ ...query, fromMs: atMs, limit: room })), query.limit)
  }

  async function range(query: RangeQuery): Promise<RangeResult> {
    const coverage = await local.coverage()
    const { wholeFromMs } = coverage
    if (wholeFromMs === null || query.fromMs >= wholeFromMs) return whole(query)
    const asked = { up: configured !== undefined }
    const read = query.everyMs === undefined ? points : buckets
    const answer = query.toMs <= wholeFromMs ? await older(query, asked) : await read(query, wholeFromMs, asked)
    const span = { fromMs: query.fromMs, toMs: Math.min(answer.nextFromMs ?? query.toMs, wholeFromMs) }
    const missing = missingOf(span, { ...coverage, forwardedFromMs: configured && coverage.forwardedFromMs }, asked.up)
    return missing.length === 0 ? answer : { ...answer, missing }
  }

  /** The embedded engine keeps them as long as readings; the configured one is asked for what that one has let go. */
  async function manual(query: ManualQuery): Promise<ManualReading[]> {
    const [{ wholeFromMs }, here] = await Promise.all([local.coverage(), local.manual(query)])
    if (wholeFromMs === null || query.fromMs >= wholeFromMs) return here
    const older = { ...query, toMs: Math.min(query.toMs, wholeFromMs) }
    const there = (await ask((reader) => reader.manual(older))) ?? []
    const known = new Set(here.map(({ atMs }) => atMs))
    return [...there.filter(({ atMs }) => !known.has(atMs)), ...here].sort((one, other) => one.atMs - other.atMs)
  }

  return {
    engine: configured?.engine ?? local.engine,
    manual,
    range,
    async city(query) {
      const { wholeFromMs } = await local.coverage()
      if (wholeFromMs === null || query.fromMs >= wholeFromMs) return local.city(query)
      const atMs = Math.min(query.toMs, wholeFromMs)
      const before: CityQuery = { ...query, toMs: atMs }
      const [here, there, later] = await Promise.all([
        local.city(before),
        ask((reader) => reader.city(before)),
        atMs < query.toMs ? local.city({ ...query, fromMs: atMs }) : [],
      ])
      return joinCityHalves(joinFuller(here, there ?? []), later)
    },
    // The newest reading of each device is asked where it is quickest, whatever the engine.
    latest: () => local.latest(),
  }
}

function bucketStart(ms: number, everyMs: number): number {
  return Math.floor(ms / everyMs) * everyMs
}

/** What nobody has in full of a span that the embedded engine has let go. */
function missingOf(
  { fromMs, toMs }: { fromMs: number; toMs: number },
  { forwardedFromMs, gapDays }: { forwardedFromMs: number | null | undefined; gapDays: readonly number[] },
  isUp: boolean,
): MissingSpan[] {
  if (fromMs >= toMs) return []
  const sinceMs = Math.min(toMs, forwardedFromMs ?? toMs)
  const missing: MissingSpan[] = []
  if (fromMs < sinceMs) missing.push({ fromMs, toMs: sinceMs, reason: 'let-go' })
  const restFromMs = Math.max(fromMs, sinceMs)
  if (restFromMs >= toMs) return missing
  if (!isUp) return [...missing, { fromMs: restFromMs, toMs, reason: 'store-down' }]
  for (const day of gapDays) {
    const [gapFromMs, gapToMs] = [Math.max(day, restFromMs), Math.min(day + dayMs, toMs)]
    if (gapFromMs < gapToMs) missing.push({ fromMs: gapFromMs, toMs: gapToMs, reason: 'not-forwarded' })
  }
  return missing
}

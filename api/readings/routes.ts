import type { z } from 'zod'
import { abilities, isAble } from '../../contract/abilities.ts'
import { type Readings, readingsQuerySchema, readingsSchema } from '../../contract/http/readings.ts'
import { Refusal } from '../../contract/http/refusal.ts'
import { metricNamePattern } from '../../contract/metrics.ts'
import {
  type ManualReading,
  maxRangePoints,
  type RangeQuery,
  type RangeResult,
  type TelemetryReader,
} from '../../contract/ports/telemetry.ts'
import { dayMs, hourMs, iso, minuteMs } from '../../contract/time.ts'
import type { CityTime } from '../../domain/city-time.ts'
import type { CoalescingAudit } from '../../storage/registry/audit/coalesce.ts'
import { deviceParams, requireDevice } from '../devices/routes.ts'
import { createAnswerRoom } from '../http/answer-room.ts'
import { spanOf } from '../http/instant.ts'
import { defineRoute, type Route, v1 } from '../http/route.ts'
import type { City } from '../live/city.ts'
import { rangeByDictionary } from './aggregate.ts'
import { readingsCsv } from './csv.ts'

export interface ReadingRouteParts {
  city: City
  history: TelemetryReader
  often: CoalescingAudit
  cityTime: CityTime
  now: () => number
}

type ReadingsQuery = z.output<typeof readingsQuerySchema>

/** Raw points, or buckets, of one call. */
const maxRows = 50_000
const maxMetrics = 32
/** More than most devices have. */
const defaultMetrics = 16
/** Of all answers that are being made or read: some 170 bytes each, while a process may have 384 MB. */
const maxPointsAtOnce = 2.5 * maxRangePoints
/** What one reading by hand weighs against a point. */
const pointsOfManual = 4
/** A chart has less. */
const largePoints = maxRangePoints / 8
const finestLookMs = 10_000
/** Of the widest wall, px. */
const maxLookBuckets = 7680

export function readingRoutes({ city, history, often, cityTime, now }: ReadingRouteParts): Route[] {
  const room = createAnswerRoom({ most: maxPointsAtOnce, large: largePoints })
  return [
    defineRoute({
      method: 'get',
      path: `${v1}/devices/{id}/readings`,
      tag: 'readings',
      summary:
        'History of one device, raw or in time buckets; also as CSV, with the time of the city in the column local_time',
      access: abilities.view,
      input: { params: deviceParams, query: readingsQuerySchema },
      answer: readingsSchema,
      other: { type: 'text/csv', name: 'csv', encode: (readings, request) => readingsCsv(readings, request, cityTime) },
      refusals: ['unknown-device', 'invalid-range', 'store-down', 'not-acceptable', 'busy'],
      async handle({ params, query }, { caller, request, response }) {
        const { id, profile } = requireDevice(city, params.id)
        const range = rangeOf(query, now())
        const place = await room.take(caller().actor, maxPointsOf(range))
        response.once('close', place.leave)
        if (response.destroyed) place.leave()
        const [result, manual] = await Promise.all([
          read(history, { deviceId: id, profile, ...range, limit: maxRows }),
          history.manual({ deviceId: id, fromMs: range.fromMs, toMs: range.toMs }),
        ]).catch((error) => {
          place.leave()
          throw error
        })
        place.shrink(pointsOf(result) + manual.length * pointsOfManual)
        const format =
          query.format ?? (request.accepts(['application/json', 'text/csv']) === 'text/csv' ? 'csv' : 'json')
        if (format === 'csv' || !isLook(range))
          await often.note(caller().actor, { action: 'readings.exported', target: id, detail: { format } })
        const named = isAble(caller().role, 'console')
        return readingsOf({
          id,
          range,
          result,
          every: query.every ?? null,
          manual: toldManual(manual, { range, result, named }),
        })
      },
    }),
  ]
}

/** What nobody says how to join is joined as the dictionary says. */
function read(history: TelemetryReader, query: RangeQuery): Promise<RangeResult> {
  const { everyMs, aggregate } = query
  return everyMs === undefined || aggregate !== undefined
    ? history.range(query)
    : rangeByDictionary(history, { ...query, everyMs })
}

/** As far as one can tell before it is read. */
function maxPointsOf({ fromMs, toMs, everyMs, metrics }: Range): number {
  const rows = everyMs === undefined ? maxRows : Math.ceil((toMs - fromMs) / everyMs) + 1
  return Math.min(maxRangePoints, rows * (metrics?.length ?? defaultMetrics))
}

function pointsOf({ metrics, positions }: RangeResult): number {
  return Object.values(metrics).reduce((sum, points) => sum + points.length, positions.length)
}

type Range = Omit<RangeQuery, 'deviceId' | 'profile' | 'limit'>

function rangeOf(query: ReadingsQuery, nowMs: number): Range {
  const { fromMs, toMs } = spanOf(query, { nowMs, defaultMs: dayMs })
  const everyMs = query.every === undefined ? undefined : bucketMs(query.every)
  if (everyMs === undefined && query.aggregate !== undefined) {
    throw new Refusal('invalid-range', '"aggregate" needs "every".')
  }
  if (everyMs !== undefined && (toMs - fromMs) / everyMs > maxRows) {
    throw new Refusal('invalid-range', `That is more than ${maxRows} buckets: take a wider "every" or a shorter time.`)
  }
  return {
    fromMs,
    toMs,
    ...(everyMs !== undefined && { everyMs }),
    ...(query.aggregate !== undefined && { aggregate: query.aggregate }),
    ...(query.metrics !== undefined && { metrics: metricNames(query.metrics) }),
  }
}

/** What a chart draws: sums of at least 10 s each, one a pixel. Whatever is finer, or more, can be taken away and is noted. */
function isLook({ fromMs, toMs, everyMs = 0 }: Range): boolean {
  return everyMs >= finestLookMs && (toMs - fromMs) / everyMs <= maxLookBuckets
}

const unitMs: Record<string, number> = { s: 1000, m: minuteMs, h: hourMs, d: dayMs }

function bucketMs(every: string): number {
  const ms = Number.parseInt(every, 10) * (unitMs[every.slice(-1)] ?? 0)
  if (ms === 0) throw new Refusal('invalid-range', '"every" must be more than nothing.')
  return ms
}

function metricNames(list: string): string[] {
  const names = [...new Set(list.split(',').map((name) => name.trim()))]
  const wrong = names.find((name) => !metricNamePattern.test(name))
  if (wrong !== undefined) throw new Refusal('bad-request', `"${wrong}" is no name of a metric.`)
  if (names.length > maxMetrics) throw new Refusal('bad-request', `At most ${maxMetrics} metrics at once.`)
  return names
}

type ToldManual = NonNullable<Readings['manual']>

/** Those of this part of the answer, with the metrics that were asked for; who and why only where people may be named. */
function toldManual(
  manual: readonly ManualReading[],
  { range, result, named }: { range: Range; result: RangeResult; named: boolean },
): ToldManual {
  const untilMs = result.nextFromMs ?? range.toMs
  return manual.flatMap(({ atMs, role, author, note, metrics: all }) => {
    const asked = Object.entries(all).filter(([name]) => range.metrics?.includes(name) ?? true)
    if (asked.length === 0 || atMs >= untilMs) return []
    const told = { at: iso(atMs), role, metrics: Object.fromEntries(asked) }
    return [named ? { ...told, author, ...(note !== null && { note }) } : told]
  })
}

function readingsOf(found: {
  id: string
  range: Range
  result: RangeResult
  every: string | null
  manual: ToldManual
}): Readings {
  const { range, result, manual } = found
  return {
    deviceId: found.id,
    from: iso(range.fromMs),
    to: iso(range.toMs),
    every: found.every,
    engine: result.engine,
    metrics: result.metrics,
    ...(result.positions.length > 0 && { positions: result.positions }),
    ...(manual.length > 0 && { manual }),
    ...(result.nextFromMs !== undefined && { nextFrom: iso(result.nextFromMs) }),
    ...(result.missing !== undefined && {
      incomplete: result.missing.map(({ fromMs, toMs, reason }) => ({
        from: iso(fromMs),
        to: iso(toMs),
        reason,
      })),
    }),
  }
}

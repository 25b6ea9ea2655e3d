import type { Readings } from '../../../contract/http/readings.ts'
import { type Aggregation, findMetric } from '../../../contract/metrics.ts'
import { answer } from './answers.ts'
import type { HttpClient } from './http-client.ts'

/** One metric over a time, as a chart draws it: mean with the lowest and highest of each bucket, `null` in gaps. */
export interface Band {
  /** s since 1970, as uPlot counts. */
  times: number[]
  mean: (number | null)[]
  min: (number | null)[]
  max: (number | null)[]
  /** Times without data, ms. */
  gaps: { fromMs: number; toMs: number }[]
}

export interface History {
  fromMs: number
  toMs: number
  everyMs: number
  engine: string
  bands: Map<string, Band>
  /** Readings by hand, oldest first; they are in no band. */
  manual: ManualPoint[]
}

export type ManualPoint = NonNullable<Readings['manual']>[number]

/** Where something was, oldest first. */
export type PastWay = readonly { atMs: number; lat: number; lon: number }[]

const steps: readonly (readonly [ms: number, every: string])[] = [
  [10_000, '10s'],
  [30_000, '30s'],
  [60_000, '1m'],
  [120_000, '2m'],
  [300_000, '5m'],
  [600_000, '10m'],
  [900_000, '15m'],
  [1_800_000, '30m'],
  [3_600_000, '1h'],
]
const longest = [3_600_000, '1h'] as const

/** A bucket for each pixel at most, and none shorter than the device's interval. */
export function chooseEvery(spanMs: number, widthPx: number, expectedMs: number): readonly [ms: number, every: string] {
  const least = Math.max(spanMs / Math.max(1, widthPx), expectedMs)
  return steps.find(([ms]) => ms >= least) ?? longest
}

/** A chart must not join points that are further apart than this. */
export function gapAfterMs(expectedMs: number, everyMs: number): number {
  return 2 * Math.max(expectedMs, everyMs)
}

type Points = readonly (readonly [ms: number, value: number])[]

/** Joins the three curves of a metric and breaks them where nothing was heard. */
export function joinBand(options: {
  mean: Points
  min: Points
  max: Points
  fromMs: number
  toMs: number
  gapMs: number
}): Band {
  const band: Band = { times: [], mean: [], min: [], max: [], gaps: [] }
  const lows = new Map(options.min)
  const highs = new Map(options.max)
  const breakAt = (fromMs: number, toMs: number) => {
    if (toMs - fromMs <= options.gapMs) return
    band.gaps.push({ fromMs, toMs })
    band.times.push((fromMs + toMs) / 2000)
    for (const line of [band.mean, band.min, band.max]) line.push(null)
  }
  let last = options.fromMs
  for (const [ms, value] of options.mean) {
    breakAt(last, ms)
    band.times.push(ms / 1000)
    band.mean.push(value)
    band.min.push(lows.get(ms) ?? value)
    band.max.push(highs.get(ms) ?? value)
    last = ms
  }
  breakAt(last, options.toMs)
  return band
}

/**
 * Drawn as one line, joined as the dictionary says: a mean of headings, of switches or of a counter says nothing, and beside
 * a sum there are no lowest and highest.
 */
function isSingle(name: string): boolean {
  const metric = findMetric(name)
  return metric !== undefined && (metric.type === 'counter' || ['last', 'sum', 'count'].includes(metric.aggregate))
}

/** Of a chart as wide as the widest wall: three hundred metrics. */
const maxChartPages = 6

/** One answer; of many metrics at a wide chart it comes in pages. */
async function allPages(rest: HttpClient, deviceId: string, asked: Record<string, string>): Promise<Readings> {
  const ask = (from: Record<string, string>): Promise<Readings> =>
    rest.get(`/api/v1/devices/${deviceId}/readings?${new URLSearchParams({ ...asked, ...from })}`, answer('readings'))
  const whole = await ask({})
  let from = whole.nextFrom
  for (let pages = 1; from !== undefined && pages < maxChartPages; pages += 1) {
    const page = await ask({ from })
    for (const [name, points] of Object.entries(page.metrics)) {
      whole.metrics[name] = [...(whole.metrics[name] ?? []), ...points]
    }
    if (page.manual !== undefined) whole.manual = [...(whole.manual ?? []), ...page.manual]
    from = page.nextFrom
  }
  return whole
}

/** The last hours of one device, as finely as a chart of this width can show. */
export async function loadHistory(
  rest: HttpClient,
  options: {
    deviceId: string
    metrics: readonly string[]
    expectedMs: number
    nowMs: number
    spanMs: number
    widthPx: number
  },
): Promise<History> {
  const toMs = Math.floor(options.nowMs)
  const fromMs = toMs - options.spanMs
  const [everyMs, every] = chooseEvery(options.spanMs, options.widthPx, options.expectedMs)
  const single = Map.groupBy(options.metrics.filter(isSingle), (name) => findMetric(name)?.aggregate ?? 'last')
  const ask = (aggregate: Aggregation, names?: readonly string[]) =>
    allPages(rest, options.deviceId, {
      from: String(fromMs),
      to: String(toMs),
      every,
      aggregate,
      ...(names !== undefined && { metrics: names.join(',') }),
    })
  const singles = Promise.all([...single].map(([aggregate, names]) => ask(aggregate, names)))
  const [mean, min, max, lines] = await Promise.all([ask('mean'), ask('min'), ask('max'), singles])
  const lineOf = new Map(lines.flatMap(({ metrics }) => Object.entries(metrics)))
  const gapMs = gapAfterMs(options.expectedMs, everyMs)
  const bands = new Map<string, Band>()
  for (const [name, points] of Object.entries(mean.metrics)) {
    const curves = isSingle(name)
      ? { mean: lineOf.get(name) ?? [], min: [], max: [] }
      : { mean: points, min: min.metrics[name] ?? [], max: max.metrics[name] ?? [] }
    bands.set(name, joinBand({ ...curves, fromMs, toMs, gapMs }))
  }
  const { manual = [] } = mean
  for (const name of manual.flatMap(({ metrics }) => Object.keys(metrics))) {
    if (!bands.has(name)) bands.set(name, joinBand({ mean: [], min: [], max: [], fromMs, toMs, gapMs }))
  }
  return { fromMs, toMs, everyMs, engine: mean.engine, bands, manual }
}

/** Of a way: as many as a day of readings twice a second has. */
const maxPages = 4

/** The way of a mover over the last hours. Positions come only with the readings as they were sent, so one metric is asked along. */
export async function loadWay(
  rest: HttpClient,
  options: { deviceId: string; metric: string; nowMs: number; spanMs: number },
): Promise<PastWay> {
  const toMs = Math.floor(options.nowMs)
  const way: { atMs: number; lat: number; lon: number }[] = []
  let from: string | undefined = String(toMs - options.spanMs)
  for (let page = 0; from !== undefined && page < maxPages; page += 1) {
    const query = new URLSearchParams({ from, to: String(toMs), metrics: options.metric })
    const readings: Readings = await rest.get(
      `/api/v1/devices/${options.deviceId}/readings?${query}`,
      answer('readings'),
    )
    for (const [atMs, lat, lon] of readings.positions ?? []) way.push({ atMs, lat, lon })
    from = readings.nextFrom
  }
  return way
}

/** Values of one metric that persons read by eye, for a chart; with the author, or `unnamed` where nobody may be named. */
export function marksOf(
  { manual }: Pick<History, 'manual'>,
  metric: string,
  unnamed: string,
): { atMs: number; value: number; name: string }[] {
  return manual.flatMap(({ at, author = unnamed, metrics }) => {
    const value = Object.hasOwn(metrics, metric) ? metrics[metric] : undefined
    return value === undefined ? [] : [{ atMs: Date.parse(at), value, name: author }]
  })
}

import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { aggregations } from '../../../contract/metrics.ts'
import {
  type CityBucket,
  type RangeQuery,
  type RangeResult,
  type StoredReading,
  StoreUnavailableError,
  type TelemetryReader,
  type TelemetryStore,
} from '../../../contract/ports/telemetry.ts'
import type { StoreCoverage } from '../../../storage/telemetry/coverage.ts'
import { createHistory } from '../../../storage/telemetry/history.ts'
import { openInflux1 } from '../../../storage/telemetry/influx/influx1.ts'
import { openSqliteStore } from '../../../storage/telemetry/sqlite/sqlite.ts'
import { missingProgram } from '../../support/influx/influx-process.ts'
import { gaugeRange, gaugeReading } from '../../support/influx/influx-readings.ts'
import { startInfluxd } from '../../support/influx/influxd.ts'
import { tempDir } from '../../support/system/temp-dir.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
/** The embedded store is whole from here on, where a test says so. */
const wholeMs = Date.UTC(2025, 5, 15)
const everything: StoreCoverage = { wholeFromMs: null, forwardedFromMs: null, gapDays: [] }
const whole: RangeQuery = { ...gaugeRange, fromMs: wholeMs - 10 * dayMs, toMs: wholeMs + 10 * dayMs }

function embedded(): TelemetryStore {
  const store = openSqliteStore({ path: join(tempDir(), 'hot.db') })
  onTestFinished(() => store.close())
  return store
}

/** An embedded store that stands for InfluxDB: it passes the same conformance tests. */
function standIn(): TelemetryStore {
  const store = embedded()
  const labelled = async (query: RangeQuery): Promise<RangeResult> => ({
    ...(await store.range(query)),
    engine: 'influx1',
  })
  return { ...store, engine: 'influx1', range: labelled }
}

function historyOf(parts: {
  local: TelemetryReader
  configured?: TelemetryReader | undefined
  coverage?: Partial<StoreCoverage>
  now?: () => number
}) {
  const { local, configured, coverage, now } = parts
  return createHistory({
    configured,
    local: { ...local, coverage: async () => ({ ...everything, ...coverage }) },
    ...(now !== undefined && { now }),
  })
}

const at = (tsMs: number, level: number) => gaugeReading({ tsMs, metrics: { water_level_m: level } })
const down: Pick<TelemetryReader, 'range' | 'city'> = {
  range: () => Promise.reject(new StoreUnavailableError('away')),
  city: () => Promise.reject(new StoreUnavailableError('away')),
}

describe('where the embedded store is whole', () => {
  const points = [at(wholeMs, 1), at(wholeMs + minuteMs, 2), at(wholeMs + 2 * minuteMs, 4)]

  test.each<[string, StoredReading[], RangeResult['engine']]>([
    ['emptied behind our back', [], 'sqlite'],
    ['of which somebody deleted the middle', points.toSpliced(1, 1), 'sqlite'],
    ['that was configured after the first', points.slice(1), 'sqlite'],
    ['that is not filled up yet', points.slice(0, 1), 'sqlite'],
    ['with an older value of a moment', [...points.slice(0, 2), at(wholeMs + 2 * minuteMs, 3)], 'sqlite'],
    ['that has everything', points, 'influx1'],
    ['that has one of another system too', [...points, at(wholeMs + 9, 9)], 'influx1'],
  ])('a configured store %s takes nothing away', async (_words, held, engine) => {
    const [local, configured] = [embedded(), standIn()]
    await local.write(points)
    await configured.write(held)
    const history = historyOf({ local, configured })
    const raw = await history.range(whole)
    expect(raw.metrics.water_level_m).toEqual(expect.arrayContaining(points.map(pointOf)))
    expect(raw).toMatchObject({ engine })
    expect(raw).not.toHaveProperty('missing')
    if (held.length > points.length) return
    const hourly = { ...whole, everyMs: hourMs, aggregate: 'sum' } as const
    expect(await history.range(hourly)).toMatchObject({ engine, metrics: { water_level_m: [[wholeMs, 7]] } })
  })

  test('one that is away costs nothing, and is left alone for five seconds', async () => {
    const local = embedded()
    await local.write(points)
    let [asked, nowMs] = [0, 0]
    const configured = { ...standIn(), range: () => down.range(whole).finally(() => (asked += 1)) }
    const history = historyOf({ local, configured, now: () => nowMs })
    for (const [ms, times] of [
      [0, 1],
      [4999, 1],
      [5000, 2],
    ] as const) {
      nowMs = ms
      const answer = await history.range(whole)
      expect(answer).toMatchObject({ engine: 'sqlite', metrics: { water_level_m: points.map(pointOf) } })
      expect(asked).toBe(times)
    }
  })

  test('our clock, set back meanwhile, does not have it left alone for longer', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
    let asked = 0
    const configured = { ...standIn(), range: () => down.range(whole).finally(() => (asked += 1)) }
    const history = historyOf({ local: embedded(), configured })
    await history.range(whole)
    vi.setSystemTime(Date.now() - hourMs)
    vi.advanceTimersByTime(5001)
    await history.range(whole)
    expect(asked).toBe(2)
  })

  test('one that hangs is not waited for', async () => {
    const local = embedded()
    await local.write(points)
    const configured = { ...standIn(), range: () => new Promise<never>(() => undefined) }
    const startedMs = performance.now()
    expect(await historyOf({ local, configured }).range(whole)).toMatchObject({ engine: 'sqlite' })
    expect(performance.now() - startedMs).toBeLessThan(3000)
  })

  test('a fault of ours in it is thrown', async () => {
    const configured = { ...standIn(), range: () => Promise.reject(new RangeError('ours')) }
    await expect(historyOf({ local: embedded(), configured }).range(whole)).rejects.toThrow('ours')
  })
})

describe('before the embedded store is whole', () => {
  const coverage = { wholeFromMs: wholeMs, forwardedFromMs: wholeMs - 20 * dayMs }
  const old = [at(wholeMs - 2 * hourMs, 1), at(wholeMs - hourMs, 2)]
  const young = [at(wholeMs, 3), at(wholeMs + hourMs, 4)]

  async function both() {
    const [local, configured] = [embedded(), standIn()]
    await local.write(young)
    await configured.write(old)
    return { local, configured }
  }

  test('the configured store answers for what the embedded one let go, and the answer names both', async () => {
    const history = historyOf({ ...(await both()), coverage })
    const answer = await history.range(whole)
    expect(answer).toEqual({
      engine: 'sqlite+influx1',
      metrics: { water_level_m: [...old, ...young].map(pointOf) },
      positions: [],
    })
    expect(await history.range({ ...whole, toMs: wholeMs })).toMatchObject({ engine: 'influx1' })
  })

  test.each([
    ['has been there all the time', { ...coverage }, undefined],
    ['was configured too late', { ...coverage, forwardedFromMs: wholeMs - hourMs }, 'let-go'],
    ['is a new one', { ...coverage, forwardedFromMs: wholeMs + hourMs }, 'let-go'],
    ['refused some of that day', { ...coverage, gapDays: [wholeMs - dayMs] }, 'not-forwarded'],
    ['refused some of another day', { ...coverage, gapDays: [wholeMs] }, undefined],
  ] as const)('says what is missing where the configured one %s', async (_words, known, reason) => {
    const history = historyOf({
      ...(await both()),
      coverage: { ...known, gapDays: [...('gapDays' in known ? known.gapDays : [])] },
    })
    const { missing } = await history.range(whole)
    expect(missing?.map((span) => span.reason)).toEqual(reason === undefined ? undefined : [reason])
    for (const span of missing ?? []) expect(span.toMs).toBeLessThanOrEqual(wholeMs)
    expect(await history.range({ ...whole, fromMs: wholeMs })).not.toHaveProperty('missing')
  })

  test('says that the configured store is down, or that there is none', async () => {
    const { local, configured } = await both()
    const asked = { fromMs: whole.fromMs, toMs: wholeMs }
    const away = await historyOf({ local, configured: { ...configured, ...down }, coverage }).range(whole)
    expect(away.missing).toEqual([{ ...asked, reason: 'store-down' }])
    expect(away.metrics.water_level_m).toEqual(young.map(pointOf))
    const alone = await historyOf({ local, coverage: { wholeFromMs: wholeMs } }).range(whole)
    expect(alone.missing).toEqual([{ ...asked, reason: 'let-go' }])
  })
})

/** Both stores and one that holds everything, filled by chance. */
interface Ground {
  all: TelemetryStore
  local: TelemetryStore
  configured: TelemetryStore
}

const areas = ['12.75.01', '12.75.02', null]
const anyReading = fc.record({
  minute: fc.integer({ min: -900, max: 900 }),
  level: fc.integer({ min: 0, max: 40 }),
  battery: fc.boolean(),
  // Who of the two lost it, where it may be lost.
  lost: fc.boolean(),
  device: fc.integer({ min: 1, max: 2 }),
})
const anyReadings = fc.uniqueArray(anyReading, {
  selector: ({ minute, device }) => `${minute} ${device}`,
  minLength: 10,
  maxLength: 60,
})
const anyQuestion = fc.record({
  fromMinute: fc.integer({ min: -1500, max: 60 }),
  minutes: fc.integer({ min: 1, max: 3000 }),
  everyMs: fc.constantFrom(undefined, minuteMs, 7 * minuteMs, hourMs, 7 * hourMs, dayMs, 5 * dayMs),
  aggregate: fc.constantFrom(...aggregations),
  limit: fc.constantFrom(3, 10, 50_000),
  only: fc.boolean(),
})

async function fill({ all, local, configured }: Ground, readings: readonly Chance[]) {
  const stored = readings.map((chance) => readingOf(chance))
  await all.write(stored)
  await local.write(stored.filter(({ tsMs }, i) => tsMs >= wholeMs || readings[i]?.lost === false))
  await configured.write(stored.filter(({ tsMs }, i) => tsMs < wholeMs || readings[i]?.lost === false))
}

type Chance = { minute: number; level: number; battery: boolean; lost: boolean; device: number }

function readingOf({ minute, level, battery, device }: Chance): StoredReading {
  return gaugeReading({
    deviceId: `gauge-${device}`,
    areaCode: areas[device] ?? null,
    tsMs: wholeMs + minute * minuteMs,
    ...(level % 3 === 0 && { lat: 3.6, lon: 98.4 + level / 1000 }),
    metrics: { water_level_m: level / 4, ...(battery && { battery_v: 3.5 }) },
  })
}

async function allPages(
  reader: TelemetryReader,
  query: RangeQuery,
): Promise<Pick<RangeResult, 'metrics' | 'positions'>> {
  const metrics: RangeResult['metrics'] = {}
  const positions: RangeResult['positions'] = []
  let fromMs: number | undefined = query.fromMs
  for (let pages = 0; fromMs !== undefined; pages += 1) {
    expect(pages).toBeLessThan(500)
    const page: RangeResult = await reader.range({ ...query, fromMs })
    for (const [name, points] of Object.entries(page.metrics)) metrics[name] = [...(metrics[name] ?? []), ...points]
    positions.push(...page.positions)
    expect(page.nextFromMs ?? Number.POSITIVE_INFINITY).toBeGreaterThan(fromMs)
    fromMs = page.nextFromMs
  }
  return { metrics, positions }
}

const rounded = (points: RangeResult['metrics']) =>
  Object.fromEntries(
    Object.entries(points).map(([name, list]) => [
      name,
      list.map(([ms, value]) => [ms, Math.round(value * 1e6) / 1e6]),
    ]),
  )
const roundedCity = (buckets: CityBucket[]) =>
  buckets.map((bucket) => ({ ...bucket, sum: Math.round(bucket.sum * 1e6) }))

/** The joined answer to any question is that of a store that never lost anything. */
async function compare(open: () => Promise<Ground>, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      anyReadings,
      fc.array(anyQuestion, { minLength: 6, maxLength: 10 }),
      async (readings, questions) => {
        const ground = await open()
        await fill(ground, readings)
        const history = historyOf({ ...ground, coverage: { wholeFromMs: wholeMs, forwardedFromMs: 0 } })
        for (const { fromMinute, minutes, everyMs, aggregate, limit, only } of questions) {
          const query: RangeQuery = {
            ...{ deviceId: 'gauge-1', profile: 'river-gauge', limit },
            fromMs: wholeMs + fromMinute * minuteMs,
            toMs: wholeMs + (fromMinute + minutes) * minuteMs,
            ...(everyMs !== undefined && { everyMs, aggregate }),
            ...(only && { metrics: ['water_level_m'] }),
          }
          const [right, joined] = [await allPages(ground.all, query), await allPages(history, query)]
          expect(rounded(joined.metrics)).toEqual(rounded(right.metrics))
          expect(joined.positions).toEqual(right.positions)
          if (everyMs === undefined) continue
          const { profile, fromMs, toMs } = query
          const city = { profile, metric: 'water_level_m', fromMs, toMs, everyMs }
          expect(roundedCity(await history.city(city))).toEqual(roundedCity(await ground.all.city(city)))
        }
      },
    ),
    { numRuns },
  )
}

test('a configured store that stands still costs one question its patience, and the next ones nothing', async () => {
  const local = embedded()
  await local.write([at(wholeMs, 1.1)])
  const stuck: TelemetryReader = { ...standIn(), range: () => new Promise(() => undefined) }
  const history = historyOf({ local, configured: stuck })
  const right = { engine: 'sqlite', metrics: { water_level_m: [[wholeMs, 1.1]] } }
  expect(await history.range(whole)).toMatchObject(right)
  const startedMs = performance.now()
  for (let n = 0; n < 5; n += 1) expect(await history.range(whole)).toMatchObject(right)
  expect(performance.now() - startedMs).toBeLessThan(1000)
})

test('whatever each of the two lacks, points, pages, buckets and sums of the city are those of the whole', async () => {
  const opened: TelemetryStore[] = []
  onTestFinished(async () => {
    for (const store of opened) await store.close()
  })
  const open = async () => {
    const own = () => openSqliteStore({ path: join(tempDir(), 'hot.db') })
    const ground = { all: own(), local: own(), configured: own() }
    opened.push(ground.all, ground.local, ground.configured)
    return ground
  }
  await compare(open, 30)
}, 60_000)

describe.skipIf(missingProgram('influxd'))('with a real influxd', () => {
  test('the same with InfluxDB as the configured store', async () => {
    const influxd = await startInfluxd()
    onTestFinished(() => influxd.close())
    let grounds = 0
    await compare(async () => {
      grounds += 1
      const configured = await openInflux1({ url: influxd.url, database: `city_${grounds}` })
      await configured.confirm(undefined)
      return { all: embedded(), local: embedded(), configured }
    }, 10)
  }, 60_000)

  test('a database that is dropped, or only its measurement, takes nothing from history', async () => {
    const influxd = await startInfluxd()
    onTestFinished(() => influxd.close())
    const local = embedded()
    const configured = await openInflux1({ url: influxd.url, database: 'binjai' })
    await configured.confirm(undefined)
    const levels = [at(wholeMs, 1.1), at(wholeMs + 1000, 1.2)]
    for (const store of [local, configured]) await store.write(levels)
    const history = historyOf({ local, configured })
    const right = { water_level_m: levels.map(pointOf) }
    expect(await history.range(whole)).toMatchObject({ engine: 'influx1', metrics: right })
    for (const [statement, database] of [
      ['DELETE FROM "river-gauge" WHERE "device" = \'gauge-1\'', 'binjai'],
      ['DROP MEASUREMENT "river-gauge"', 'binjai'],
      ['DROP DATABASE binjai', undefined],
    ] as const) {
      await influxd.query(statement, database)
      expect(await history.range(whole)).toMatchObject({ engine: 'sqlite', metrics: right })
      expect(await history.range({ ...whole, everyMs: dayMs, aggregate: 'count' })).toMatchObject({
        metrics: { water_level_m: [[wholeMs, 2]] },
      })
      await configured.confirm(undefined)
      await configured.write(levels)
      const again = historyOf({ local, configured })
      expect(await again.range(whole)).toMatchObject({ engine: 'influx1', metrics: right })
    }
  })
})

function pointOf({ tsMs, metrics }: StoredReading) {
  return [tsMs, metrics.water_level_m]
}

describe('readings by hand', () => {
  const byHand = (atMs: number, author: string) => ({
    ...({ deviceId: 'gauge-1', kind: 'sensor', profile: 'river-gauge', areaCode: null, simulated: false } as const),
    ...({ atMs, receivedAtMs: atMs, author, role: 'operator', metrics: { water_level_m: 1 }, note: null } as const),
  })
  const span = { deviceId: 'gauge-1', fromMs: wholeMs - dayMs, toMs: wholeMs + dayMs }

  async function both() {
    const [local, configured] = [embedded(), standIn()]
    const history = (manual: ReturnType<typeof byHand>[]) => ({ states: [], events: [], manual })
    await local.writeHistory?.(history([byHand(wholeMs - 1000, 'siti'), byHand(wholeMs, 'budi')]))
    const other = [byHand(wholeMs - hourMs, 'old'), byHand(wholeMs - 1000, 'other'), byHand(wholeMs + 1, 'foreign')]
    await configured.writeHistory?.(history(other))
    return { local, configured, coverage: { wholeFromMs: wholeMs } }
  }

  test('of before the embedded store is whole come from both; of one moment that one is right', async () => {
    const parts = await both()
    expect((await historyOf(parts).manual(span)).map(({ author }) => author)).toEqual(['old', 'siti', 'budi'])
    const sinceWhole = await historyOf(parts).manual({ ...span, fromMs: wholeMs })
    expect(sinceWhole.map(({ author }) => author)).toEqual(['budi'])
    const unbroken = await historyOf({ ...parts, coverage: {} }).manual(span)
    expect(unbroken.map(({ author }) => author)).toEqual(['siti', 'budi'])
  })

  test('those of the embedded store are told while the other one is away', async () => {
    const { local, configured, coverage } = await both()
    const manual = () => Promise.reject(new StoreUnavailableError('away'))
    const found = await historyOf({ local, configured: { ...configured, manual }, coverage }).manual(span)
    expect(found.map(({ author }) => author)).toEqual(['siti', 'budi'])
  })
})

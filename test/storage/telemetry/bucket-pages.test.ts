import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  maxRangePoints,
  type RangeQuery,
  type RangeResult,
  type StoredReading,
  type TelemetryReader,
} from '../../../contract/ports/telemetry.ts'
import { findProfile } from '../../../contract/profiles/index.ts'
import { createHistory } from '../../../storage/telemetry/history.ts'
import { openInflux1 } from '../../../storage/telemetry/influx/influx1.ts'
import { openSqliteStore } from '../../../storage/telemetry/sqlite/sqlite.ts'
import { missingProgram } from '../../support/influx/influx-process.ts'
import { startInfluxd } from '../../support/influx/influxd.ts'
import { morningMs } from '../../support/storage/engine-under-test.ts'
import { tempDir } from '../../support/system/temp-dir.ts'

const everyMs = 2000
const base = { kind: 'sensor', areaCode: null, simulated: false, tsSource: 'device' } as const

/** One reading a bucket, so that each bucket's sum is 1. */
function readingsOf({ profile, names, buckets }: { profile: string; names: readonly string[]; buckets: number }) {
  const metrics = Object.fromEntries(names.map((name) => [name, 1]))
  return Array.from({ length: buckets }, (_, n): StoredReading => {
    const tsMs = morningMs + n * everyMs + 3
    return { ...base, deviceId: 'd-1', profile, tsMs, receivedAtMs: tsMs, metrics }
  })
}

function queryOf(profile: string, buckets: number): RangeQuery {
  const span = { fromMs: morningMs, toMs: morningMs + buckets * everyMs, everyMs, aggregate: 'sum' as const }
  return { deviceId: 'd-1', profile, limit: 50_000, ...span }
}

const pointsIn = ({ metrics }: RangeResult) => Object.values(metrics).reduce((sum, { length }) => sum + length, 0)

/** Each page is within the bound and ends at a bucket's edge; together they are all of it, once. */
async function expectPages(store: Pick<TelemetryReader, 'range'>, query: RangeQuery, names: readonly string[]) {
  const pages: RangeResult[] = []
  for (let fromMs: number | undefined = query.fromMs; fromMs !== undefined; ) {
    const page: RangeResult = await store.range({ ...query, fromMs })
    expect(pointsIn(page)).toBeLessThan(maxRangePoints + names.length)
    expect((page.nextFromMs ?? 0) % everyMs).toBe(0)
    fromMs = page.nextFromMs
    pages.push(page)
  }
  const buckets = (query.toMs - query.fromMs) / everyMs
  const all = Array.from({ length: buckets }, (_, n) => [query.fromMs + n * everyMs, 1])
  for (const name of [names[0] ?? '', names.at(-1) ?? '']) {
    expect(pages.flatMap(({ metrics }) => metrics[name] ?? [])).toEqual(all)
  }
  return pages
}

const madeUp = Array.from({ length: 100 }, (_, n) => `made_up_${n}`)
const station = findProfile('weather-station')?.metrics ?? []
/** Buckets whose points are exactly as many as one answer may have. */
const fitting = { gauge: maxRangePoints / madeUp.length, station: Math.ceil(maxRangePoints / station.length) }

function opened() {
  let nowMs = 0
  const store = openSqliteStore({ path: join(tempDir(), 'hot.db'), sealing: { sealAfterMs: 0, now: () => nowMs } })
  onTestFinished(() => store.close())
  const seal = async () => {
    nowMs = Date.UTC(2027, 0, 1)
    await store.settle()
  }
  return { store, seal }
}

describe('buckets of many metrics come in pages that a process can hold, and the pages are all of it', () => {
  test.each([
    ['row by row', 'river-gauge', madeUp, fitting.gauge, false],
    ['out of a table', 'weather-station', station, fitting.station, false],
    ['out of a sealed file', 'weather-station', station, fitting.station, true],
  ] as const)('%s', async (_words, profile, names, most, sealed) => {
    const { store, seal } = opened()
    await store.write(readingsOf({ profile, names, buckets: most + 1 }))
    if (sealed) await seal()
    const pages = await expectPages(store, queryOf(profile, most + 1), names)
    expect(pages.map(({ nextFromMs }) => nextFromMs)).toEqual([morningMs + most * everyMs, undefined])
    expect(await store.range(queryOf(profile, most))).not.toHaveProperty('nextFromMs')
  })

  test('over midnight, and in buckets that do not fit into a day', async () => {
    const { store } = opened()
    const nightMs = Date.UTC(2026, 10, 22) - 1000 * everyMs - morningMs
    const late = readingsOf({ profile: 'river-gauge', names: madeUp, buckets: fitting.gauge + 500 })
    await store.write(late.map((reading) => ({ ...reading, tsMs: reading.tsMs + nightMs })))
    const query = queryOf('river-gauge', fitting.gauge + 500)
    const asked = { ...query, fromMs: query.fromMs + nightMs, toMs: query.toMs + nightMs }
    expect(await expectPages(store, asked, madeUp)).toHaveLength(2)
    const odd = { ...asked, everyMs: 1999 }
    const first = await store.range(odd)
    const rest = await store.range({ ...odd, fromMs: first.nextFromMs ?? 0 })
    const heard = [first, rest].flatMap(({ metrics }) => metrics.made_up_7 ?? [])
    expect(heard.reduce((sum, [, value]) => sum + value, 0)).toBe(fitting.gauge + 500)
    expect(new Set(heard.map(([ms]) => ms)).size).toBe(heard.length)
  })

  const middleMs = morningMs + 2500.5 * everyMs
  test.each([
    ['that lacks every second one', null, () => true, (_ms: number, n: number) => n % 2 === 0],
    ['that has what was let go', middleMs, (ms: number) => ms >= middleMs, (ms: number) => ms < middleMs],
    [
      'where each lacks what the other has',
      2 * middleMs,
      (_ms: number, n: number) => n % 3 !== 0,
      (_ms: number, n: number) => n % 3 === 0,
    ],
  ])('joined with a configured store %s', async (_words, wholeFromMs, isHere, isThere) => {
    const [local, configured] = [opened().store, opened().store]
    const all = readingsOf({ profile: 'river-gauge', names: madeUp, buckets: 6000 })
    await local.write(all.filter(({ tsMs }, n) => isHere(tsMs, n)))
    await configured.write(all.filter(({ tsMs }, n) => isThere(tsMs, n)))
    const coverage = async () => ({ wholeFromMs, forwardedFromMs: 0, gapDays: [] })
    const range = async (query: RangeQuery) => ({ ...(await configured.range(query)), engine: 'influx1' as const })
    const history = createHistory({
      local: { ...local, coverage },
      configured: { ...configured, engine: 'influx1', range },
    })
    expect(await expectPages(history, queryOf('river-gauge', 6000), madeUp)).toHaveLength(2)
    const { everyMs: _every, aggregate: _sum, ...raw } = queryOf('river-gauge', 6000)
    const first = await history.range(raw)
    expect(pointsIn(first)).toBeLessThan(maxRangePoints + madeUp.length)
    const rest = await history.range({ ...raw, fromMs: first.nextFromMs ?? 0 })
    const moments = [first, rest].flatMap(({ metrics }) => metrics.made_up_7 ?? []).map(([ms]) => ms)
    expect(moments).toEqual(all.map(({ tsMs }) => tsMs))
  })

  test.skipIf(missingProgram('influxd'))('out of InfluxDB, which is asked for no more at once', async () => {
    const influxd = await startInfluxd()
    onTestFinished(() => influxd.close())
    const store = await openInflux1({ url: influxd.url, database: 'city' })
    await store.confirm(undefined)
    onTestFinished(() => store.close())
    const buckets = fitting.gauge + 500
    const all = readingsOf({ profile: 'river-gauge', names: madeUp, buckets })
    for (let at = 0; at < all.length; at += 500) await store.write(all.slice(at, at + 500))
    const query = queryOf('river-gauge', buckets)
    expect(await expectPages(store, query, madeUp)).toHaveLength(2)
    expect(await expectPages(store, { ...query, metrics: madeUp }, madeUp)).toHaveLength(2)
    const { everyMs: _every, aggregate: _sum, ...raw } = query
    const first = await store.range(raw)
    expect(pointsIn(first)).toBeLessThanOrEqual(maxRangePoints)
    const rest = await store.range({ ...raw, fromMs: first.nextFromMs ?? 0 })
    const moments = [first, rest].flatMap(({ metrics }) => metrics.made_up_7 ?? []).map(([ms]) => ms)
    expect(moments).toEqual(all.map(({ tsMs }) => tsMs))
  })
})

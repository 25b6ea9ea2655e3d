import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type StoredReading, StoreUnavailableError } from '../../../../contract/ports/telemetry.ts'
import { openInflux1 } from '../../../../storage/telemetry/influx/influx1.ts'
import { missingProgram } from '../../../support/influx/influx-process.ts'
import { gaugeRange, gaugeReading, startMs } from '../../../support/influx/influx-readings.ts'
import { startRelay } from '../../../support/influx/influx-relay.ts'
import { type InfluxdOptions, type RunningInfluxd, startInfluxd } from '../../../support/influx/influxd.ts'

const missing = missingProgram('influxd')

/** Opens a store whose server has what it needs. */
async function openReady(options: Parameters<typeof openInflux1>[0]) {
  const store = await openInflux1(options)
  await store.confirm(undefined)
  return store
}

async function ownInfluxd(options: InfluxdOptions = {}): Promise<RunningInfluxd> {
  const influxd = await startInfluxd(options)
  onTestFinished(() => influxd.close())
  return influxd
}

async function rawWrite(influxd: RunningInfluxd, database: string, lines: string): Promise<void> {
  const response = await fetch(`${influxd.url}/write?db=${database}&precision=ms`, { method: 'POST', body: lines })
  expect(response.status).toBe(204)
}

const sorts: Record<string, (over: StoredReading) => StoredReading> = {
  'a whole number was there first': (good) => ({ ...good, metrics: { whole_first: 1.5 } }),
  'a text was there first': (good) => ({ ...good, metrics: { text_first: 1 } }),
  'not a number': (good) => ({ ...good, metrics: { water_level_m: Number.NaN } }),
  'past the last moment': (good) => ({ ...good, tsMs: 9_300_000_000_000 }),
  'a name that forges': (good) => ({ ...good, metrics: { 'x=1 1\nforged,a=b c': 1 } }),
}

describe.skipIf(missing)('influx1 at a real influxd 1.x', () => {
  let influxd: RunningInfluxd
  beforeAll(async () => {
    influxd = await startInfluxd()
  })
  afterAll(() => influxd.close())

  test.each([1, 2, 7, 20, 50])('finds %i bad readings of all sorts among 5,000, and stores the others', async (bad) => {
    const database = `poison_${bad}`
    await influxd.query(`CREATE DATABASE ${database}`)
    await rawWrite(influxd, database, `river-gauge,device=older whole_first=1i,text_first="a" ${startMs}`)
    const relay = await startRelay(influxd.url)
    onTestFinished(() => relay.close())
    const store = await openReady({ url: relay.url, database })
    const batch = Array.from({ length: 5000 }, (_, index) =>
      gaugeReading({ deviceId: `gauge-${index % 40}`, tsMs: startMs + index, metrics: { water_level_m: index } }),
    )
    const kinds = Object.values(sorts)
    const places = Array.from({ length: bad }, (_, nth) => (nth * 4999 * 7 + 13) % 5000)
    for (const [nth, place] of places.entries()) {
      const [good, poison] = [batch[place], kinds[nth % kinds.length]]
      if (good && poison) batch[place] = poison(good)
    }

    const refused = await store.write(batch)
    expect(refused.map(({ index }) => index)).toEqual(places.toSorted((a, b) => a - b))
    expect(relay.requests.filter((line) => line.endsWith('/write')).length).toBeLessThanOrEqual(
      2 * bad * Math.ceil(Math.log2(5000)) + 1,
    )
    expect(refused.every(({ detail }) => /type conflict|not a finite|out of InfluxDB|not allowed/.test(detail))).toBe(
      true,
    )
    const rows = await influxd.query('SELECT water_level_m FROM "river-gauge" WHERE "kind" = \'sensor\'', database)
    const good = batch.flatMap((_, index) => (places.includes(index) ? [] : [index]))
    expect(rows.map((row) => row.water_level_m)).toEqual(good)
    expect(await store.write(batch)).toEqual(refused)
  })

  test('a field that somebody else wrote with another type costs its value, not its reading', async () => {
    await influxd.query('CREATE DATABASE conflict')
    await rawWrite(influxd, 'conflict', `river-gauge,device=older whole_first=1i,text_first="a" ${startMs}`)
    const store = await openReady({ url: influxd.url, database: 'conflict' })
    const metrics = { water_level_m: 2, whole_first: 1.5, rssi_dbm: -80, text_first: 1, battery_v: 3.6 }
    const batch = [gaugeReading({ metrics }), gaugeReading({ tsMs: startMs + 1 })]
    const refused = await store.write(batch)
    expect(refused.map(({ index, metric }) => [index, metric])).toEqual([
      [0, 'whole_first'],
      [0, 'text_first'],
    ])
    const stored = await influxd.query('SELECT water_level_m, rssi_dbm, battery_v FROM "river-gauge"', 'conflict')
    expect(stored).toMatchObject([{ water_level_m: 2, rssi_dbm: -80, battery_v: 3.6 }, { water_level_m: 1.25 }])
  })

  test('refuses readings that are older than the retention policy allows', async () => {
    await influxd.query('CREATE DATABASE short WITH DURATION 1h')
    const store = await openReady({ url: influxd.url, database: 'short' })
    const nowMs = Date.now()
    const refused = await store.write([
      gaugeReading({ tsMs: nowMs }),
      gaugeReading({ tsMs: nowMs - 86_400_000 }),
      gaugeReading({ tsMs: nowMs - 1000 }),
    ])
    expect(refused).toEqual([{ index: 1, detail: expect.stringContaining('beyond retention policy') }])
    expect(await influxd.query('SELECT water_level_m FROM "river-gauge"', 'short')).toHaveLength(2)
  })

  test('halves a body that is too large for the server', async () => {
    const small = await ownInfluxd({ maxBodyBytes: 20_000 })
    const store = await openReady({ url: small.url, database: 'city' })
    const batch = Array.from({ length: 1000 }, (_, index) => gaugeReading({ tsMs: startMs + index }))
    expect(await store.write(batch)).toEqual([])
    expect((await store.range(gaugeRange)).metrics.water_level_m).toHaveLength(1000)
  })

  test('makes its database when it is confirmed, and again when somebody dropped it, never silently', async () => {
    const store = await openReady({ url: influxd.url, database: 'needs "quotes"' })
    expect((await store.range(gaugeRange)).metrics).toEqual({})
    expect(await store.write([gaugeReading()])).toEqual([])
    const mark = '0b8c2a52-6f0e-4a57-8f6e-3c3b8a3f1a11'
    expect(await store.confirm(mark)).toMatchObject({ holdsMark: false })
    await store.mark(mark)
    expect(await store.confirm(mark)).toMatchObject({ holdsMark: true })
    await influxd.query('DROP DATABASE "needs \\"quotes\\""')
    await expect(store.write([gaugeReading()])).rejects.toThrow(StoreUnavailableError)
    await expect(store.range(gaugeRange)).rejects.toThrow(StoreUnavailableError)
    expect(await store.confirm(mark)).toMatchObject({ holdsMark: false })
    expect(await store.write([gaugeReading()])).toEqual([])
    expect((await store.range(gaugeRange)).metrics).toEqual({ water_level_m: [[startMs, 1.25]] })
  })

  test('leaves alone what other programs keep in the same database', async () => {
    await influxd.query('CREATE DATABASE shared')
    await rawWrite(influxd, 'shared', `cpu,host=a usage=1 ${startMs}\ndisk,device=sda1,host=a used=2 ${startMs}`)
    const store = await openReady({ url: influxd.url, database: 'shared' })
    await store.write([gaugeReading()])
    expect(await store.latest()).toEqual([gaugeReading()])
    await store.dropBefore(startMs + 1)
    expect(await store.latest()).toEqual([])
    const kept = await influxd.query('SELECT * FROM /.*/', 'shared')
    expect(new Set(kept.map((row) => row.name))).toEqual(new Set(['cpu', 'disk']))
  })

  test('gives one moment once when a device was moved to another area between two writes', async () => {
    const store = await openReady({ url: influxd.url, database: 'moved' })
    await store.write([0, 1].map((ms) => gaugeReading({ tsMs: startMs + ms })))
    await store.write([0, 1].map((ms) => gaugeReading({ tsMs: startMs + ms, areaCode: '12.75.05' })))
    const both = [
      [startMs, 1.25],
      [startMs + 1, 1.25],
    ]
    expect((await store.range(gaugeRange)).metrics.water_level_m).toEqual(both)
    const first = await store.range({ ...gaugeRange, limit: 1 })
    const second = await store.range({ ...gaugeRange, limit: 2, fromMs: first.nextFromMs ?? 0 })
    expect([first, second].flatMap((page) => page.metrics.water_level_m)).toEqual(both)
    expect(await store.latest()).toHaveLength(1)
  })

  test('names the server and its version', async () => {
    const store = await openReady({ url: influxd.url, database: 'city' })
    expect(await store.health()).toEqual({ up: true, detail: expect.stringMatching(/^InfluxDB 1\.\d+/) })
  })

  test('works below a path of a proxy', async () => {
    const relay = await startRelay(influxd.url, '/influx')
    onTestFinished(() => relay.close())
    for (const url of [`${relay.url}/influx`, `${relay.url}/influx/`]) {
      const store = await openReady({ url, database: 'below' })
      expect(await store.write([gaugeReading()])).toEqual([])
      expect((await store.range(gaugeRange)).metrics).toEqual({ water_level_m: [[startMs, 1.25]] })
      expect(await store.health()).toMatchObject({ up: true })
    }
  })
})

describe.skipIf(missing)('influx1 at an influxd that asks for a user', () => {
  test('writes and reads with the right password, and holds everything back with a wrong one', async () => {
    const influxd = await ownInfluxd({ auth: true })
    await influxd.query("CREATE USER city WITH PASSWORD 'p:a ß' WITH ALL PRIVILEGES")
    const open = (password?: string) =>
      openInflux1({ url: influxd.url, database: 'city', ...(password && { user: 'city', password }) })
    const right = await open('p:a ß')
    await right.confirm(undefined)
    expect(await right.write([gaugeReading()])).toEqual([])
    expect((await right.range(gaugeRange)).metrics).toEqual({ water_level_m: [[startMs, 1.25]] })
    for (const wrong of [await open('wrong'), await open()]) {
      await expect(wrong.write([gaugeReading()])).rejects.toThrow(StoreUnavailableError)
      await expect(wrong.range(gaugeRange)).rejects.toThrow(StoreUnavailableError)
    }
  })
})

describe.skipIf(missing)('influx1 through an outage', () => {
  const batchOf = (round: number) =>
    Array.from({ length: 50 }, (_, index) => gaugeReading({ tsMs: startMs + round * 50 + index }))

  test('loses nothing of what was written again until it was taken, over 5 kills in the middle of writing', async () => {
    const influxd = await ownInfluxd()
    const store = await openReady({ url: influxd.url, database: 'city', timeoutMs: 2000 })
    let refusals = 0
    let failures = 0
    const writeUntilTaken = async (round: number) => {
      for (;;) {
        try {
          refusals += (await store.write(batchOf(round))).length
          return
        } catch (error) {
          if (!(error instanceof StoreUnavailableError)) throw error
          failures += 1
          await influxd.start()
        }
      }
    }
    for (let round = 0; round < 100; round++) {
      const writing = writeUntilTaken(round)
      if (round % 20 === 10) await influxd.kill()
      await writing
    }
    expect(failures).toBeGreaterThan(0)
    expect(refusals).toBe(0)
    expect((await store.range(gaugeRange)).metrics.water_level_m).toHaveLength(5000)
  }, 60_000)

  test('gives up in time while the server stands still, and goes on when it does', async () => {
    const influxd = await ownInfluxd()
    const store = await openReady({ url: influxd.url, database: 'city', timeoutMs: 400 })
    await store.write(batchOf(0))
    influxd.pause()
    const startedMs = performance.now()
    await expect(store.write(batchOf(1))).rejects.toThrow(/did not answer within 400 ms/)
    await expect(store.range(gaugeRange)).rejects.toThrow(StoreUnavailableError)
    expect(await store.health()).toEqual({ up: false, detail: expect.stringMatching(/\w/) })
    expect(performance.now() - startedMs).toBeLessThan(2500)
    influxd.resume()
    await expect.poll(() => store.health()).toMatchObject({ up: true })
    expect(await store.write(batchOf(1))).toEqual([])
    expect((await store.range(gaugeRange)).metrics.water_level_m).toHaveLength(100)
  })
})

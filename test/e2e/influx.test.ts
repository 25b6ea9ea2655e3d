import mqtt from 'mqtt'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { QuarantineItem } from '../../contract/http/pipeline.ts'
import type { Readings } from '../../contract/http/readings.ts'
import type { CountedPipeline } from '../support/city/scripted-pipeline.ts'
import { missingProgram } from '../support/influx/influx-process.ts'
import { startInflux2Gateway } from '../support/influx/influx2-gateway.ts'
import { type RunningInfluxd, startInfluxd } from '../support/influx/influxd.ts'
import { type ApiClient, expectBalance, type System, startSystem } from '../support/system/system.ts'

const busTopic = 'binjai/v1/bus/bus-07/telemetry'
const database = 'city'
const dayMs = 86_400_000
const aWhile = { timeout: 15_000, interval: 100 }

interface Running {
  system: System
  api: ApiClient
  key: string
  /** Sends one reading of now, or of so many days ago; resolves to its moment when it is acknowledged. */
  say(metrics: Record<string, number>, daysAgo?: number): Promise<number>
}

describe.skipIf(missingProgram('influxd'))('with InfluxDB beside the embedded store', () => {
  async function start(): Promise<Running & { influxd: RunningInfluxd; settings: Record<string, string> }> {
    const influxd = await ownInfluxd()
    const settings = { BCC_TELEMETRY: 'influx1', BCC_INFLUX_URL: influxd.url, BCC_INFLUX_DATABASE: database }
    return { ...(await startBus(await startSystem(settings))), influxd, settings }
  }

  /** What InfluxDB itself says that it holds of a metric. */
  /** Both engines hold it; which one answers follows a moment after the counters. */
  async function answeredBy(engine: string, ask: () => Promise<unknown>, metrics?: unknown): Promise<void> {
    await expect.poll(ask, aWhile).toMatchObject({ engine, ...(metrics !== undefined && { metrics }) })
  }

  async function held(influxd: RunningInfluxd, field: string): Promise<unknown[]> {
    const rows = await influxd.query(`SELECT ${field} FROM "trans-binjai-bus"`, database)
    return rows.map((row) => row[field])
  }

  test('a reading is in both, and history is answered by InfluxDB with the numbers of the embedded store', async () => {
    const { api, say, influxd, system } = await start()
    const at = await say({ speed_kmh: 31.5, passengers: 12 })
    await expect
      .poll(() => api.pipeline(), aWhile)
      .toMatchObject({ stored: 1, waiting: 0, store: { engine: 'influx1', up: true } })
    await answeredBy('influx1', () => readings(api), { speed_kmh: [[at, 31.5]], passengers: [[at, 12]] })
    const answer = await readings(api)
    expect(await held(influxd, 'speed_kmh')).toEqual([31.5])
    await system.stop()
    const alone = await startSystem({}, { dir: system.dir })
    const local = await readings(await alone.login())
    expect(local.engine).toBe('sqlite')
    expect(local.metrics).toEqual(answer.metrics)
  })

  test.each<[string, (influxd: RunningInfluxd) => unknown, (influxd: RunningInfluxd) => unknown]>([
    ['killed', (influxd) => influxd.kill(), (influxd) => influxd.start()],
    ['stopped in the middle', (influxd) => influxd.pause(), (influxd) => influxd.resume()],
  ])(
    'while InfluxDB is %s nothing stands still, and when it is back nothing is missing or there twice',
    async (_what, away, back) => {
      const { api, say, influxd } = await start()
      await say({ odometer_km: 0 })
      await expect.poll(() => api.pipeline(), aWhile).toMatchObject({ stored: 1, waiting: 0 })
      await away(influxd)
      for (let n = 1; n <= 20; n += 1) {
        await say({ odometer_km: n })
        expectBalance(await api.pipeline())
      }
      await expect
        .poll(() => api.get('/state'))
        .toMatchObject({ devices: [{ metrics: { odometer_km: 20 }, state: 'online' }] })
      const without = await expectPoll(api, ({ store, waiting }) => !store.up && waiting === 20)
      expect(without.store.detail).not.toBeNull()
      await expect.poll(() => readings(api), aWhile).toMatchObject({ engine: 'sqlite' })
      expect((await readings(api)).metrics.odometer_km).toHaveLength(21)
      expect((await fetch(`${api.base}/readyz`)).status).toBe(503)

      await back(influxd)
      const after = await expectPoll(api, ({ store, waiting }) => store.up && waiting === 0)
      expect(after).toMatchObject({ received: 21, stored: 21, duplicates: 0, rejected: {} })
      expect(await held(influxd, 'odometer_km')).toEqual(Array.from({ length: 21 }, (_, n) => n))
      await expect.poll(async () => (await readings(api)).engine, aWhile).toBe('influx1')
    },
    60_000,
  )

  test('a database that somebody drops takes nothing from history', async () => {
    const { api, say, influxd } = await start()
    const moments = [await say({ odometer_km: 1 }), await say({ odometer_km: 2 })]
    const right = { odometer_km: moments.map((ms, index) => [ms, index + 1]) }
    await expect.poll(() => api.pipeline(), aWhile).toMatchObject({ stored: 2, waiting: 0 })
    await answeredBy('influx1', () => readings(api), right)
    await influxd.query(`DROP DATABASE ${database}`)
    expect(await readings(api)).toMatchObject({ engine: 'sqlite', metrics: right })
    const last = await say({ odometer_km: 3 })
    await expect.poll(() => api.pipeline(), aWhile).toMatchObject({ stored: 3, waiting: 0 })
    expect((await readings(api)).metrics.odometer_km).toEqual([...right.odometer_km, [last, 3]])
    const daily = await api.get<Readings>('/devices/bus-07/readings?every=1d&aggregate=count')
    expect(daily.metrics.odometer_km?.reduce((sum, [, n]) => sum + n, 0)).toBe(3)
  })

  test('what was stored before InfluxDB was configured, and while it fills up, is in history', async () => {
    const first = await startSystem()
    const bus = await startBus(first)
    const moments = [await bus.say({ odometer_km: 0 }), await bus.say({ odometer_km: 1 })]
    await expect.poll(() => bus.api.pipeline(), aWhile).toMatchObject({ stored: 2 })
    await first.stop()
    const influxd = await ownInfluxd()
    const settings = { BCC_TELEMETRY: 'influx1', BCC_INFLUX_URL: influxd.url, BCC_INFLUX_DATABASE: database }
    const second = await startSystem(settings, { dir: first.dir })
    const api = await second.login()
    const again = await sayAs('bus-07', bus.key, second)
    moments.push(await again({ odometer_km: 2 }))
    await expect.poll(() => api.pipeline(), aWhile).toMatchObject({ stored: 3, waiting: 0 })
    expect(await held(influxd, 'odometer_km')).toEqual([2])
    influxd.pause()
    moments.push(await again({ odometer_km: 3 }))
    // Of the store: what waits in the journal is not in history yet.
    await expectPoll(api, ({ store }) => store.waiting === 1)
    const right = moments.map((ms, index) => [ms, index])
    expect((await readings(api)).metrics.odometer_km).toEqual(right)
    influxd.resume()
    await expectPoll(api, ({ waiting }) => waiting === 0)
    expect(await readings(api)).toMatchObject({ engine: 'sqlite', metrics: { odometer_km: right } })
  }, 60_000)

  test('a value that InfluxDB will never take is in quarantine with its words, and all around it is stored', async () => {
    const { api, say, influxd } = await start()
    await influxd.query(`CREATE DATABASE ${database}`)
    // Somebody else wrote this field as text before us.
    const line = `trans-binjai-bus,device=other note="text" ${Date.now()}000000`
    const written = await fetch(`${influxd.url}/write?db=${database}`, { method: 'POST', body: line })
    expect(written.status).toBe(204)
    for (let n = 0; n < 10; n += 1) await say(n === 5 ? { odometer_km: n, note: 1 } : { odometer_km: n })
    await expect
      .poll(() => api.pipeline(), aWhile)
      .toMatchObject({ received: 10, stored: 10, rejected: {}, waiting: 0 })
    expect(await held(influxd, 'odometer_km')).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    const { items } = await api.get<{ items: QuarantineItem[] }>('/quarantine?reason=refused-by-store')
    expect((await readings(api)).metrics.odometer_km?.map(([, km]) => km)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(items).toMatchObject([
      {
        deviceId: 'bus-07',
        readings: 0,
        detail: expect.stringMatching(/^note: .*field type conflict/),
        text: expect.stringMatching(/"note":1/),
      },
    ])
    expectBalance(await api.pipeline())
  })

  test('what the embedded store has let go comes from InfluxDB; without it the answer says what is missing', async () => {
    const { api, say, influxd, system, settings } = await start()
    const [old, young] = [await say({ odometer_km: 1 }, 5), await say({ odometer_km: 2 })]
    await expect.poll(() => api.pipeline(), aWhile).toMatchObject({ stored: 2, waiting: 0 })
    const week = `/devices/bus-07/readings?from=${young - 7 * dayMs}&to=${young + 1}`
    await answeredBy('influx1', () => api.get(week))
    await system.stop()
    const shorter = await startSystem({ ...settings, BCC_RETENTION_DAYS: '2' }, { dir: system.dir })
    const again = await shorter.login()
    const right = {
      odometer_km: [
        [old, 1],
        [young, 2],
      ],
    }
    expect(await again.get(week)).toMatchObject({ engine: 'influx1', metrics: right })
    const counted = await again.get<Readings>(`${week}&every=11h&aggregate=count`)
    expect(counted.metrics.odometer_km?.map(([, n]) => n)).toEqual([1, 1])
    await influxd.kill()
    const without = await again.get<Readings>(week)
    expect(without).toMatchObject({ engine: 'sqlite', metrics: { odometer_km: [[young, 2]] } })
    expect(without.incomplete?.at(-1)?.to).toBe(new Date(Math.floor((young - 2 * dayMs) / dayMs) * dayMs).toISOString())
  }, 60_000)

  test('after a power cut while readings wait, they are all sent when it is back', async () => {
    const { api, say, influxd, system, settings } = await start()
    await say({ odometer_km: 0 })
    await expect.poll(() => api.pipeline(), aWhile).toMatchObject({ stored: 1, waiting: 0 })
    await influxd.kill()
    for (let n = 1; n <= 10; n += 1) await say({ odometer_km: n })
    await expectPoll(api, ({ waiting }) => waiting === 10)
    await system.kill()
    await influxd.start()
    const again = await (await startSystem(settings, { dir: system.dir })).login()
    const after = await expectPoll(again, ({ store, waiting }) => store.up && waiting === 0)
    expect(after).toMatchObject({ received: 11, stored: 11, duplicates: 0, rejected: {} })
    expect(await held(influxd, 'odometer_km')).toEqual(Array.from({ length: 11 }, (_, n) => n))
  }, 60_000)

  test('a system that is told to end while InfluxDB does not answer ends in time and sends the rest later', async () => {
    const { say, influxd, system, settings, api } = await start()
    await say({ odometer_km: 0 })
    await expect.poll(() => api.pipeline(), aWhile).toMatchObject({ stored: 1, waiting: 0 })
    influxd.pause()
    await say({ odometer_km: 1 })
    await expectPoll(api, ({ store }) => store.waiting === 1)
    const askedMs = Date.now()
    await system.stop()
    expect(Date.now() - askedMs).toBeLessThan(5000)
    influxd.resume()
    const again = await (await startSystem(settings, { dir: system.dir })).login()
    await expectPoll(again, ({ waiting, stored }) => waiting === 0 && stored === 2)
    expect(await held(influxd, 'odometer_km')).toEqual([0, 1])
  }, 60_000)

  test('the same by the API of InfluxDB 2', async () => {
    const account = { org: 'pemko-binjai', token: 'a-token' }
    const influxd = await ownInfluxd()
    const gateway = await startInflux2Gateway({ influxdUrl: influxd.url, ...account })
    onTestFinished(() => gateway.close())
    await influxd.query('CREATE DATABASE city')
    const system = await startSystem({
      BCC_TELEMETRY: 'influx2',
      BCC_INFLUX_URL: gateway.url,
      BCC_INFLUX_ORG: account.org,
      BCC_INFLUX_TOKEN: account.token,
      BCC_INFLUX_BUCKET: database,
    })
    const { api, say } = await startBus(system)
    const first = await say({ odometer_km: 0 })
    await expect
      .poll(() => readings(api), aWhile)
      .toMatchObject({ engine: 'influx2', metrics: { odometer_km: [[first, 0]] } })
    // It has it, and ingest has heard so.
    await expect.poll(() => api.pipeline(), aWhile).toMatchObject({ stored: 1, waiting: 0 })
    await influxd.kill()
    for (let n = 1; n <= 5; n += 1) await say({ odometer_km: n })
    await expectPoll(api, ({ store, waiting }) => !store.up && waiting === 5)
    await influxd.start()
    const after = await expectPoll(api, ({ store, waiting }) => store.up && waiting === 0)
    expect(after).toMatchObject({ received: 6, stored: 6, store: { engine: 'influx2' } })
    expect(await held(influxd, 'odometer_km')).toEqual([0, 1, 2, 3, 4, 5])
  }, 60_000)
})

/** One for each test, so that none finds what another left. */
async function ownInfluxd(): Promise<RunningInfluxd> {
  const influxd = await startInfluxd()
  onTestFinished(() => influxd.close())
  return influxd
}

async function startBus(system: System): Promise<Running> {
  const api = await system.login()
  const key = await system.addDevice('bus-07', 'trans-binjai-bus')
  // The command wrote it to the registry; the api hears of that within 300 ms.
  await expect.poll(() => api.get('/devices/bus-07'), aWhile).toBeDefined()
  return { system, api, key, say: await sayAs('bus-07', key, system) }
}

async function sayAs(username: string, password: string, system: System): Promise<Running['say']> {
  const url = `mqtt://127.0.0.1:${system.mqtt}`
  const client = await mqtt.connectAsync(url, { username, password, reconnectPeriod: 0 })
  client.on('error', () => undefined)
  onTestFinished(() => void client.end(true))
  let nextMs = 0
  return async (metrics, daysAgo = 0) => {
    nextMs = Math.max(nextMs + 1, Date.now())
    const ts = nextMs - daysAgo * dayMs
    await client.publishAsync(busTopic, JSON.stringify({ ts, ...metrics }), { qos: 1 })
    return ts
  }
}

function readings(api: ApiClient): Promise<Readings> {
  return api.get<Readings>('/devices/bus-07/readings')
}

/** Waits for a state of the pipeline; its counters balance each time it is looked at. */
async function expectPoll(api: ApiClient, wanted: (pipeline: CountedPipeline) => boolean): Promise<CountedPipeline> {
  let last: CountedPipeline | undefined
  await expect
    .poll(async () => {
      last = await api.pipeline()
      expectBalance(last)
      return wanted(last) ? 'so' : last
    }, aWhile)
    .toBe('so')
  if (last === undefined) throw new Error('never looked')
  return last
}

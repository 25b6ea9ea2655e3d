import mqtt from 'mqtt'
import { expect, test } from 'vitest'
import type { DeviceView } from '../../contract/http/devices.ts'
import type { Readings } from '../../contract/http/readings.ts'
import type { CountedPipeline } from '../support/city/scripted-pipeline.ts'
import { missingProgram } from '../support/influx/influx-process.ts'
import { startInfluxd } from '../support/influx/influxd.ts'
import { type ApiClient, expectBalance, type Role, startSystem } from '../support/system/system.ts'

const aWhile = { timeout: 20_000, interval: 100 }
const minuteMs = 60_000

test('a reading by hand outlasts kill -9 of broker and ingest: each that was answered is there once, with its author', async () => {
  const system = await startSystem()
  const api = await system.login()
  await system.addDevice('gauge-1', 'river-gauge')
  const startMs = Date.now() - 60 * minuteMs
  const entered: number[] = []

  /** As a person does who is told that it is not sure: the same once more. */
  async function enter(n: number): Promise<void> {
    const body = { ts: startMs + n * minuteMs, water_level_m: n / 10, note: `ke-${n}` }
    await expect.poll(async () => (await api.send('POST', '/devices/gauge-1/readings', body)).status, aWhile).toBe(202)
    entered.push(n)
  }

  for (const [round, role] of (['broker', 'ingest', 'api', 'ingest', 'broker'] satisfies Role[]).entries()) {
    for (const n of [0, 1, 2]) await enter(round * 4 + n)
    const pid = system.pid(role)
    if (pid === undefined) throw new Error(`no process of ${role}`)
    process.kill(pid, 'SIGKILL')
    await enter(round * 4 + 3)
  }
  await expect.poll(() => system.isReady(), aWhile).toBe(true)
  await expect.poll(async () => (await api.pipeline()).waiting, aWhile).toBe(0)
  const { metrics, manual = [] } = await api.get<Readings>('/devices/gauge-1/readings')
  expect(metrics).toEqual({})
  expect(manual).toEqual(
    entered.map((n) => ({
      at: new Date(startMs + n * minuteMs).toISOString(),
      ...{ author: 'admin', role: 'admin', note: `ke-${n}`, metrics: { water_level_m: n / 10 } },
    })),
  )
  const pipeline = await api.pipeline()
  expectBalance(pipeline)
  expect([pipeline.stored, pipeline.rejected]).toEqual([entered.length, {}])
  const device = await api.get<DeviceView>('/devices/gauge-1')
  expect(device).toMatchObject({ state: 'unknown', measuredAt: null, metrics: {}, link: { state: 'unknown' } })
  expect(device.manual?.metrics).toEqual({ water_level_m: 1.9 })
}, 90_000)

test('while the broker hangs a person is told within seconds; what came through after all is there once', async () => {
  const system = await startSystem()
  const api = await system.login()
  const key = await system.addDevice('gauge-1', 'river-gauge')
  const body = { ts: Date.now() - minuteMs, water_level_m: 2 }
  const enter = () => api.send('POST', '/devices/gauge-1/readings', body)
  await expect.poll(async () => (await api.send('GET', '/devices/gauge-1')).status, aWhile).toBe(200)
  const broker = system.pid('broker')
  if (broker === undefined) throw new Error('no process of broker')
  process.kill(broker, 'SIGSTOP')
  const askedMs = performance.now()
  const answer = await enter()
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2'])
  expect(performance.now() - askedMs).toBeLessThan(9000)
  process.kill(broker, 'SIGCONT')
  await expect.poll(async () => (await enter()).status, aWhile).toBe(202)
  await expect.poll(async () => (await api.get<Readings>('/devices/gauge-1/readings')).manual, aWhile).toHaveLength(1)

  // No device speaks for a person, also not under the topic of such readings.
  const device = await mqtt.connectAsync(`mqtt://127.0.0.1:${system.mqtt}`, {
    ...{ username: 'gauge-1', password: key, reconnectPeriod: 0 },
  })
  const closed = new Promise<void>((resolve) => device.on('close', () => resolve()))
  device.on('error', () => undefined)
  device.publish('binjai/v1/sensor/gauge-1/manual', JSON.stringify({ ...body, role: 'admin' }), { qos: 1 })
  await closed
  const pipeline = await expectSettled(api)
  expect([pipeline.rejected, pipeline.stored]).toEqual([{}, 1])
  expect((await api.get<Readings>('/devices/gauge-1/readings')).manual).toHaveLength(1)
}, 60_000)

/** The counters, once nothing waits. */
async function expectSettled(api: ApiClient): Promise<CountedPipeline> {
  await expect.poll(async () => (await api.pipeline()).waiting, aWhile).toBe(0)
  const pipeline = await api.pipeline()
  expectBalance(pipeline)
  return pipeline
}

test.skipIf(missingProgram('influxd'))(
  'it is in InfluxDB with source and author, also after InfluxDB was away, and is read back from there once',
  async () => {
    const influxd = await startInfluxd()
    const database = 'city'
    const settings = { BCC_TELEMETRY: 'influx1', BCC_INFLUX_URL: influxd.url, BCC_INFLUX_DATABASE: database }
    const system = await startSystem(settings)
    const api = await system.login()
    await system.addDevice('gauge-1', 'river-gauge')
    const ts = Date.now() - minuteMs
    const enter = (more: object) => api.send('POST', '/devices/gauge-1/readings', { ts, water_level_m: 2.34, ...more })
    const held = () => influxd.query('SELECT * FROM device_manual', database)
    await expect.poll(async () => (await enter({ note: 'deras' })).status, aWhile).toBe(202)
    await expect.poll(held, aWhile).toHaveLength(1)
    expect((await held())[0]).toMatchObject({
      ...{ device: 'gauge-1', profile: 'river-gauge', source: 'manual', author: 'admin', note: 'deras' },
      water_level_m: 2.34,
    })
    await influxd.kill()
    expect((await enter({ ts: ts + 1000 })).status).toBe(202)
    const byHand = async () => (await api.get<Readings>('/devices/gauge-1/readings')).manual
    await expect.poll(byHand, aWhile).toHaveLength(2)
    const manual = await byHand()
    await influxd.start()
    await expect.poll(held, aWhile).toHaveLength(2)
    expect(await influxd.query('SELECT * FROM "river-gauge"', database)).toEqual([])
    expect(await byHand()).toEqual(manual)
    await influxd.close()
  },
  60_000,
)

import { expect, test } from 'vitest'
import type { DeviceView } from '../../contract/http/devices.ts'
import type { Readings } from '../../contract/http/readings.ts'
import { missingProgram } from '../support/influx/influx-process.ts'
import { startInfluxd } from '../support/influx/influxd.ts'
import { expectBalance, type Role, startSystem } from '../support/system/system.ts'

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
    const { manual } = await api.get<Readings>('/devices/gauge-1/readings')
    expect(manual).toHaveLength(2)
    await influxd.start()
    await expect.poll(held, aWhile).toHaveLength(2)
    expect(await influxd.query('SELECT * FROM "river-gauge"', database)).toEqual([])
    expect((await api.get<Readings>('/devices/gauge-1/readings')).manual).toEqual(manual)
    await influxd.close()
  },
  60_000,
)

import mqtt from 'mqtt'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Readings } from '../../contract/http/readings.ts'
import { freePort, missingProgram } from '../support/influx/influx-process.ts'
import { type RunningInfluxd, startInfluxd } from '../support/influx/influxd.ts'
import { type ApiClient, expectBalance, type System, startSystem } from '../support/system/system.ts'

const aWhile = { timeout: 20_000, interval: 100 }
const password = 'rahasia-besar'

async function protectedInfluxd(): Promise<RunningInfluxd> {
  const influxd = await startInfluxd({ auth: true })
  onTestFinished(() => influxd.close())
  await influxd.query(`CREATE USER root WITH PASSWORD '${password}' WITH ALL PRIVILEGES`)
  await influxd.query("CREATE USER kota WITH PASSWORD 'x'", undefined, ['root', password])
  return influxd
}

async function startBus(system: System) {
  const key = await system.addDevice('bus-07', 'trans-binjai-bus')
  const api = await system.login()
  const url = `mqtt://127.0.0.1:${system.mqtt}`
  const client = await mqtt.connectAsync(url, { username: 'bus-07', password: key, reconnectPeriod: 0 })
  client.on('error', () => undefined)
  onTestFinished(() => void client.end(true))
  let n = 0
  return {
    api,
    async say() {
      n += 1
      const body = JSON.stringify({ ts: Date.now(), odometer_km: n })
      await client.publishAsync('binjai/v1/bus/bus-07/telemetry', body, { qos: 1 })
    },
  }
}

async function storeLine(api: ApiClient): Promise<{ ok: boolean; detail: string } | undefined> {
  const { parts } = JSON.parse(await (await fetch(`${api.base}/readyz`)).text())
  return parts.find(({ part }: { part: string }) => part === 'store')
}

function kilometres(api: ApiClient): Promise<number[] | undefined> {
  return api.get<Readings>('/devices/bus-07/readings').then(({ metrics }) => metrics.odometer_km?.map(([, km]) => km))
}

describe.skipIf(missingProgram('influxd'))('InfluxDB by BCC_INFLUX_URL alone', () => {
  test('rights that are missing are told in one sentence everywhere, cost nothing, and once given it goes on', async () => {
    const influxd = await protectedInfluxd()
    const admin = (statement: string) => influxd.query(statement, undefined, ['root', password])
    const system = await startSystem({
      BCC_INFLUX_URL: influxd.url.replace('//', '//kota:x@'),
      BCC_LOG_LEVEL: 'warn',
    })
    const { api, say } = await startBus(system)
    const steps: [fault: string, words: RegExp, mend: string][] = [
      ['create-right', /CREATE DATABASE "binjai", then GRANT ALL ON "binjai" TO "kota"/, 'CREATE DATABASE binjai'],
      ['create-right', /GRANT ALL ON "binjai" TO "kota"/, 'GRANT READ ON binjai TO kota'],
      ['write-right', /User "kota" may not write to database "binjai"/, 'GRANT ALL ON binjai TO kota'],
    ]
    for (const [at, [fault, words, mend]] of steps.entries()) {
      await say()
      await expect
        .poll(() => api.pipeline(), aWhile)
        .toMatchObject({
          ...{ stored: 0, waiting: at + 1 },
          store: { up: false, fault, detail: expect.stringMatching(words) },
        })
      expect(await storeLine(api)).toMatchObject({ ok: false, detail: expect.stringMatching(/: the (login|database)/) })
      await expect.poll(() => kilometres(api), aWhile).toHaveLength(at + 1)
      expectBalance(await api.pipeline())
      await admin(mend)
    }
    await expect.poll(() => api.pipeline(), aWhile).toMatchObject({ stored: 3, waiting: 0, store: { up: true } })
    expect((await api.pipeline()).store).toEqual({ engine: 'influx1', up: true, detail: null, waiting: 0 })
    await admin("SET PASSWORD FOR kota = 'other'")
    await say()
    await expect
      .poll(() => api.pipeline(), aWhile)
      .toMatchObject({ waiting: 1, store: { fault: 'login', detail: expect.stringContaining('refuses user "kota"') } })
    expect(await kilometres(api)).toEqual([1, 2, 3, 4])
    await admin("SET PASSWORD FOR kota = 'x'")
    await expect.poll(() => api.pipeline(), aWhile).toMatchObject({ stored: 4, waiting: 0, store: { up: true } })
    const held = await influxd.query('SELECT odometer_km FROM "trans-binjai-bus"', 'binjai', ['root', password])
    expect(held.map((row) => row.odometer_km)).toEqual([1, 2, 3, 4])
    for (const said of ['may not make it', 'may not write', 'refuses user']) expect(system.printed()).toContain(said)
    expect(system.printed()).not.toContain('kota:x@')
  }, 90_000)

  test('a server that is away at the start is known when it comes, and a dropped database is a new place', async () => {
    const port = await freePort()
    const settings = { BCC_INFLUX_URL: `http://127.0.0.1:${port}` }
    const system = await startSystem(settings)
    const { api, say } = await startBus(system)
    await say()
    await expect
      .poll(() => api.pipeline(), aWhile)
      .toMatchObject({ waiting: 1, store: { engine: 'influx', up: false } })
    const influxd = await startInfluxd({ port })
    onTestFinished(() => influxd.close())
    const well = { waiting: 0, store: { engine: 'influx1', up: true } }
    await expect.poll(() => api.pipeline(), aWhile).toMatchObject({ stored: 1, ...well })
    const marks = () => influxd.query('SELECT id, at FROM bcc_place', 'binjai')
    const [before] = await marks()
    expect(before).toMatchObject({ id: expect.any(String) })
    // Dropped and made again by somebody: no request fails.
    await influxd.query('DROP DATABASE binjai; CREATE DATABASE binjai')
    await say()
    await expect.poll(() => api.pipeline(), aWhile).toMatchObject({ stored: 2, ...well })
    await expect.poll(async () => (await marks())[0]?.id, aWhile).toEqual(expect.any(String))
    expect((await marks())[0]?.id).not.toBe(before?.id)
    expect(await kilometres(api)).toEqual([1, 2])
    await system.stop()
    const again = await startSystem(settings, { dir: system.dir })
    const back = await again.login()
    await expect.poll(() => back.pipeline(), aWhile).toMatchObject(well)
    expect(await marks()).toHaveLength(2)
    expect(new Set((await marks()).map(({ id }) => id)).size).toBe(1)
  }, 90_000)
})

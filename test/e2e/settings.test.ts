import { spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { describe, expect, onTestFinished, test } from 'vitest'
import { freePort, missingProgram } from '../support/influx/influx-process.ts'
import { startInfluxd } from '../support/influx/influxd.ts'
import { startSystem } from '../support/system/system.ts'
import { tempDir } from '../support/system/temp-dir.ts'
import { environmentOf, projectRoot } from '../support/system/whole-system.ts'

const main = join(projectRoot, 'main.ts')

/** Starts what cannot start, or is ended when it has said its lines. */
function start(settings: Record<string, string>) {
  return spawnSync(process.execPath, [main, 'start'], { env: environmentOf(tempDir(), settings), encoding: 'utf8' })
}

test('addresses, ports, topics, zone and password are those that were set, over IPv6', async () => {
  const [http, mqttPort] = [await freePort(), await freePort()]
  const password = ' kata sandi #2026 '
  const system = await startSystem({
    BCC_HTTP_HOST: '::1',
    BCC_MQTT_HOST: '[::1]',
    BCC_HTTP_PORT: ` ${http} `,
    BCC_MQTT_PORT: String(mqttPort),
    BCC_TOPIC_ROOT: 'kota/v2',
    BCC_TIMEZONE: 'Asia/Jayapura',
    BCC_ADMIN_PASSWORD: password,
  })
  expect([system.http, system.mqtt]).toEqual([http, mqttPort])
  expect(system.printed()).toContain(`http://[::1]:${http}/`)
  expect(system.printed()).toContain(`mqtt://[::1]:${mqttPort}`)
  const base = `http://[::1]:${http}`
  await expect(fetch(`http://127.0.0.1:${http}/healthz`)).rejects.toThrow()
  expect(await (await fetch(`${base}/api/v1/site`)).json()).toMatchObject({ timeZone: 'Asia/Jayapura' })
  const login = await fetch(`${base}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password }),
  })
  expect(login.ok).toBe(true)
  const key = await system.addDevice('bus-07', 'trans-binjai-bus')
  const url = `mqtt://[::1]:${mqttPort}`
  const client = await mqtt.connectAsync(url, { username: 'bus-07', password: key, reconnectPeriod: 0 })
  onTestFinished(() => void client.end(true))
  await client.publishAsync('kota/v2/bus/bus-07/telemetry', '{"speed_kmh":31}', { qos: 1 })
  const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? ''
  await expect
    .poll(async () => (await fetch(`${base}/api/v1/pipeline`, { headers: { cookie } })).json())
    .toMatchObject({ stored: 1 })
  const sim = spawnSync(process.execPath, [main, 'sim', '--url', url, '--devices', '1', '--duration', '1'], {
    encoding: 'utf8',
  })
  expect(sim.stderr).not.toMatch(/invalid/)
}, 60_000)

test.each([
  ['BCC_HTTP_PORT', 'BCC_HTTP_PORT'],
  ['BCC_MQTT_PORT', 'BCC_MQTT_PORT'],
])('a port that is in use names %s', async (name, setting) => {
  const taken = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void taken.close())
  await new Promise((resolve) => taken.once('listening', resolve))
  const address = taken.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const { status, stderr } = await new Promise<ReturnType<typeof start>>((resolve) =>
    setImmediate(() => resolve(start({ [name]: String(port) }))),
  )
  expect(status).toBe(1)
  expect(stderr).toContain(`Port ${port} on 127.0.0.1 is in use: stop what uses it, or set ${setting} to another`)
})

test('an address of another machine is refused by its setting', () => {
  const { status, stderr } = start({ BCC_MQTT_HOST: '192.0.2.1' })
  expect(status).toBe(1)
  expect(stderr).toContain('192.0.2.1 is no address of this machine: set BCC_MQTT_HOST to one that is.')
})

describe.skipIf(missingProgram('influxd'))('an address of InfluxDB with a login in it', () => {
  test.each([
    ['in the address', (url: string) => ({ BCC_INFLUX_URL: url.replace('//', '//bcc:rahasia%23%401@') })],
    [
      'by names of their own',
      (url: string) => ({ BCC_INFLUX_URL: url, BCC_INFLUX_USER: 'bcc', BCC_INFLUX_PASSWORD: 'rahasia#@1' }),
    ],
  ])(
    'works, %s, and is shown nowhere',
    async (_where, settings) => {
      const influxd = await startInfluxd({ auth: true })
      onTestFinished(() => influxd.close())
      await influxd.query("CREATE USER bcc WITH PASSWORD 'rahasia#@1' WITH ALL PRIVILEGES")
      const system = await startSystem({ BCC_TELEMETRY: 'influx1', ...settings(influxd.url), BCC_LOG_LEVEL: 'debug' })
      const api = await system.login()
      await expect.poll(() => api.pipeline()).toMatchObject({ store: { engine: 'influx1', up: true } })
      await influxd.kill()
      await expect.poll(async () => (await api.pipeline()).store.up).toBe(false)
      const shown = [
        await (await fetch(`${api.base}/readyz`)).text(),
        JSON.stringify(await api.pipeline()),
        JSON.stringify(await api.get('/audit')),
        await (await fetch(`${api.base}/metrics`)).text(),
        system.printed(),
      ]
      for (const text of shown) expect(text).not.toMatch(/rahasia|bcc:/)
      await influxd.start()
      await expect.poll(async () => (await api.pipeline()).store.up).toBe(true)
    },
    60_000,
  )
})

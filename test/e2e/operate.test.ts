import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import type { Readings } from '../../contract/http/readings.ts'
import { compiledFolder } from '../../runtime/compile-cache.ts'
import { freePort, missingProgram } from '../support/influx/influx-process.ts'
import { expectBalance, type System, startSystem } from '../support/system/system.ts'
import { tempDir } from '../support/system/temp-dir.ts'

const root = join(import.meta.dirname, '..', '..')
const run = promisify(execFile)
const busTopic = 'binjai/v1/bus/bus-07/telemetry'

interface Ended {
  code: number
  stderr: string
  tookMs: number
}

/** `npm start` with these settings, where it is expected to end by itself. */
async function startInVain(settings: Record<string, string>, cwd = root): Promise<Ended> {
  const startedMs = Date.now()
  const environment = { ...process.env, BCC_HTTP_PORT: '0', BCC_MQTT_PORT: '0', BCC_LOG_LEVEL: 'error', ...settings }
  const child = spawn(process.execPath, [join(root, 'main.ts'), 'start'], { env: environment, cwd, stdio: 'pipe' })
  onTestFinished(() => void child.kill('SIGKILL'))
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const [code] = await once(child, 'close')
  return { code: Number(code), stderr, tookMs: Date.now() - startedMs }
}

async function occupy(): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 }
}

async function connectBus(url: string, key: string, options: IClientOptions = {}): Promise<MqttClient> {
  const client = await mqtt.connectAsync(url, { username: 'bus-07', password: key, reconnectPeriod: 0, ...options })
  client.on('error', () => undefined)
  onTestFinished(() => void client.end(true))
  return client
}

function statusOf(url: string, ca: Buffer): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(url, { ca }, (response) => resolve(response.resume().statusCode)).on('error', reject)
  })
}

/** A process that ended and was not yet asked about by its parent (a zombie) is gone for us. */
function isAlive(pid: number): boolean {
  const stat = `/proc/${pid}/stat`
  try {
    return !/\) Z /.test(readFileSync(stat, 'utf8'))
  } catch {
    return false
  }
}

/** Points of the bus's speed, asked past our own client: the system may speak HTTPS. */
async function speeds(api: { get<T>(path: string): Promise<T> }): Promise<number[]> {
  const { metrics } = await api.get<Readings>('/devices/bus-07/readings')
  return (metrics.speed_kmh ?? []).map(([, value]) => value)
}

test.each([
  ['MQTT', 'BCC_MQTT_PORT'],
  ['HTTP', 'BCC_HTTP_PORT'],
])('a port in use for %s is told in one sentence with the port in it, and nothing runs', async (_what, setting) => {
  const { port } = await occupy()
  const dir = tempDir()
  const { code, stderr } = await startInVain({ BCC_DATA_DIR: dir, [setting]: String(port) })
  expect(code).toBe(1)
  expect(stderr).toMatch(
    new RegExp(`^Port ${port} on 127\\.0\\.0\\.1 is in use: [^\\n]+\\n\\w+ could not start; nothing runs\\.\\n$`),
  )
  expect(existsSync(join(dir, 'ports.json'))).toBe(false)
})

test('all wrong settings are told at once, as sentences, and nothing is started or written', async () => {
  const dir = join(tempDir(), 'not-made')
  const { code, stderr } = await startInVain({
    BCC_DATA_DIR: dir,
    BCC_MQTT_PORT: '70000',
    BCC_TIMEZONE: 'Mars/Olympus',
    BCC_TELEMETRY: 'influx2',
    BCC_ADMIN_PASSWORD: 'short',
    BCC_TLS_CERT: '/nothing/here.pem',
    BCC_NO_SUCH: '1',
  })
  expect(code).toBe(1)
  const lines = stderr.trim().split('\n')
  for (const name of [
    'MQTT_PORT',
    'TIMEZONE',
    'INFLUX_URL',
    'INFLUX_TOKEN',
    'ADMIN_PASSWORD',
    'TLS_CERT',
    'TLS_KEY',
    'NO_SUCH',
  ]) {
    expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^BCC_${name} .+\\.$`)))
  }
  expect(stderr).not.toContain('    at ')
  expect(existsSync(dir)).toBe(false)
})

test('a data folder that cannot be one, and a certificate that is none, are told in a sentence', async () => {
  const file = join(tempDir(), 'file')
  writeFileSync(file, 'not a certificate')
  const folder = await startInVain({ BCC_DATA_DIR: file })
  expect(folder).toMatchObject({ code: 1, stderr: expect.stringMatching(/^\S*file\S* cannot be used .+\.\n$/) })
  const certificate = await startInVain({
    BCC_DATA_DIR: tempDir(),
    BCC_TLS_CERT: file,
    BCC_TLS_KEY: file,
    BCC_MQTTS_PORT: '0',
  })
  expect(certificate.code).toBe(1)
  expect(certificate.stderr).toMatch(/^BCC_TLS_CERT, BCC_TLS_KEY or BCC_TLS_CA cannot be used: .+\.$/m)
  expect(certificate.stderr).not.toContain('    at ')
})

test('a second start on the same folder says so, and the first goes on as if nothing were', async () => {
  const system = await startSystem()
  const key = await system.addDevice('bus-07', 'trans-binjai-bus')
  const second = await startInVain({ BCC_DATA_DIR: system.dir })
  expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining(system.dir) })
  expect(second.stderr.trim().split('\n')).toHaveLength(1)
  const api = await system.login()
  const client = await connectBus(`mqtt://127.0.0.1:${system.mqtt}`, key)
  await client.publishAsync(busTopic, '{"speed_kmh":12}', { qos: 1 })
  await expect.poll(() => speeds(api)).toEqual([12])
  expect(await api.pipeline()).toMatchObject({ broker: { up: true, connected: 1 }, ingest: { up: true } })
})

test('what is set in .env counts, and what the environment says wins over it', async () => {
  const cwd = tempDir()
  const dir = join(cwd, 'kept-here')
  writeFileSync(
    join(cwd, '.env'),
    `BCC_TOPIC_ROOT=kota/v2\nBCC_DATA_DIR=${join(cwd, 'not-here')}\nBCC_SITE_DIR=${join(root, 'contract/site/binjai')}\n`,
  )
  const system = await startSystem({}, { dir, cwd })
  expect(readdirSync(dir)).toContain('ports.json')
  expect(existsSync(join(cwd, 'not-here'))).toBe(false)
  const api = await system.login()
  await api.send('POST', '/devices', { id: 'bus-07', profile: 'trans-binjai-bus' })
  const answer: unknown = await (await api.send('POST', '/devices/bus-07/key')).json()
  const key = String(Object(answer).key)
  const client = await connectBus(`mqtt://127.0.0.1:${system.mqtt}`, key)
  await client.publishAsync('kota/v2/bus/bus-07/telemetry', '{"speed_kmh":12}', { qos: 1 })
  await expect.poll(() => speeds(api)).toEqual([12])
})

test('a device that the command line adds is known at once; its revocation cuts it off within a second', async () => {
  const system = await startSystem()
  const api = await system.login()
  const ports = JSON.parse(readFileSync(join(system.dir, 'ports.json'), 'utf8'))
  expect(ports).toEqual({ http: system.http, mqtt: system.mqtt })

  const key = await system.addDevice('bus-07', 'trans-binjai-bus')
  const client = await connectBus(`mqtt://127.0.0.1:${system.mqtt}`, key)
  await client.publishAsync(busTopic, '{"speed_kmh":31}', { qos: 1 })
  await expect.poll(() => speeds(api)).toEqual([31])
  expect(await api.pipeline()).toMatchObject({ received: 1, stored: 1, rejected: {} })

  const cutMs = new Promise<number>((resolve) => client.once('close', () => resolve(Date.now())))
  await system.bcc('device', 'revoke', 'bus-07')
  const revokedMs = Date.now()
  expect((await cutMs) - revokedMs).toBeLessThan(1000)
  await expect(connectBus(`mqtt://127.0.0.1:${system.mqtt}`, key)).rejects.toThrow(/Bad username or password/)
})

test('MQTT over WebSocket comes in on the HTTP port, with the same acknowledgement', async () => {
  const system = await startSystem()
  const api = await system.login()
  const key = await system.addDevice('bus-07', 'trans-binjai-bus')
  const client = await connectBus(`ws://127.0.0.1:${system.http}/mqtt`, key)
  await client.publishAsync(busTopic, '{"speed_kmh":7}', { qos: 2 })
  await expect.poll(() => speeds(api)).toEqual([7])
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
  process.kill(system.pid('broker') ?? 0, 'SIGKILL')
  await closed
  await expect.poll(() => system.isReady(), { timeout: 5000 }).toBe(true)
  const again = await connectBus(`ws://127.0.0.1:${system.http}/mqtt`, key)
  await again.publishAsync(busTopic, '{"speed_kmh":8}', { qos: 1 })
  await expect.poll(() => speeds(api)).toEqual([7, 8])
})

test('SIGTERM ends every process within five seconds; a new start has the same devices, history and counters', async () => {
  const system = await startSystem()
  const api = await system.login()
  const key = await system.addDevice('bus-07', 'trans-binjai-bus')
  const client = await connectBus(`mqtt://127.0.0.1:${system.mqtt}`, key)
  for (const speed of [1, 2, 3]) await client.publishAsync(busTopic, `{"speed_kmh":${speed}}`, { qos: 1 })
  await client.publishAsync(busTopic, '{nonsense', { qos: 1 })
  await expect.poll(() => api.pipeline()).toMatchObject({ received: 4, waiting: 0 })
  const before = await api.pipeline()
  const processes = system.processes()
  expect(processes).toHaveLength(3)
  const startedMs = Date.now()
  await system.stop()
  expect(Date.now() - startedMs).toBeLessThan(5000)
  expect(processes.filter(isAlive)).toEqual([])

  const again = await startSystem({}, { dir: system.dir })
  const apiAgain = await again.login()
  expect(await speeds(apiAgain)).toEqual([1, 2, 3])
  const { received, stored, duplicates, rejected, waiting } = before
  expect(await apiAgain.pipeline()).toMatchObject({ received, stored, duplicates, rejected, waiting })
  const { devices } = await apiAgain.get<{ devices: { id: string; metrics: object }[] }>('/state')
  expect(devices).toMatchObject([{ id: 'bus-07', metrics: { speed_kmh: 3 } }])
  const back = await connectBus(`mqtt://127.0.0.1:${again.mqtt}`, key)
  await back.publishAsync(busTopic, '{"speed_kmh":4}', { qos: 1 })
  await expect.poll(() => speeds(apiAgain)).toEqual([1, 2, 3, 4])
})

test('what the roles load was compiled before their start, so that none of them has to', async () => {
  const system = await startSystem()
  const files = () => readdirSync(compiledFolder, { recursive: true }).length
  const before = files()
  expect(before).toBeGreaterThan(100)
  await system.stop()
  // What a process had to compile for itself it writes at its end.
  expect(files()).toBe(before)
})

test('when the supervisor is killed its parts end by themselves, and a new start works', async () => {
  const system = await startSystem()
  const key = await system.addDevice('bus-07', 'trans-binjai-bus')
  const processes = system.processes()
  await system.killSupervisor()
  const again = await startSystem({}, { dir: system.dir })
  await expect.poll(() => processes.filter(isAlive), { timeout: 5000 }).toEqual([])
  const client = await connectBus(`mqtt://127.0.0.1:${again.mqtt}`, key)
  await client.publishAsync(busTopic, '{"speed_kmh":4}', { qos: 1 })
  const api = await again.login()
  await expect.poll(() => speeds(api)).toEqual([4])
})

test('when hot.db or the journal is taken away under it, it goes on, and the counters still balance', async () => {
  const system = await startSystem({ BCC_LOG_LEVEL: 'silent' })
  const api = await system.login()
  const key = await system.addDevice('bus-07', 'trans-binjai-bus')
  let client = await connectBus(`mqtt://127.0.0.1:${system.mqtt}`, key)
  const say = (speed: number) => client.publishAsync(busTopic, `{"speed_kmh":${speed}}`, { qos: 1 })
  for (const speed of [1, 2, 3]) await say(speed)
  await expect.poll(() => api.pipeline()).toMatchObject({ stored: 3, waiting: 0 })

  // The whole journal goes while the broker is down; what it writes next is numbered from the beginning.
  const broker = system.pid('broker') ?? 0
  await run('rm', ['-rf', join(system.dir, 'journal')])
  process.kill(broker, 'SIGKILL')
  await expect
    .poll(() => ![undefined, broker].includes(system.pid('broker')) && system.isReady(), { timeout: 8000 })
    .toBe(true)
  client = await connectBus(`mqtt://127.0.0.1:${system.mqtt}`, key)
  await say(4)
  await expect.poll(() => speeds(api), { timeout: 8000 }).toEqual([1, 2, 3, 4])
  await expect.poll(() => api.pipeline()).toMatchObject({ received: 4, stored: 4, waiting: 0 })

  // The store goes: ingest begins a new one from what the journal still has, and the api reads the new one.
  const ingest = system.pid('ingest')
  for (const name of ['hot.db', 'hot.db-wal', 'hot.db-shm']) await run('rm', ['-f', join(system.dir, 'store', name)])
  await expect.poll(() => ![undefined, ingest].includes(system.pid('ingest')), { timeout: 8000 }).toBe(true)
  await say(5)
  await expect.poll(() => speeds(api), { timeout: 8000 }).toEqual([4, 5])
  expectBalance(await api.pipeline())
}, 40_000)

test.skipIf(missingProgram('openssl'))(
  'with a certificate it speaks HTTPS, WebSocket over TLS and MQTT over TLS',
  async () => {
    const folder = tempDir()
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
    const asked = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
    await run('openssl', [...asked, '-keyout', key, '-out', cert, ...subject])
    const mqttsPort = await freePort()
    const settings = {
      BCC_TLS_CERT: cert,
      BCC_TLS_KEY: key,
      BCC_MQTTS_PORT: String(mqttsPort),
      BCC_HTTP_HOST: '127.0.0.1',
    }
    const system: System = await startSystem(settings, { scheme: 'https' })
    const deviceKey = await system.addDevice('bus-07', 'trans-binjai-bus')
    const ca = readFileSync(cert)
    expect(await statusOf(`https://localhost:${system.http}/readyz`, ca)).toBe(200)
    const secure = await connectBus(`mqtts://localhost:${mqttsPort}`, deviceKey, { ca })
    await secure.publishAsync(busTopic, '{"speed_kmh":1}', { qos: 1 })
    const webSocket = await connectBus(`wss://localhost:${system.http}/mqtt`, deviceKey, { ca, clientId: 'second' })
    await webSocket.publishAsync(busTopic, '{"speed_kmh":2}', { qos: 1 })
    await expect(connectBus(`mqtts://localhost:${mqttsPort}`, deviceKey)).rejects.toThrow(/self-signed/)
  },
)

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { io } from 'socket.io-client'
import { expect, onTestFinished, test } from 'vitest'
import { readAnchors } from '../../storage/registry/audit/anchor-file.ts'
import { openRegistry } from '../../storage/registry/registry.ts'
import { tempDir } from '../support/system/temp-dir.ts'

const root = join(import.meta.dirname, '..', '..')
const planted = (what: string) => `planted-${what}-7c1f9a`
const forgedLine = '\n{"level":60,"msg":"forged"}\r\n\u001b[31m'

/** The whole system with everything logged, and all that it printed. */
async function startLoud(dir: string) {
  const environment = {
    ...process.env,
    ...{ BCC_DATA_DIR: dir, BCC_HTTP_PORT: '0', BCC_MQTT_PORT: '0', BCC_LOG_LEVEL: 'trace' },
    ...{ BCC_ADMIN_PASSWORD: planted('admin'), BCC_TELEMETRY: 'influx1', BCC_INFLUX_URL: 'http://127.0.0.1:9' },
    ...{ BCC_INFLUX_USER: 'writer', BCC_INFLUX_PASSWORD: planted('influx') },
  }
  const child = spawn(process.execPath, ['main.ts', 'start'], { cwd: root, env: environment })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
    })
  }
  async function stop(): Promise<string> {
    if (child.exitCode === null) {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    }
    return printed
  }
  onTestFinished(() => void stop())
  await expect.poll(() => printed, { timeout: 20_000 }).toContain('is ready')
  const ports: { http: number; mqtt: number } = JSON.parse(readFileSync(join(dir, 'ports.json'), 'utf8'))
  return { stop, ports, base: `http://127.0.0.1:${ports.http}` }
}

test('a whole run logs lines of JSON only, and no secret in any of them', async () => {
  const dir = tempDir()
  const { stop, ports, base } = await startLoud(dir)
  const send = (path: string, method: string, body?: unknown, headers: Record<string, string> = {}) =>
    fetch(`${base}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  const login = (username: string, password: string) => send('/api/v1/session', 'POST', { username, password })

  await login('admin', planted('wrong-password'))
  await login(`${planted('mistyped')}${forgedLine}`, 'x')
  const cookie = (await login('admin', planted('admin'))).headers.get('set-cookie')?.split(';')[0] ?? ''
  const made = await send('/api/v1/devices', 'POST', { id: 'bus-1', profile: 'trans-binjai-bus' }, { cookie })
  const { key } = (await made.json()) as { key: string }
  const token = await send('/api/v1/tokens', 'POST', { name: 'lobby', role: 'wall' }, { cookie })
  const { token: bearer } = (await token.json()) as { token: string }
  const enrolled = await send('/api/v1/session/totp', 'POST', { password: planted('admin') }, { cookie })
  const { secret } = (await enrolled.json()) as { secret: string }
  await send('/api/v1/state', 'GET', undefined, { authorization: `Bearer ${bearer}` })
  await send('/api/v1/state', 'GET', undefined, { authorization: `Bearer ${planted('token')}` })
  await send(`/api/v1/${encodeURIComponent(forgedLine)}`, 'GET', undefined, { cookie })
  await fetch(`${base}/api/v1/devices`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie },
    body: `{"a": "${planted('body')}`,
  })

  const screen = io(`${base}/wall`, { transports: ['websocket'], auth: { token: bearer }, forceNew: true })
  onTestFinished(() => void screen.close())
  await new Promise((resolve) => screen.on('snapshot', resolve))
  screen.emit('watch', { kinds: [forgedLine] })
  for (const password of [planted('device-key'), key]) {
    const clientId = password === key ? 'bus-1' : `x${forgedLine}`
    const device = mqtt.connect({ port: ports.mqtt, username: 'bus-1', password, clientId, reconnectPeriod: 0 })
    await new Promise<void>((resolve) => {
      for (const event of ['connect', 'error', 'close'] as const) device.on(event, () => resolve())
    })
    if (device.connected)
      await device.publishAsync('binjai/v1/bus/bus-1/telemetry', `{"x":"${planted('payload')}"}`, { qos: 1 })
    await device.endAsync(true)
  }

  const printed = await stop()
  const secrets = [
    ...['admin', 'wrong-password', 'mistyped', 'influx', 'token', 'body', 'device-key', 'payload'].map(planted),
    ...[key, bearer, secret, cookie.split('=')[1] ?? '', readFileSync(join(dir, 'secret')).toString('hex')],
  ]
  expect(secrets.every((one) => one.length > 10)).toBe(true)
  expect(secrets.filter((one) => printed.includes(one))).toEqual([])
  // The three lines for a person at the start are no log.
  const lines = printed.split('\n').filter((line) => line !== '' && !/^(Binjai Command Center| {2})/.test(line))
  expect(lines.filter((line) => !isLogLine(line))).toEqual([])
  expect(lines.filter((line) => line.includes('"msg":"forged"'))).toEqual([])
  expect(lines.length).toBeGreaterThan(5)
  expect(existsSync(join(dir, 'admin-password'))).toBe(false)

  const registry = await openRegistry({ file: join(dir, 'registry.db'), pepper: readFileSync(join(dir, 'secret')) })
  onTestFinished(() => registry.close())
  const rows = await registry.audit.list({ limit: 1000 })
  expect(secrets.filter((one) => JSON.stringify(rows).includes(one))).toEqual([])
  const started = rows.find(({ action }) => action === 'system.started')
  expect(started?.detail).toContain('"BCC_INFLUX_PASSWORD":"set"')
  const { anchors } = readAnchors(join(dir, 'audit-anchor.jsonl'), registry.auditSigner)
  expect(anchors.at(-1)?.count).toBe(rows.length)
}, 60_000)

function isLogLine(line: string): boolean {
  try {
    const parsed: unknown = JSON.parse(line)
    return typeof parsed === 'object' && parsed !== null && 'level' in parsed && 'time' in parsed && 'role' in parsed
  } catch {
    return false
  }
}

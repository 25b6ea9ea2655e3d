import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { connectBroker } from '../../api/links/broker-link.ts'
import { openSocket, sendAll, signIn } from '../support/broker/raw-mqtt.ts'
import { tempDir } from '../support/system/temp-dir.ts'
import { environmentOf, projectRoot, registerBuses } from '../support/system/whole-system.ts'

/** One role alone, with this many files at most. */
function startWith(files: number, { dir, role, more = {} }: { dir: string; role: string; more?: object }): void {
  const command = `ulimit -n ${files}; exec "${process.execPath}" "${join(projectRoot, 'main.ts')}" ${role}`
  const env = { ...environmentOf(dir), ...more }
  const child = spawn('sh', ['-c', command], { env, stdio: ['ignore', 'inherit', 'inherit'] })
  onTestFinished(async () => {
    if (child.exitCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
}

async function startBrokerWith(files: number, dir: string): Promise<void> {
  startWith(files, { dir, role: 'broker' })
  const socketPath = join(dir, 'run', 'broker.sock')
  await expect.poll(() => connectBroker(socketPath).status(), { timeout: 20_000 }).toBeDefined()
}

/** Connections that say nothing. */
function openIdle(port: number): void {
  const idle: Socket[] = Array.from({ length: 600 }, () => {
    const one = connect(port, '127.0.0.1')
    one.on('error', () => undefined)
    return one
  })
  onTestFinished(() => {
    for (const one of idle) one.destroy()
  })
}

test('a broker that runs out of files keeps whom it has, and lets in who says who it is', {
  timeout: 60_000,
}, async () => {
  const dir = tempDir()
  const [old, late] = await registerBuses(dir, ['bus-1', 'bus-2'])
  if (old === undefined || late === undefined) throw new Error('not registered')
  await startBrokerWith(256, dir)
  const broker = connectBroker(join(dir, 'run', 'broker.sock'))
  const port: number = JSON.parse(readFileSync(join(dir, 'ports.json'), 'utf8')).mqtt
  const socket = await openSocket(port)
  expect(await signIn(socket, old.id, old.key)).toBe(0)
  openIdle(port)
  await expect
    .poll(async () => (await broker.status())?.refused['too-many-pending'], { timeout: 10_000 })
    .toBeGreaterThan(400)
  await sendAll(socket, old.id, 20)
  const another = await openSocket(port)
  expect(await signIn(another, late.id, late.key)).toBe(0)
  await sendAll(another, late.id, 20)
  expect((await broker.status())?.connected).toBe(2)
})

test('an api that runs out of files answers whoever asks', { timeout: 60_000 }, async () => {
  const dir = tempDir()
  await registerBuses(dir, ['bus-1'])
  startWith(256, { dir, role: 'api', more: { BCC_MAX_HTTP_CONNECTIONS_PER_ADDRESS: '8192' } })
  const portFile = join(dir, 'ports.json')
  const portOf = (): number => JSON.parse(readFileSync(portFile, 'utf8')).http
  await expect.poll(() => existsSync(portFile) && portOf() > 0, { timeout: 20_000 }).toBe(true)
  const ask = async (path: string) => (await fetch(`http://127.0.0.1:${portOf()}${path}`)).text()
  openIdle(portOf())
  const refused = /refused\w*\{[^}]*reason="connections"[^}]*\} (\d+)/
  const many = async () => Number(refused.exec(await ask('/metrics'))?.[1] ?? 0)
  await expect.poll(many, { timeout: 10_000 }).toBeGreaterThan(400)
  expect(JSON.parse(await ask('/api/v1/site'))).toMatchObject({ timeZone: 'Asia/Jakarta' })
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { connectBroker } from '../../api/links/broker-link.ts'
import { openSocket, sendAll, signIn } from '../helpers/raw-mqtt.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { environmentOf, projectRoot, registerBuses } from '../helpers/whole-system.ts'

/** The broker alone, with this many files at most. */
async function startBrokerWith(files: number, dir: string): Promise<void> {
  const command = `ulimit -n ${files}; exec "${process.execPath}" "${join(projectRoot, 'main.ts')}" broker`
  const child = spawn('sh', ['-c', command], { env: environmentOf(dir), stdio: ['ignore', 'inherit', 'inherit'] })
  onTestFinished(async () => {
    if (child.exitCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  const socketPath = join(dir, 'run', 'broker.sock')
  await expect.poll(() => connectBroker(socketPath).status(), { timeout: 20_000 }).toBeDefined()
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
  const idle: Socket[] = Array.from({ length: 600 }, () => {
    const one = connect(port, '127.0.0.1')
    one.on('error', () => undefined)
    return one
  })
  onTestFinished(() => {
    for (const one of idle) one.destroy()
  })
  await expect
    .poll(async () => (await broker.status())?.refused['too-many-pending'], { timeout: 10_000 })
    .toBeGreaterThan(400)
  await sendAll(socket, old.id, 20)
  const another = await openSocket(port)
  expect(await signIn(another, late.id, late.key)).toBe(0)
  await sendAll(another, late.id, 20)
  expect((await broker.status())?.connected).toBe(2)
})

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, connect as dial, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Aedes } from 'aedes'
import mqtt from 'mqtt'
import { expect, onTestFinished } from 'vitest'

/** Debian keeps it in /usr/sbin, which is not on everybody's path. */
const mosquittoPath = `${process.env.PATH}:/usr/sbin`

export function hasMosquitto(): boolean {
  const found = spawnSync('mosquitto', ['-h'], { env: { PATH: mosquittoPath } }).error === undefined
  if (!found && process.env.CI === 'true') throw new Error('mosquitto is missing')
  return found
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = addressOf(server)
  server.close()
  await once(server, 'close')
  return port
}

function addressOf(server: Server): AddressInfo {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not a TCP server')
  return address
}

/** The real Mosquitto on a free port, open to anybody, until the test is over. */
export async function startMosquitto(): Promise<{ url: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'mosquitto-'))
  const port = await freePort()
  const config = join(folder, 'mosquitto.conf')
  await writeFile(config, `listener ${port} 127.0.0.1\nallow_anonymous true\n`)
  const child = spawn('mosquitto', ['-c', config], { env: { PATH: mosquittoPath }, stdio: 'ignore' })
  onTestFinished(async () => {
    await stop(child)
    await rm(folder, { recursive: true })
  })
  await expect.poll(() => answers(port), { timeout: 5000 }).toBe(true)
  return { url: `mqtt://127.0.0.1:${port}` }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  child.kill()
  await once(child, 'exit')
}

async function answers(port: number): Promise<boolean> {
  const socket = dial(port, '127.0.0.1')
  const up = await Promise.race([once(socket, 'connect').then(() => true), once(socket, 'error').then(() => false)])
  socket.destroy()
  return up
}

/** Aedes in this process, on a free port, until the test is over. */
export async function startAedes(): Promise<{ url: string; aedes: Aedes; dropAll: () => void }> {
  const aedes = await Aedes.createBroker()
  const sockets = new Set<{ destroy: () => void }>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    aedes.handle(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const dropAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  onTestFinished(async () => {
    dropAll()
    server.close()
    await new Promise<void>((resolve) => aedes.close(() => resolve()))
  })
  return { url: `mqtt://127.0.0.1:${addressOf(server).port}`, aedes, dropAll }
}

export interface Heard {
  topic: string
  text: string
  retained: boolean
}

/** Everything that anybody publishes, as another client hears it. */
export async function listen(url: string): Promise<Heard[]> {
  const client = await mqtt.connectAsync(url, { protocolVersion: 4 })
  onTestFinished(() => client.endAsync(true))
  const heard: Heard[] = []
  client.on('message', (topic, payload, { retain }) =>
    heard.push({ topic, text: payload.toString(), retained: retain }),
  )
  await client.subscribeAsync('#', { qos: 1 })
  return heard
}

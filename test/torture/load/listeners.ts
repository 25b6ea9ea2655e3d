import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect as openTcp, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import mqtt from 'mqtt'
import { openRegistry } from '../../../storage/registry/registry.ts'
import type { BenchSystem } from '../../bench/system.ts'
import { connect as connectBytes, subscribe as subscribeBytes } from '../../broker/conformance/bytes.ts'

/** Somebody who listens while a load runs, and counts what he hears. */
export interface Listener {
  /** Of messages that were sent, how many he did not hear in their order, and how many more he heard. Waits for the last. */
  wrong(sent: number): Promise<number>
  stop(): void
}

/** How long the last messages may be on their way, ms. */
const lastWithinMs = 10_000
const allReadings = 'binjai/v1/+/+/telemetry'

/** Makes a token for each name, with filters. */
export async function makeTokens(
  { dir }: BenchSystem,
  filters: Record<string, string[]>,
): Promise<Map<string, string>> {
  const registry = await openRegistry({ file: join(dir, 'registry.db'), pepper: readFileSync(join(dir, 'secret')) })
  const tokens = new Map<string, string>()
  try {
    for (const [name, own] of Object.entries(filters)) {
      tokens.set(name, (await registry.tokens.create({ name, role: 'service', filters: own })).token)
    }
    return tokens
  } finally {
    await registry.close()
  }
}

/** Counts by topic: each device counts its messages from 1 in every run of a load. */
function createCount() {
  const lastOf = new Map<string, number>()
  let heard = 0
  let disordered = 0
  return {
    hear(topic: string, seq: number): void {
      heard += 1
      if (seq !== 1 && seq !== (lastOf.get(topic) ?? 0) + 1) disordered += 1
      lastOf.set(topic, seq)
    },
    async wrong(sent: number): Promise<number> {
      const untilMs = performance.now() + lastWithinMs
      while (heard < sent && performance.now() < untilMs) await sleep(20)
      return disordered + Math.abs(sent - heard)
    },
  }
}

/** Debian's own client, on all readings. */
export async function startMosquittoSub(
  { mqtt: port, http }: BenchSystem,
  { name, token }: { name: string; token: string },
): Promise<Listener> {
  const who = ['-h', '127.0.0.1', '-p', String(port), '-u', name, '-P', token]
  const child = spawn('mosquitto_sub', [...who, '-q', '1', '-t', allReadings, '-F', '%t %p'])
  const count = createCount()
  createInterface({ input: child.stdout }).on('line', (line) => {
    const space = line.indexOf(' ')
    count.hear(line.slice(0, space), seqOf(line))
  })
  while (!(await figures(http)).includes(`bcc_service_connections{service="${name}"} 1`)) await sleep(100)
  // It subscribes as soon as it is let in.
  await sleep(500)
  return { wrong: count.wrong, stop: () => void child.kill() }
}

/** One with filters of its own; what it hears of other topics is wrong. */
export async function startOwn(
  { mqtt: port }: BenchSystem,
  { name, token, topics }: { name: string; token: string; topics: string[] },
): Promise<Listener> {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
    ...{ username: name, password: token, reconnectPeriod: 0 },
  })
  const count = createCount()
  const own = new Set(topics)
  let leaked = 0
  client.on('message', (topic, payload) => {
    if (own.has(topic)) count.hear(topic, seqOf(payload.toString('latin1')))
    else leaked += 1
  })
  await client.subscribeAsync(topics, { qos: 1 })
  return {
    wrong: async (sent) => leaked + (await count.wrong(sent)),
    stop: () => void client.end(true),
  }
}

/** One that subscribes to everything and then reads nothing more. */
export async function startFrozen(
  { mqtt: port }: BenchSystem,
  { name, token }: { name: string; token: string },
): Promise<Socket> {
  const socket = openTcp({ port, host: '127.0.0.1' })
  socket.on('error', () => undefined)
  socket.write(connectBytes({ clientId: name, userName: name, password: token, keepalive: 300 }))
  await once(socket, 'data')
  socket.write(subscribeBytes(1, [[allReadings, 0]]))
  await once(socket, 'data')
  socket.removeAllListeners('data')
  socket.pause()
  return socket
}

/** What the broker says of a token in `/metrics`. */
export async function droppedFor({ http }: BenchSystem, name: string): Promise<number> {
  const pattern = new RegExp(`bcc_service_messages\\{service="${name}",outcome="dropped"\\} (\\d+)`)
  return Number(pattern.exec(await figures(http))?.[1] ?? Number.NaN)
}

async function figures(http: number): Promise<string> {
  return (await fetch(`http://127.0.0.1:${http}/metrics`)).text()
}

function seqOf(text: string): number {
  return Number(text.slice(text.lastIndexOf(':') + 1, -1))
}

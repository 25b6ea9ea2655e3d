import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import mqtt from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { openStoreReader } from '../support/storage/books.ts'
import { tempDir } from '../support/system/temp-dir.ts'
import { registerBuses, startWholeSystem, type TestDevice, type WholeSystem } from '../support/system/whole-system.ts'
import { imbalanceOf } from '../torture/stored.ts'

/** A fault that only a reading with one of these keys meets, put into every process before its own code. */
const faults = `
  const entries = Object.entries
  Object.entries = (of) => {
    if (Object.hasOwn(of, 'poison_throw')) throw new Error('a fault of ours')
    if (Object.hasOwn(of, 'poison_abort')) process.abort()
    if (Object.hasOwn(of, 'poison_kill')) process.kill(process.pid, 'SIGKILL')
    if (Object.hasOwn(of, 'poison_hang')) for (;;);
    return entries(of)
  }
`

async function startWithFaults(dir: string): Promise<WholeSystem> {
  const file = join(dir, 'faults.mjs')
  writeFileSync(file, faults)
  const settings = { NODE_OPTIONS: `--import ${pathToFileURL(file)}`, BCC_LOG_LEVEL: 'silent' }
  const system = await startWholeSystem({ dir, settings, withinMs: 60_000 })
  onTestFinished(() => system.stop())
  return system
}

function client({ mqtt: port }: WholeSystem, { id, key }: TestDevice): Promise<mqtt.MqttClient> {
  const options = { port, host: '127.0.0.1', username: id, password: key, clientId: id }
  return mqtt.connectAsync(options)
}

/** Moments (performance.now) at which another process of ingest was seen. */
function followDeaths(system: WholeSystem): { deathsMs: number[]; stop(): void } {
  const deathsMs: number[] = []
  let known = system.pid('ingest')
  const timer = setInterval(() => {
    const pid = system.pid('ingest')
    if (pid === known) return
    if (known !== undefined) deathsMs.push(performance.now())
    known = pid
  }, 10)
  return { deathsMs, stop: () => clearInterval(timer) }
}

// The first process notes nothing. A SIGKILL may come from outside: only the fifth in turn convicts, not the second.
test.each([
  ['throw', 3],
  ['abort', 3],
  ['hang', 3],
  ['kill', 6],
])(
  'a message on which ingest ends (%s, %d times at most) ends in quarantine, and the rest of the city is there within 10 s of the last end but one',
  async (way, most) => {
    const dir = tempDir()
    const [bad, other] = await registerBuses(dir, ['bus-1', 'bus-2'])
    if (bad === undefined || other === undefined) throw new Error('no devices')
    const system = await startWithFaults(dir)
    const reader = openStoreReader({ storePath: join(dir, 'store', 'hot.db'), journalDir: join(dir, 'journal') })
    onTestFinished(() => reader.close())
    const [attacker, neighbour] = await Promise.all([client(system, bad), client(system, other)])
    onTestFinished(async () => {
      await Promise.all([attacker.endAsync(true), neighbour.endAsync(true)])
    })
    const deaths = followDeaths(system)
    const firstMs = Date.now() - 3_600_000
    const readings = Array.from({ length: 1000 }, (_, n) => ({ ts: firstMs + n, speed_kmh: 1 }))
    const payload = JSON.stringify([...readings.slice(1), { ts: firstMs, [`poison_${way}`]: 1 }])
    await neighbour.publishAsync(other.topic, JSON.stringify({ ts: firstMs, speed_kmh: 2 }), { qos: 1 })
    await attacker.publishAsync(bad.topic, payload, { qos: 1 })
    await neighbour.publishAsync(other.topic, JSON.stringify({ ts: firstMs + 1, speed_kmh: 3 }), { qos: 1 })
    const untilMs = performance.now() + 60_000
    for (let waiting = 1; waiting > 0 && performance.now() < untilMs; await sleep(20)) {
      const counters = await reader.counters()
      expect(imbalanceOf(counters)).toBe(0)
      waiting = counters.waiting
    }
    deaths.stop()
    const lastButOneMs = deaths.deathsMs[most - 2] ?? Number.NaN
    expect(performance.now() - lastButOneMs).toBeLessThan(10_000)
    expect(deaths.deathsMs.length).toBeLessThanOrEqual(most)
    expect(await reader.counters()).toMatchObject({ received: 3, stored: 2, rejected: { 'ingest-ended': 1 } })
    const [row] = (await reader.quarantine({ limit: 5 })).rows
    expect(row).toMatchObject({ reason: 'ingest-ended', deviceId: 'bus-1', readings: 1 })
    expect(Buffer.from(row?.payload ?? []).toString()).toBe(payload)
    await expect.poll(() => system.isReady(), { timeout: 15_000 }).toBe(true)
  },
  120_000,
)

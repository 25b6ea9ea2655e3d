import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import mqtt from 'mqtt'
import { freePort, missingProgram } from '../../support/influx/influx-process.ts'
import type { TestDevice } from '../../support/system/whole-system.ts'
import { startPublishers } from '../publishers.ts'
import { rounds, type Scenario, type Trial } from '../scenario.ts'
import { earlierTodayMs, lostOf } from '../stored.ts'

const fullRounds = 500
const connections = 10
const window = 20
const topicRoot = 'binjai/v1/bus'

/** `max_queued_messages 0`: what waits for the subscriber has no bound, so that nothing is dropped for that reason. */
const configOf = (dir: string, port: number) => `
listener ${port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location ${dir}/
autosave_interval 1
max_queued_messages 0
log_type none
user root
`

interface Broker {
  /** kill -9, and another one on the same files. Resolves when that one runs. */
  killAndStart(): Promise<void>
  kill(): Promise<void>
}

async function startMosquitto(config: string): Promise<Broker> {
  const start = () => spawn('mosquitto', ['-c', config], { stdio: 'ignore' })
  let child: ChildProcess = start()
  async function kill(): Promise<void> {
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  return {
    kill,
    async killAndStart() {
      await kill()
      child = start()
    },
  }
}

/** A subscriber with a session that the broker keeps, as ingest would be behind a broker without a journal. */
async function subscribe(port: number, keep: (device: string, ts: number) => void) {
  const url = `mqtt://127.0.0.1:${port}`
  const client = await mqtt.connectAsync(url, {
    clientId: 'ingest',
    clean: false,
    reconnectPeriod: 20,
    resubscribe: true,
  })
  client.on('error', () => undefined)
  let heardMs = performance.now()
  client.on('message', (topic, payload) => {
    heardMs = performance.now()
    keep(topic.split('/')[3] ?? '', Number(JSON.parse(payload.toString()).ts))
  })
  await client.subscribeAsync(`${topicRoot}/+/telemetry`, { qos: 1 })
  return { client, quietMs: () => performance.now() - heardMs }
}

async function run({ dir, scale, random, log }: Trial) {
  const port = await freePort()
  const config = join(dir, 'mosquitto.conf')
  mkdirSync(join(dir, 'kept'))
  writeFileSync(config, configOf(join(dir, 'kept'), port))
  const broker = await startMosquitto(config)
  const devices: TestDevice[] = Array.from({ length: connections }, (_, n) => {
    return { id: `bus-${n}`, key: '', topic: `${topicRoot}/bus-${n}/telemetry` }
  })
  const rows = new Map<string, Set<number>>(devices.map(({ id }) => [id, new Set()]))
  const { client, quietMs } = await subscribe(port, (device, ts) => rows.get(device)?.add(ts))
  const load = startPublishers({ port, devices, window, firstMs: earlierTodayMs() })
  const times = rounds(fullRounds, scale)
  try {
    for (let round = 1; round <= times; round += 1) {
      while (load.connected() < connections) await sleep(5)
      await sleep(50 + random() * 250)
      const brokenAll = load.breaks() + load.connected()
      await broker.killAndStart()
      while (load.breaks() < brokenAll) await sleep(2)
      log(`mosquitto ${round} of ${times}; ${load.acknowledgedCount()} acknowledged`)
    }
    await load.stop()
    while (quietMs() < 3000) await sleep(100)
  } finally {
    client.end(true)
    await broker.kill()
  }
  const acknowledged = load.acknowledgedCount()
  const lost = lostOf(load.acknowledged(), { rows })
  return [
    { what: 'rounds of mosquitto', reached: times, unit: '', better: 'more' } as const,
    { what: 'messages acknowledged by it', reached: acknowledged, unit: '', better: 'more' } as const,
    { what: 'acknowledged and lost by it', reached: lost, unit: '', better: 'less' } as const,
    { what: 'share of what it acknowledged', reached: (lost / acknowledged) * 100, unit: '%', better: 'less' } as const,
  ]
}

export const killMosquitto: Scenario = {
  name: 'kill-mosquitto',
  promise: 'For comparison: what a broker loses that acknowledges before it has written.',
  how: "The load of kill-roles against Debian's mosquitto with `persistence true` and `autosave_interval 1`, killed the same way; a subscriber with a persistent session (QoS 1) keeps what it gets. Nothing is asked of it.",
  minutes: 4,
  quickScale: 0,
  missing: () => missingProgram('mosquitto'),
  run,
}

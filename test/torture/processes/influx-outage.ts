import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import mqtt, { type MqttClient } from 'mqtt'
import type { PipelineCounters } from '../../../contract/feed.ts'
import type { Random } from '../../../firmware-sim/random.ts'
import { startProbe } from '../../bench/probe.ts'
import { missingProgram } from '../../support/influx/influx-process.ts'
import { type RunningInfluxd, startInfluxd } from '../../support/influx/influxd.ts'
import { openStoreReader, type StoreReader } from '../../support/storage/books.ts'
import {
  registerBuses,
  startWholeSystem,
  type TestDevice,
  type WholeSystem,
} from '../../support/system/whole-system.ts'
import { type Publishers, startPublishers } from '../publishers.ts'
import { rounds, type Scenario, type TortureFigure, type Trial } from '../scenario.ts'
import { earlierTodayMs, imbalanceOf } from '../stored.ts'

const database = 'city'
const devicesEach = 10
const livePerS = 1000
/** What an hour at the live rate would bring, brought in minutes. */
const hourOfReadings = 3_600_000
const readingsPerMessage = 500
const messagesAtOnce = 4
const poisonBatches = 50
const fullMeasureS = 8
const minMeasureS = 1.5

interface Setup {
  system: WholeSystem
  influxd: RunningInfluxd
  reader: StoreReader
  live: readonly TestDevice[]
  backlog: readonly TestDevice[]
  probe: TestDevice
  /** Every moment that was acknowledged, by device. */
  sent: Map<string, number>
  trial: Trial
}

/** Devices hand in what they gathered, many readings a message, each a moment of its own. */
async function handIn(setup: Setup, count: number, build: (ts: number) => Record<string, number>): Promise<void> {
  const { system, backlog, sent, trial } = setup
  const clients = await Promise.all(backlog.map((device) => open(system, device)))
  const each = Math.ceil(count / backlog.length / readingsPerMessage)
  let done = 0
  async function work(device: TestDevice, client: MqttClient): Promise<void> {
    for (let n = 0; n < each; n += 1) {
      const from = sent.get(device.id) ?? 0
      sent.set(device.id, from + readingsPerMessage)
      const readings = Array.from({ length: readingsPerMessage }, (_, at) => build(from + at))
      await client.publishAsync(device.topic, JSON.stringify(readings), { qos: 1 })
      done += readingsPerMessage
      trial.log(`${done} of ${count} readings handed in`)
    }
  }
  for (let at = 0; at < backlog.length; at += messagesAtOnce) {
    await Promise.all(
      backlog.slice(at, at + messagesAtOnce).map((device, n) => work(device, clients[at + n] as MqttClient)), // one each
    )
  }
  for (const client of clients) await client.endAsync()
}

function open({ mqtt: port }: WholeSystem, { id, key }: TestDevice): Promise<MqttClient> {
  return mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { username: id, password: key })
}

async function waitFor(reader: StoreReader, met: (counters: PipelineCounters) => boolean): Promise<PipelineCounters> {
  for (;;) {
    const counters = await reader.counters()
    if (met(counters)) return counters
    await sleep(50)
  }
}

/** An hour that comes in a minute is a queue before ingest; the promise is about InfluxDB behind it. */
async function takenIn({ http }: WholeSystem): Promise<void> {
  for (;;) {
    const text = await (await fetch(`http://127.0.0.1:${http}/metrics`)).text()
    if (Number(/^bcc_pipeline_lag_seconds (\S+)$/m.exec(text)?.[1] ?? 1) < 0.2) return
    await sleep(200)
  }
}

interface Latency {
  median: number
  p95: number
}

/** Publish to the wall's socket, while the live load goes on. */
async function liveLatency({ system, probe, reader, trial }: Setup): Promise<Latency> {
  const password = readFileSync(join(system.dir, 'admin-password'), 'utf8').trim()
  const seconds = Math.max(minMeasureS, fullMeasureS * Math.min(1, trial.scale * 50))
  const where = { mqtt: system.mqtt, http: system.http, probe, password, reader }
  const running = await startProbe(where, { warmUpS: 0.5, seconds })
  await sleep(seconds * 1000)
  const { socket } = await running.stop()
  return { median: socket.p50, p95: socket.p95 }
}

interface Drain {
  perS: number
  latency: Latency
}

async function drainWhileLive(setup: Setup): Promise<Drain> {
  const before = await setup.reader.counters()
  const startedMs = performance.now()
  const [latency, drained] = await Promise.all([
    liveLatency(setup),
    waitFor(setup.reader, ({ waiting }) => waiting < livePerS / 2).then((counters) => ({
      counters,
      atMs: performance.now(),
    })),
  ])
  const perS = ((drained.counters.stored - before.stored) / (drained.atMs - startedMs)) * 1000
  return { perS, latency }
}

/** Readings that InfluxDB will never take: of a field that it has as text, and older than it keeps. */
async function handInPoison(setup: Setup, batches: number, random: Random, firstMs: number): Promise<number[]> {
  const { backlog, sent, system } = setup
  const poison: number[] = []
  const [device] = backlog
  if (device === undefined) return poison
  const client = await open(system, device)
  for (let batch = 0; batch < batches; batch += 1) {
    const from = sent.get(device.id) ?? 0
    sent.set(device.id, from + readingsPerMessage)
    const bad = new Set(
      Array.from({ length: 1 + Math.floor(random() * 50) }, () => Math.floor(random() * readingsPerMessage)),
    )
    const readings = Array.from({ length: readingsPerMessage }, (_, at) => {
      const ts = firstMs + from + at
      if (!bad.has(at)) return { ts, odometer_km: from + at }
      poison.push(ts)
      return { ts, odometer_km: from + at, spoiled: 1 }
    })
    await client.publishAsync(device.topic, JSON.stringify(readings), { qos: 1 })
    setup.trial.log(`${batch + 1} of ${batches} batches with poison`)
  }
  await client.endAsync()
  return poison
}

/** Poisoned moments that quarantine does not name with the server's own words, or names wrongly. */
function unnamed(dir: string, poison: readonly number[]): number {
  const db = new DatabaseSync(join(dir, 'store', 'hot.db'), { readOnly: true })
  const rows = db.prepare("SELECT detail, payload FROM quarantine WHERE reason = 'refused-by-store'").all()
  db.close()
  const named = new Set<number>()
  let wrong = 0
  for (const { detail, payload } of rows) {
    if (!String(detail).includes('field type conflict')) wrong += 1
    named.add(Number(JSON.parse(Buffer.from(payload as Uint8Array).toString()).ts)) // a BLOB column
  }
  return wrong + poison.filter((ts) => !named.has(ts)).length + Math.abs(named.size - poison.length)
}

async function heldByInflux(influxd: RunningInfluxd): Promise<number> {
  const rows = await influxd.query('SELECT count(odometer_km) FROM "trans-binjai-bus"', database)
  return Number(rows[0]?.count ?? 0)
}

async function start(trial: Trial): Promise<Setup> {
  const { dir } = trial
  const influxd = await startInfluxd()
  await influxd.query(`CREATE DATABASE ${database}`)
  // A field has a type of its own in each shard, which is a week.
  const spoil = [0, 3, 6].map(
    (hours) => `trans-binjai-bus,device=nobody spoiled="text" ${Date.now() - hours * 3_600_000}`,
  )
  await fetch(`${influxd.url}/write?db=${database}&precision=ms`, { method: 'POST', body: spoil.join('\n') })
  const ids = (name: string) => Array.from({ length: devicesEach }, (_, n) => `${name}-${n}`)
  const live = await registerBuses(dir, ids('live'))
  const backlog = await registerBuses(dir, ids('backlog'))
  const [probe] = await registerBuses(dir, ['probe'])
  if (probe === undefined) throw new Error('no probe')
  const settings = { BCC_TELEMETRY: 'influx1', BCC_INFLUX_URL: influxd.url, BCC_INFLUX_DATABASE: database }
  const system = await startWholeSystem({ dir, settings })
  const reader = openStoreReader({ storePath: join(dir, 'store', 'hot.db'), journalDir: join(dir, 'journal') })
  return { system, influxd, reader, live, backlog, probe, sent: new Map(), trial }
}

async function torment(setup: Setup, load: Publishers): Promise<TortureFigure[]> {
  const { influxd, trial, reader, system } = setup
  const { log, scale, random } = trial
  const firstMs = earlierTodayMs() - 7_200_000
  const build = (n: number) => ({ ts: firstMs + n, odometer_km: n })

  log('latency while all is well')
  await sleep(2000)
  const well = await liveLatency(setup)
  await influxd.kill()
  await handIn(setup, rounds(hourOfReadings, scale), build)
  log('ingest takes the hour in')
  await takenIn(system)
  log('latency while InfluxDB is away')
  const away = await liveLatency(setup)
  const waited = (await reader.counters()).waiting
  await influxd.start()
  log(`draining ${waited} readings`)
  const drained = await drainWhileLive(setup)

  log('InfluxDB hangs')
  influxd.pause()
  const hung = await liveLatency(setup)
  influxd.resume()
  await waitFor(reader, ({ waiting }) => waiting < livePerS / 2)

  const poison = await handInPoison(setup, rounds(poisonBatches, scale), random, firstMs)
  await load.stop()
  const counters = await waitFor(reader, ({ waiting }) => waiting === 0)
  const good = counters.received - counters.duplicates - poison.length
  const held = await heldByInflux(influxd)
  const none = { unit: '', asked: 0, better: 'less' } as const
  const rise = (when: string, { median, p95 }: Latency): TortureFigure[] => [
    {
      what: `publish to wall ${when}, median against all well`,
      reached: (median / well.median - 1) * 100,
      unit: '%',
      asked: 20,
      better: 'less',
      timed: true,
    },
    { what: `publish to wall ${when}, p95`, reached: p95, unit: 'ms', better: 'less' },
  ]
  return [
    { what: 'publish to wall while all is well, median', reached: well.median, unit: 'ms', better: 'less' },
    { what: 'publish to wall while all is well, p95', reached: well.p95, unit: 'ms', better: 'less' },
    { what: 'readings that waited when InfluxDB was back', reached: waited, unit: '', better: 'more' },
    ...rise('while InfluxDB is away', away),
    ...rise('while it drains', drained.latency),
    ...rise('while InfluxDB hangs', hung),
    {
      what: 'drained while live data goes on',
      reached: drained.perS,
      unit: '/s',
      asked: livePerS * 5,
      better: 'more',
      timed: true,
    },
    { what: 'good readings that InfluxDB does not hold', reached: Math.max(0, good - held), ...none },
    { what: 'poison points, 1 to 50 among 500', reached: poison.length, unit: '', better: 'more' },
    {
      what: 'poison points not named in quarantine with the words of InfluxDB',
      reached: unnamed(system.dir, poison),
      ...none,
    },
    { what: 'readings that the counters miss', reached: imbalanceOf(counters), ...none },
  ]
}

export const influxOutage: Scenario = {
  name: 'influx-outage',
  promise: 'InfluxDB may be away, hang or refuse points: nothing good is lost, and the wall does not notice.',
  how: 'A real influxd 1.6.7 beside the system at 1,000 readings/s: killed while what an hour brings is handed in within minutes, started again, stopped with SIGSTOP, then given points of a field that it has as text.',
  minutes: 7,
  quickScale: 0.002,
  missing: () => missingProgram('influxd'),
  async run(trial) {
    const setup = await start(trial)
    const { system, influxd, reader, live } = setup
    const load = startPublishers({
      port: system.mqtt,
      devices: live,
      window: 100,
      ratePerS: livePerS / devicesEach,
      firstMs: earlierTodayMs(),
    })
    try {
      return await torment(setup, load)
    } finally {
      await load.stop()
      await reader.close()
      await system.stop()
      await influxd.close()
    }
  },
}

import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import type { MqttClient } from 'mqtt'
import type { Pipeline } from '../../../contract/http/pipeline.ts'
import type { Readings } from '../../../contract/http/readings.ts'
import type { TestDevice, WholeSystem } from '../../support/system/whole-system.ts'
import type { BrokenInflux } from './influx-faults.ts'

export const admin = ['root', 'kata-sandi-akar'] as const
/** A page is not left waiting longer than this, whatever InfluxDB does. */
export const slowestAnswerMs = 4000
const takenInWithinMs = 30_000
const drainedWithinMs = 60_000

export interface World extends BrokenInflux {
  system: WholeSystem
  cookie: string
  tally: Tally
}

/** What must stay 0, and what was done. */
export interface Tally {
  lost: number
  twice: number
  historyLess: number
  historyWrong: number
  slowAnswers: number
  untold: number
  eventsWrong: number
  condemned: number
  steps: number
  readings: number
  slowestMs: number
  engines: Set<string>
  notes: string[]
}

interface Sent {
  ts: number
  km: number
  ackedMs: number
}

/** A device of one seed, and all that it was told to be stored. */
export interface Sender {
  device: TestDevice
  client: MqttClient
  sent: Sent[]
  /** Moments that history has shown: never again may it show less. */
  shown: Set<number>
}

async function get<T>({ system, cookie }: World, path: string): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${system.http}/api/v1${path}`, { headers: { cookie } })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  // Our own api, whose shapes its own tests hold.
  return (await response.json()) as T
}

const everyS = 2

/** Points, counts and means of all that was sent, as anybody would reckon them. */
function rightOf(sent: readonly Sent[]) {
  const buckets = new Map<number, number[]>()
  for (const { ts, km } of sent) {
    const start = Math.floor(ts / (everyS * 1000)) * everyS * 1000
    buckets.set(start, [...(buckets.get(start) ?? []), km])
  }
  return {
    raw: sent.map(({ ts, km }) => [ts, km]),
    count: [...buckets].map(([ms, list]) => [ms, list.length]),
    mean: [...buckets].map(([ms, list]) => [ms, list.reduce((sum, km) => sum + km, 0) / list.length]),
  }
}

async function askHistory(world: World, { device, sent }: Sender) {
  const from = Math.floor(((sent[0]?.ts ?? 0) - 1000) / 10_000) * 10_000
  const base = `/devices/${device.id}/readings?metrics=odometer_km&from=${from}&to=${Date.now() + 60_000}`
  async function one(more: string) {
    const startedMs = performance.now()
    const answer = await get<Readings>(world, base + more)
    world.tally.engines.add(answer.engine)
    const tookMs = performance.now() - startedMs
    world.tally.slowestMs = Math.max(world.tally.slowestMs, tookMs)
    if (tookMs > slowestAnswerMs) world.tally.slowAnswers += 1
    return answer.metrics.odometer_km ?? []
  }
  const [raw, count, mean] = [
    await one(''),
    await one(`&every=${everyS}s&aggregate=count`),
    await one(`&every=${everyS}s&aggregate=mean`),
  ]
  return { raw, count, mean }
}

/** Never less than was shown before; and soon all that was acknowledged, as points and in buckets. */
export async function checkHistory(world: World, sender: Sender): Promise<void> {
  const { tally } = world
  const right = JSON.stringify(rightOf(sender.sent))
  const untilMs = performance.now() + takenInWithinMs
  for (;;) {
    const answer = await askHistory(world, sender)
    const moments = new Set(answer.raw.map(([ms]) => ms))
    if ([...sender.shown].some((ms) => !moments.has(ms))) {
      tally.historyLess += 1
      const words = `${sender.device.id}: history lacks what it had shown`
      if (!tally.notes.includes(words)) tally.notes.push(words)
    }
    for (const ms of moments) sender.shown.add(ms)
    if (JSON.stringify(answer) === right) return
    if (performance.now() > untilMs) {
      tally.historyWrong += 1
      tally.notes.push(`${sender.device.id}: ${JSON.stringify(answer)} instead of ${right}`)
      return
    }
    await sleep(50)
  }
}

async function drained(world: World): Promise<Pipeline> {
  const untilMs = performance.now() + drainedWithinMs
  for (;;) {
    const pipeline = await get<Pipeline>(world, '/pipeline').catch(() => undefined)
    if (pipeline?.waiting === 0 && pipeline.store.up && pipeline.ingest.up) return pipeline
    if (performance.now() > untilMs) throw new Error(`it does not drain: ${JSON.stringify(pipeline)}`)
    await sleep(50)
  }
}

function hot<T>(world: World, read: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(join(world.system.dir, 'store', 'hot.db'), { readOnly: true, timeout: 5000 })
  try {
    return read(db)
  } finally {
    db.close()
  }
}

function rowsOf({ influxd }: World, { id }: TestDevice, what: string, from: string) {
  return influxd.query(`SELECT ${what} FROM "${from}" WHERE device = '${id}' GROUP BY *`, 'binjai', admin)
}

/** What the books say of a database that is gone: that nothing from before is there. */
async function toldOfDrop(world: World): Promise<boolean> {
  const untilMs = performance.now() + takenInWithinMs
  for (;;) {
    const sinceMs = hot(world, (db) => Number(db.prepare('SELECT since_ms FROM forwarding').get()?.since_ms))
    if (sinceMs >= world.droppedAtMs) return true
    if (performance.now() > untilMs) return false
    await sleep(100)
  }
}

/** What InfluxDB holds of the readings: each once, but for what went with a dropped database. */
async function verifyReadings(world: World, { device, sent }: Sender): Promise<void> {
  const { tally, droppedAtMs } = world
  const held = new Map<number, unknown[]>()
  for (const { time, odometer_km: km } of await rowsOf(world, device, 'odometer_km', 'trans-binjai-bus')) {
    held.set(Number(time), [...(held.get(Number(time)) ?? []), km])
  }
  for (const { ts, km, ackedMs } of sent) {
    const found = held.get(ts) ?? []
    held.delete(ts)
    if (found.length > 1 || found.some((value) => value !== km)) tally.twice += 1
    if (found.length > 0 || ackedMs <= droppedAtMs) continue
    tally.lost += 1
    tally.notes.push(`${device.id}: ${ts} is not in InfluxDB`)
  }
  tally.twice += held.size
}

async function verifyEvents(world: World, { device }: Sender): Promise<void> {
  const { tally, droppedAtMs } = world
  const events = await rowsOf(world, device, 'type', 'device_event')
  const own = hot(world, (db) =>
    ['event', 'link_event'].flatMap((table) =>
      db.prepare(`SELECT at FROM ${table} WHERE device = ? AND at > ?`).all(device.id, droppedAtMs),
    ),
  )
  const since = events.filter(({ time }) => Number(time) > droppedAtMs)
  if (since.length === own.length) return
  tally.eventsWrong += 1
  tally.notes.push(`${device.id}: ${since.length} events in InfluxDB, ${own.length} here`)
}

export async function verify(world: World, sender: Sender): Promise<void> {
  const { tally } = world
  const pipeline = await drained(world)
  if (!(await toldOfDrop(world))) tally.untold += 1
  tally.condemned = Object.values(pipeline.rejected ?? {}).reduce((sum, n) => sum + n, 0)
  await verifyReadings(world, sender)
  await verifyEvents(world, sender)
}

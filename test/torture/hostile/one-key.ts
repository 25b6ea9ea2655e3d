import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectFrame, publishFrame } from '../../bench/mqtt-frames.ts'
import { quantiles } from '../../bench/table.ts'
import {
  type Role,
  registerBuses,
  startWholeSystem,
  type TestDevice,
  type WholeSystem,
} from '../../support/system/whole-system.ts'
import { rssMb } from '../process-use.ts'
import { startPublishers } from '../publishers.ts'
import type { Scenario, TortureFigure } from '../scenario.ts'
import { imbalanceOf, lostOf, readStored, settled } from '../stored.ts'

const roles: readonly Role[] = ['broker', 'ingest', 'api']
const fullBytes = 20_000_000
const politeCount = 20
const warmMs = 3000

/** What grows without end, in every form that a device has; each call makes names that were never there. */
function attacks(topic: string, random: () => number): (() => { topic: string; payload: string })[] {
  let made = 0
  const name = () => `${['x', 'count_', 'temperature_c_', 'Outputs/LED '][made % 4]}${made++}`
  const names = (n: number) => Object.fromEntries(Array.from({ length: n }, () => [name(), made]))
  const to = (channel: string) => topic.replace(/telemetry$/, channel)
  const text = (n: number) => Array.from({ length: n }, () => Math.floor(random() * 36).toString(36)).join('')
  const backlog = (count: number, behindMs: number) =>
    JSON.stringify(Array.from({ length: count }, (_, n) => ({ ts: Date.now() - behindMs - n, ...names(60) })))
  return [
    () => ({ topic, payload: backlog(200, 0) }),
    () => ({ topic, payload: backlog(200, 40 * 86_400_000) }),
    () => ({ topic, payload: JSON.stringify(Array.from({ length: 1000 }, () => ({ ts: text(20), ...names(6) }))) }),
    () => ({ topic, payload: JSON.stringify(names(10_000)) }),
    () => ({ topic, payload: JSON.stringify({ [name()]: Array.from({ length: 200 }, () => names(20)) }) }),
    () => ({ topic: topic.replace('/bus/', '/sensor/'), payload: backlog(10, 0) }),
    () => ({ topic: to('event'), payload: JSON.stringify({ type: text(64), ...names(200) }) }),
    () => ({ topic: to('status'), payload: JSON.stringify({ status: 'online', reason: text(200) }) }),
    () => ({ topic: to('command-result'), payload: JSON.stringify({ id: text(60), ok: true, ...names(200) }) }),
  ]
}

/** Sends so many bytes with QoS 1, form after form; a refusal ends the connection, and it comes back. */
async function attack(port: number, device: TestDevice, bytes: number, random: () => number): Promise<void> {
  const forms = attacks(device.topic, random)
  let socket: Socket | undefined
  let packetId = 0
  for (let sent = 0, turn = 0; sent < bytes; turn += 1) {
    if (socket === undefined || socket.destroyed) {
      socket = connect({ port, host: '127.0.0.1' })
      socket.on('error', () => undefined)
      socket.write(connectFrame(device))
      await once(socket, 'data').catch(() => undefined)
      socket.resume()
    }
    const made = forms[turn % forms.length]?.()
    if (made === undefined) return
    packetId = (packetId % 65_535) + 1
    sent += made.payload.length
    const free = socket.write(publishFrame(made.topic, packetId, made.payload))
    if (!free) await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => undefined)
  }
  await sleep(200)
  socket?.end()
}

/** ms from publish to stored of a device of its own, five times a second. */
function startProbe({ dir, mqtt: port }: WholeSystem, device: TestDevice) {
  const db = new DatabaseSync(join(dir, 'store', 'hot.db'), { readOnly: true, timeout: 5000 })
  const stored = `SELECT ts FROM r_trans_binjai_bus_${new Date().toISOString().slice(0, 10).replaceAll('-', '')}
    WHERE dev = (SELECT dev FROM device WHERE id = ?) AND ts >= ?`
  const waiting = new Map<number, number>()
  const ms: number[] = []
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.on('error', () => undefined)
  socket.resume()
  socket.write(connectFrame(device))
  let packetId = 0
  const sending = setInterval(() => {
    const ts = Date.now()
    packetId += 1
    waiting.set(ts, performance.now())
    socket.write(publishFrame(device.topic, packetId, JSON.stringify({ ts, speed_kmh: packetId % 80 })))
  }, 200)
  const looking = setInterval(() => {
    const [oldest] = waiting.keys()
    if (oldest === undefined) return
    for (const { ts } of rows(oldest)) {
      const sentMs = waiting.get(Number(ts))
      if (sentMs === undefined) continue
      ms.push(performance.now() - sentMs)
      waiting.delete(Number(ts))
    }
  }, 20)
  function rows(sinceMs: number) {
    try {
      return db.prepare(stored).all(device.id, sinceMs)
    } catch {
      // The day's table is not there before its first reading.
      return []
    }
  }
  return {
    ms,
    async stop() {
      clearInterval(sending)
      for (let tries = 0; waiting.size > 0 && tries < 500; tries += 1) await sleep(20)
      clearInterval(looking)
      socket.destroy()
      db.close()
      return waiting.size
    },
  }
}

export const oneKey: Scenario = {
  name: 'one-key',
  promise: 'Whatever one device makes up, it costs no other device more than two seconds and the system no memory.',
  how: '20 devices publish twice a second; beside them one sends 20 MB of names that were never there: in arrays, backlogs of 40 days ago, readings without a time, single objects of 10,000 keys, nested, on another kind’s topic, as events, statuses and answers to commands.',
  minutes: 2,
  quickScale: 0.05,
  async run({ dir, scale, random, log }) {
    const devices = await registerBuses(dir, [
      ...Array.from({ length: politeCount }, (_, n) => `polite-${n}`),
      'probe',
      'attacker',
    ])
    const [probeDevice, attacker] = devices.slice(politeCount)
    if (probeDevice === undefined || attacker === undefined) throw new Error('no devices')
    const system = await startWholeSystem({ dir })
    try {
      const polite = devices.slice(0, politeCount)
      const load = startPublishers({
        port: system.mqtt,
        devices: polite,
        window: 20,
        ratePerS: 2,
        firstMs: Date.now() - 60_000,
      })
      const probe = startProbe(system, probeDevice)
      await sleep(warmMs)
      const pids = roles.map(system.pid)
      const before = pids.map(rssMb)
      log('20 MB of new names')
      const rss: number[] = []
      const watching = setInterval(
        () => rss.push(Math.max(...roles.map((role, n) => rssMb(system.pid(role)) - (before[n] ?? 0)))),
        500,
      )
      await attack(system.mqtt, attacker, fullBytes * scale, random)
      await sleep(warmMs)
      clearInterval(watching)
      const restarted = roles.filter((role, n) => system.pid(role) !== pids[n]).length
      const unseen = await probe.stop()
      await load.stop()
      const counters = await settled(dir)
      return figuresOf({
        dir,
        probeMs: probe.ms,
        unseen,
        restarted,
        rss,
        lost: lostOf(load.acknowledged(), readStored(dir)),
        off: imbalanceOf(counters),
      })
    } finally {
      await system.stop()
    }
  },
}

interface Result {
  dir: string
  probeMs: readonly number[]
  unseen: number
  restarted: number
  rss: readonly number[]
  lost: number
  off: number
}

function figuresOf({ dir, probeMs, unseen, restarted, rss, lost, off }: Result): TortureFigure[] {
  const db = new DatabaseSync(join(dir, 'store', 'hot.db'), { readOnly: true })
  const memory = db.prepare("SELECT ifnull(max(length(json)), 0) AS bytes FROM memory WHERE id = 'attacker'").get()
  db.close()
  const none = { unit: '', asked: 0, better: 'less' } as const
  return [
    {
      what: 'publish to stored of another device, p99',
      reached: quantiles([...probeMs]).p99,
      unit: 'ms',
      better: 'less',
      timed: true,
    },
    { what: 'the same at worst', reached: Math.max(...probeMs), unit: 'ms', asked: 2000, better: 'less', timed: true },
    { what: 'of it never stored', reached: unseen, ...none },
    { what: 'parts that were started again', reached: restarted, ...none },
    {
      what: 'memory of a part, growth at most',
      reached: Math.max(0, ...rss),
      unit: 'MB',
      asked: 100,
      better: 'less',
      timed: true,
    },
    {
      what: 'what is remembered of the attacker',
      reached: Number(memory?.bytes),
      unit: 'bytes',
      asked: 20_000,
      better: 'less',
    },
    { what: 'of the polite, acknowledged and lost', reached: lost, ...none },
    { what: 'readings that the counters miss', reached: off, ...none },
  ]
}

import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { startWholeSystem, type WholeSystem } from '../../support/system/whole-system.ts'
import { openRawScreen, type RawScreen } from '../load/raw-screens.ts'
import { rssMb } from '../process-use.ts'
import { rounds, type Scenario, type TortureFigure, type Trial } from '../scenario.ts'
import type { HttpWorkerOrder } from './http-worker.ts'

const password = 'kata-sandi-rahasia'
const roles = ['broker', 'ingest', 'api'] as const
const probeEveryMs = 50

interface Siege {
  order: Omit<HttpWorkerOrder, 'port' | 'seed'>
  /** What is sent before memory is looked at: code is compiled and buffers are there. */
  warmUp: number
}

export const fuzzHttp: Scenario = {
  name: 'fuzz-http',
  promise: 'Whatever bytes come on the HTTP port, the api lives, its memory stays, and the wall is live.',
  how: 'Requests, upgrades and Engine.IO handshakes that are right, wrong in a part, or damaged byte by byte, cut anywhere, in pieces, pipelined, unread, ended by resets, half closes and silence, from 48 connections at once; a signed-in wall and a probe of /healthz come from the same address.',
  minutes: 4,
  quickScale: 0.01,
  run: (trial) =>
    besiege(trial, {
      order: { kind: 'fuzz', connections: rounds(100_000, trial.scale), atOnce: 48, lingerMs: 20 },
      warmUp: rounds(10_000, trial.scale),
    }),
}

export const httpFlood: Scenario = {
  name: 'http-flood',
  promise:
    'No sequence of connections of one address keeps /healthz from answering within a second, or a wall from living.',
  how: '100,000 bare connections, resets, upgrades for the wall and the broker, handshakes, and up to 1,500 pipelined requests each, 400 at once; a signed-in wall and a probe of /healthz come from the same address.',
  minutes: 3,
  quickScale: 0.02,
  run: (trial) =>
    besiege(trial, {
      order: { kind: 'flood', connections: rounds(100_000, trial.scale), atOnce: 400, lingerMs: 200 },
      warmUp: rounds(10_000, trial.scale),
    }),
}

async function besiege({ seed, dir, log }: Trial, { order, warmUp }: Siege): Promise<TortureFigure[]> {
  const system = await startWholeSystem({ dir, settings: { BCC_ADMIN_PASSWORD: password } })
  let wall: RawScreen | undefined
  try {
    const cookie = await signIn(system.http)
    wall = openRawScreen({ http: system.http, cookie, acknowledges: true })
    await attackWith({ ...order, connections: warmUp, port: system.http, seed: seed + 1 }, log)
    await sleep(1000)
    const before = { pids: roles.map(system.pid), mb: rssMb(system.pid('api')) }
    const probe = startProbe(system.http)
    const beatsBefore = wall.beats()
    const startedMs = performance.now()
    const connections = await attackWith({ ...order, port: system.http, seed }, log)
    const seconds = (performance.now() - startedMs) / 1000
    const heard = wall.beats() - beatsBefore
    const health = await probe.stop()
    await sleep(2000)
    const grownMb = rssMb(system.pid('api')) - before.mb
    const restarted = roles.filter((role, n) => system.pid(role) !== before.pids[n]).length
    return figuresOf({
      connections,
      health,
      restarted,
      grownMb,
      seconds,
      heard,
      gone: wall.isOpen() ? 0 : 1,
      ready: await isReady(system),
    })
  } finally {
    wall?.close()
    await system.stop()
  }
}

async function attackWith(order: HttpWorkerOrder, log: Trial['log']): Promise<number> {
  const worker = new Worker(join(import.meta.dirname, 'http-worker.ts'), { workerData: order })
  let done = 0
  worker.on('message', (begun: number) => {
    done = begun
    log(`${begun} of ${order.connections} connections`)
  })
  await once(worker, 'exit')
  return done
}

async function signIn(http: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${http}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password }),
  })
  return response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
}

interface Health {
  asked: number
  failed: number
  slowestMs: number
}

/** Asks on a new connection each time, as a probe does. */
function startProbe(http: number): { stop(): Promise<Health> } {
  const health = { asked: 0, failed: 0, slowestMs: 0 }
  let going = true
  async function ask(): Promise<void> {
    const startedMs = performance.now()
    const options = { headers: { connection: 'close' }, signal: AbortSignal.timeout(10_000) }
    const ok = await fetch(`http://127.0.0.1:${http}/healthz`, options).then(
      (response) => response.ok,
      () => false,
    )
    health.asked += 1
    if (!ok) health.failed += 1
    health.slowestMs = Math.max(health.slowestMs, performance.now() - startedMs)
  }
  const running = (async () => {
    while (going) {
      await ask()
      await sleep(probeEveryMs)
    }
  })()
  return {
    async stop() {
      going = false
      await running
      return health
    },
  }
}

/** The api may still be giving late answers to what was asked. */
async function isReady(system: WholeSystem): Promise<boolean> {
  for (let tries = 0; tries < 20; tries += 1) {
    if (await system.isReady()) return true
    await sleep(250)
  }
  return false
}

interface Result {
  connections: number
  health: Health
  restarted: number
  grownMb: number
  seconds: number
  heard: number
  gone: number
  ready: boolean
}

function figuresOf({ connections, health, restarted, grownMb, seconds, heard, gone, ready }: Result): TortureFigure[] {
  return [
    { what: 'connections', reached: connections, unit: '', better: 'more' },
    { what: 'seconds', reached: seconds, unit: 's', better: 'less' },
    { what: 'roles restarted', reached: restarted, unit: '', asked: 0, better: 'less' },
    { what: 'probes of /healthz', reached: health.asked, unit: '', asked: 1, better: 'more' },
    { what: 'probes without the right answer', reached: health.failed, unit: '', asked: 0, better: 'less' },
    { what: 'slowest probe', reached: health.slowestMs, unit: 'ms', asked: 1000, better: 'less', timed: true },
    { what: 'walls that lost their connection', reached: gone, unit: '', asked: 0, better: 'less' },
    {
      what: 'beats of the wall',
      reached: heard,
      unit: '',
      asked: Math.floor(seconds * 0.8),
      better: 'more',
      timed: true,
    },
    { what: 'memory of the api grown by', reached: grownMb, unit: 'MB', asked: 100, better: 'less', timed: true },
    { what: 'not ready afterwards', reached: ready ? 0 : 1, unit: '', asked: 0, better: 'less' },
  ]
}

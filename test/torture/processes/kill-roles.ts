import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../../firmware-sim/random.ts'
import { type Role, registerBuses, startWholeSystem, type WholeSystem } from '../../support/system/whole-system.ts'
import { type Publishers, startPublishers } from '../publishers.ts'
import { rounds, type Scenario, type TortureFigure, type Trial } from '../scenario.ts'
import { earlierTodayMs, imbalanceOf, lostOf, readStored, settled } from '../stored.ts'

const fullRounds = 500
const connections = 10
const window = 20
/** Of one device. Ingest must not fall behind for ever while it is down half of the time. */
const ratePerS = 200

/** Broker and ingest are killed side by side, each at moments of its own, while the same load goes on. */
export const killRoles: Scenario = {
  name: 'kill-roles',
  promise: 'An acknowledged message is stored once, whatever is killed, and what was killed is back within 3 s.',
  how: '`kill -9` of the broker and of ingest, each 50 to 300 ms after it is back, under 10 publishers with 200 messages a second and up to 20 in flight each; then every acknowledged (device, moment) is looked up in the store.',
  minutes: 12,
  quickScale: 0.008,
  async run(trial) {
    const { dir, scale } = trial
    const ids = Array.from({ length: connections }, (_, n) => `bus-${n}`)
    const devices = await registerBuses(dir, ids)
    const system = await startWholeSystem({ dir })
    try {
      const load = startPublishers({ port: system.mqtt, devices, window, ratePerS, firstMs: earlierTodayMs() })
      const times = rounds(fullRounds, scale)
      const done: Record<string, number> = { broker: 0, ingest: 0 }
      const tell = (role: Role) => {
        done[role] = (done[role] ?? 0) + 1
        trial.log(`broker ${done.broker}, ingest ${done.ingest} of ${times}; ${load.acknowledgedCount()} acknowledged`)
      }
      const [broker, ingest] = await Promise.all([
        killAgain(times, trial.random, system, 'broker', () => brokerAnswers(load), tell),
        killAgain(times, trial.random, system, 'ingest', () => accepts(join(dir, 'run', 'ingest.sock')), tell),
      ])
      await load.stop()
      return await figuresOf({ trial, load, broker, ingest, times })
    } finally {
      await system.stop()
    }
  },
}

async function killAgain(
  times: number,
  random: Random,
  system: WholeSystem,
  role: Role,
  answers: () => Promise<() => Promise<boolean>>,
  tell: (role: Role) => void,
): Promise<number[]> {
  const backAfterMs: number[] = []
  for (let round = 0; round < times; round += 1) {
    await sleep(50 + random() * 250)
    const pid = system.pid(role)
    if (pid === undefined) throw new Error(`the ${role} does not run`)
    const isBack = await answers()
    const killedMs = performance.now()
    process.kill(pid, 'SIGKILL')
    while (!(await isBack())) {
      if (performance.now() - killedMs > 30_000) throw new Error(`the ${role} did not come back in 30 s`)
      await sleep(5)
    }
    backAfterMs.push(performance.now() - killedMs)
    tell(role)
  }
  return backAfterMs
}

/** Back is a broker that has acknowledged to all of its devices' connections made after the kill. */
async function brokerAnswers(load: Publishers): Promise<() => Promise<boolean>> {
  const before = load.breaks()
  const brokenAll = before + load.connected()
  return async () => load.breaks() >= brokenAll && load.connected() === connections
}

async function accepts(socketPath: string): Promise<() => Promise<boolean>> {
  const once = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(socketPath)
      socket.once('connect', () => {
        socket.destroy()
        resolve(true)
      })
      socket.once('error', () => resolve(false))
    })
  let wasGone = false
  return async () => {
    const isThere = await once()
    if (!isThere) wasGone = true
    return wasGone && isThere
  }
}

interface Result {
  trial: Trial
  load: Publishers
  broker: number[]
  ingest: number[]
  times: number
}

async function figuresOf({ trial, load, broker, ingest, times }: Result): Promise<TortureFigure[]> {
  trial.log('looking every acknowledged message up in the store')
  const counters = await settled(trial.dir)
  const stored = readStored(trial.dir)
  const back = (what: Role, ms: readonly number[]): TortureFigure => ({
    what: `kill -9 of ${what === 'broker' ? 'the broker' : what} to back again, slowest of ${times}`,
    reached: Math.max(...ms),
    unit: 'ms',
    asked: 3000,
    better: 'less',
    timed: true,
  })
  return [
    { what: 'rounds of the broker, and as many of ingest', reached: times, unit: '', better: 'more' },
    { what: 'messages acknowledged', reached: load.acknowledgedCount(), unit: '', better: 'more' },
    { what: 'acknowledged and lost', reached: lostOf(load.acknowledged(), stored), unit: '', asked: 0, better: 'less' },
    {
      what: 'rows counted twice, or not counted',
      reached: Math.abs(counters.stored - stored.rowCount),
      unit: '',
      asked: 0,
      better: 'less',
    },
    { what: 'readings that the counters miss', reached: imbalanceOf(counters), unit: '', asked: 0, better: 'less' },
    back('broker', broker),
    back('ingest', ingest),
  ]
}

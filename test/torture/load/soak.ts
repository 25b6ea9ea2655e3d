import { setTimeout as sleep } from 'node:timers/promises'
import { runLoad } from '../../bench/load.ts'
import { login } from '../../bench/probe.ts'
import { type BenchSystem, startBenchSystem } from '../../bench/system.ts'
import { openHandles, rssMb, slope } from '../process-use.ts'
import { rounds, type Scenario, type TortureFigure, type Trial } from '../scenario.ts'
import { openRawScreen } from './raw-screens.ts'

/** Ten times the city: it has about 400 devices that send less than 200 messages a second. */
const fullFleet = 4000
const fullRate = 2000
const fullMinutes = 20
const screensCount = 5
const roles = ['broker', 'ingest', 'api'] as const
const sampleEveryMs = 1000
/** Garbage comes and goes: what stays is the least of each part of the run. */
const partsOfRun = 12

/** A long day, ten times as dense. */
export const soak: Scenario = {
  name: 'soak',
  promise: 'The memory of all roles stays below 500 MB and flat, and no handle is left open.',
  how: '4,000 devices send 2,000 messages a second for 20 minutes, five screens watch. Memory is taken every second; a line is fitted through the least of each twelfth of the second half.',
  minutes: 21,
  quickScale: 0,
  async run(trial) {
    const system = await startBenchSystem(fullFleet)
    try {
      return await watch(system, trial)
    } finally {
      await system.stop()
    }
  },
}

async function watch(system: BenchSystem, { scale, log }: Trial): Promise<TortureFigure[]> {
  const cookie = await login(system.http, system.password)
  const seconds = Math.max(30, rounds(fullMinutes * 60, scale))
  const order = { devices: system.devices, rate: fullRate, seconds, window: 100, warmUpS: 2 }
  const samples: number[] = []
  const handles: number[] = []
  let running = true
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const load = runLoad(system, order, async () => begin()).finally(() => {
    running = false
  })
  await begun
  const screens = Array.from({ length: screensCount }, () =>
    openRawScreen({ http: system.http, cookie, acknowledges: true }),
  )
  const untilMs = performance.now() + (seconds - 1) * 1000
  while (running && performance.now() < untilMs) {
    await sleep(sampleEveryMs)
    samples.push(roles.reduce((sum, role) => sum + rssMb(system.pid(role)), 0))
    handles.push(roles.reduce((sum, role) => sum + openHandles(system.pid(role)), 0))
    log(`${samples.length} of ${seconds} s, ${Math.round(samples.at(-1) ?? 0)} MB`)
  }
  const { lost } = await load
  for (const screen of screens) screen.close()
  const least = minOfParts(samples.slice(samples.length / 2))
  const stepS = samples.length / 2 / partsOfRun
  const late = handles.slice(handles.length / 2)
  return [
    { what: 'not acknowledged or not stored', reached: lost, unit: '', asked: 0, better: 'less' },
    { what: 'memory of all roles, most (RSS)', reached: Math.max(...samples), unit: 'MB', asked: 500, better: 'less' },
    { what: 'memory, growth', reached: (slope(least) / stepS) * 600, unit: 'MB / 10 min', asked: 1, better: 'less' },
    { what: 'handles, growth', reached: Math.max(...late) - Math.min(...late), unit: '', asked: 20, better: 'less' },
  ]
}

function minOfParts(values: readonly number[]): number[] {
  const size = Math.max(1, Math.floor(values.length / partsOfRun))
  return Array.from({ length: partsOfRun }, (_, n) => Math.min(...values.slice(n * size, (n + 1) * size))).filter(
    Number.isFinite,
  )
}

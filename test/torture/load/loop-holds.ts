import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { pipelineSchema } from '../../../contract/http/pipeline.ts'
import { startWholeSystem, type WholeSystem } from '../../support/system/whole-system.ts'
import { rounds, type Scenario, type TortureFigure } from '../scenario.ts'
import { type FullCity, fillCity } from './full-city.ts'
import { type Ask, asks } from './loop-asks.ts'
import type { Hold } from './loop-watch.ts'

interface Longest {
  name: string
  wallMs: number
  cpuMs: number
  /** Of the clock's time of the longest by processor time. */
  gcMs: number
}

const password = 'kata-sandi-rahasia'
const defaultTimes = 4

/** Starts the system on a full folder and asks one thing after the other. */
export async function measureHolds(
  { dir, city, only = asks, repeat = 1 }: { dir: string; city: FullCity; only?: readonly Ask[]; repeat?: number },
  log: (line: string) => void,
): Promise<Longest[]> {
  const file = join(dir, 'holds.ndjson')
  const watcher = pathToFileURL(join(import.meta.dirname, 'loop-watch.ts')).href
  const settings = {
    ...{ BCC_ADMIN_PASSWORD: password, LOOP_WATCH_FILE: file, LOOP_WATCH_ROLE: 'api' },
    ...{ NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import=${watcher}` },
  }
  const system = await startWholeSystem({ dir, settings })
  try {
    const cookie = await signIn(system.http)
    await untilStored(system.http, cookie, log)
    const asked = { http: system.http, cookie, city, killAndWait: (role: 'broker' | 'ingest') => restart(system, role) }
    const found: Longest[] = []
    const nothing: Ask = { name: 'nothing', times: 1, run: () => sleep(8000) }
    for (const ask of [nothing, ...only]) {
      const seen: Hold[] = []
      for (let n = 0; n < repeat * (ask.times ?? defaultTimes); n += 1) {
        await sleep(60)
        const fromMs = Date.now()
        await ask.run(asked)
        await sleep(60)
        seen.push(...holdsSince(file, fromMs))
      }
      const longest = longestOf(ask.name, seen)
      found.push(longest)
      log(`${ask.name}: ${longest.cpuMs.toFixed(0)} ms of the processor, ${longest.wallMs.toFixed(0)} ms by the clock`)
    }
    return found
  } finally {
    await system.stop()
  }
}

function longestOf(name: string, holds: readonly Hold[]): Longest {
  const [most] = holds.toSorted((a, b) => b.cpuMs - a.cpuMs)
  return {
    name,
    wallMs: Math.max(0, ...holds.map(({ wallMs }) => wallMs)),
    cpuMs: most?.cpuMs ?? 0,
    gcMs: most?.gcMs ?? 0,
  }
}

function holdsSince(file: string, fromMs: number): Hold[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  // Written by loop-watch.ts.
  return lines
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Hold)
    .filter(({ atMs }) => atMs >= fromMs)
}

async function restart(system: WholeSystem, role: 'broker' | 'ingest'): Promise<void> {
  const victim = system.pid(role)
  if (victim === undefined) throw new Error(`there is no ${role}`)
  process.kill(victim, 'SIGKILL')
  while (system.pid(role) === victim || !(await system.isReady())) await sleep(50)
}

async function signIn(http: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${http}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password }),
  })
  return response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
}

async function untilStored(http: number, cookie: string, log: (line: string) => void): Promise<void> {
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${http}/api/v1/pipeline`, { headers: { cookie } })
    const { waiting } = pipelineSchema.parse(await response.json())
    if (waiting === 0) return
    log(`${waiting} readings are not stored yet`)
    await sleep(250)
  }
}

/** As much of everything as there may be; of maintenance, room is left for one that is asked for. */
const fullCity: FullCity = {
  ...{ devices: 5000, windows: 9, walls: 50, displays: 200, tokens: 1000, auditRows: 200_000, history: 50_000 },
  crowded: false,
}
const maxHeldMs = 50

export const loopHolds: Scenario = {
  name: 'loop-holds',
  promise: 'Whatever anybody asks, the event loop of the api is never held for more than 50 ms.',
  how: 'Every route with its largest answer, alone and 64 at once, largest and senseless bodies, all live events before 200 screens, and restarts of ingest and broker, in a city of 5,000 devices with as many walls, screens, tokens and maintenances as there may be and 200,000 records of the audit; measured inside the api, in processor time of its thread.',
  minutes: 8,
  quickScale: 0,
  async run({ dir, scale, log }) {
    const city = { ...fullCity, devices: rounds(fullCity.devices, scale), history: rounds(fullCity.history, scale) }
    log('the city is filled')
    await fillCity(dir, city)
    const found = await measureHolds({ dir, city }, log)
    const held: TortureFigure[] = found.map(({ name, cpuMs }) => ({
      ...{ what: `longest hold: ${name}`, reached: cpuMs, unit: 'ms', asked: maxHeldMs },
      ...{ better: 'less', timed: true },
    }))
    const byClockMs = Math.max(...found.map(({ wallMs }) => wallMs))
    return [...held, { what: 'the longest of all by the clock', reached: byClockMs, unit: 'ms', better: 'less' }]
  },
}

import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import mqtt from 'mqtt'
import { createRandom, type Random } from '../../../firmware-sim/random.ts'
import { missingProgram } from '../../support/influx/influx-process.ts'
import { startInfluxd } from '../../support/influx/influxd.ts'
import {
  registerBuses,
  startWholeSystem,
  type TestDevice,
  type WholeSystem,
} from '../../support/system/whole-system.ts'
import { rounds, type Scenario, type TortureFigure, type Trial } from '../scenario.ts'
import { admin, checkHistory, type Sender, slowestAnswerMs, type Tally, verify, type World } from './influx-checks.ts'
import { cityUser, type InfluxFault, influxFaults, makeDatabase } from './influx-faults.ts'

const fullSeeds = 200
const folderMb = 96
/** So long a step may last: time enough for the sender to run into what there is. */
const maxDwellMs = 2500

async function say({ device, client, sent }: Sender, random: Random): Promise<void> {
  const ts = Math.max(Date.now(), (sent.at(-1)?.ts ?? 0) + 1)
  const km = sent.length
  await client.publishAsync(device.topic, JSON.stringify({ ts, odometer_km: km }), { qos: 1 })
  sent.push({ ts, km, ackedMs: Date.now() })
  if (random() < 0.3) {
    const topic = device.topic.replace(/telemetry$/, 'event')
    await client.publishAsync(topic, JSON.stringify({ type: `door-${km}` }), { qos: 1 })
  }
}

/** One that can begin now: a server that does not answer cannot be asked. */
function pickFault(world: World, active: readonly InfluxFault[], random: Random): InfluxFault | undefined {
  const isAway = active.some(({ name }) => name === 'killed' || name === 'paused')
  const isDropped = active.some(({ name }) => name === 'dropped')
  const isFull = active.some(({ name }) => name === 'full')
  const possible = influxFaults.filter(
    (fault) =>
      !active.includes(fault) &&
      !(fault.asksServer && (isAway || isFull || isDropped)) &&
      !(isAway && !fault.asksServer) &&
      fault.canBe?.(world) !== false,
  )
  return possible[Math.floor(random() * possible.length)]
}

async function endFault(world: World, active: InfluxFault[]): Promise<void> {
  await active.pop()?.end?.(world)
}

interface Schedule {
  world: World
  sender: Sender
  random: Random
  active: InfluxFault[]
  /** In words, for who has to find out what went wrong. */
  done: string[]
}

/** Something ends, something else begins, and now and then ingest is killed too. */
async function turnOfEvents({ world, random, active, done }: Schedule): Promise<void> {
  if (active.length > 1 || (active.length > 0 && random() < 0.5)) await endFault(world, active)
  const fault = random() < 0.8 ? pickFault(world, active, random) : undefined
  if (fault !== undefined) {
    await fault.begin(world)
    done.push(fault.name)
    if (fault.end !== undefined) active.push(fault)
  }
  const pid = random() < 0.2 ? world.system.pid('ingest') : undefined
  if (pid === undefined) return
  process.kill(pid, 'SIGKILL')
  done.push('ingest killed')
}

async function runSchedule(schedule: Schedule): Promise<void> {
  const { world, sender, random, active } = schedule
  for (let left = 3 + Math.floor(random() * 4); left > 0; left -= 1) {
    world.tally.steps += 1
    await turnOfEvents(schedule)
    for (let n = 1 + Math.floor(random() * 4); n > 0; n -= 1) await say(sender, random)
    await sleep(random() * maxDwellMs)
    await say(sender, random)
    await checkHistory(world, sender)
  }
  while (active.length > 0) await endFault(world, active)
  await say(sender, random)
  await checkHistory(world, sender)
  await verify(world, sender)
}

/** One schedule: faults, one or two at a time, with readings and a look at history after each step. */
async function runSeed(world: World, device: TestDevice, random: Random): Promise<void> {
  const { tally, system } = world
  const url = `mqtt://127.0.0.1:${system.mqtt}`
  const client = await mqtt.connectAsync(url, { username: device.id, password: device.key, reconnectPeriod: 50 })
  client.on('error', () => undefined)
  const sender: Sender = { device, client, sent: [], shown: new Set() }
  const schedule: Schedule = { world, sender, random, active: [], done: [] }
  const noted = tally.notes.length
  try {
    await runSchedule(schedule)
    if (tally.notes.length > noted) tally.notes.push(`${device.id}: after ${schedule.done.join(', ')}`)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(`${device.id}: ${why}, after ${schedule.done.join(', ')}`, { cause: error })
  } finally {
    tally.readings += sender.sent.length
    while (schedule.active.length > 0) await endFault(world, schedule.active)
    await client.endAsync(true)
  }
}

async function signIn({ http, dir }: WholeSystem): Promise<string> {
  const password = readFileSync(join(dir, 'admin-password'), 'utf8').trim()
  const response = await fetch(`http://127.0.0.1:${http}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password }),
  })
  return response.headers.get('set-cookie')?.split(';')[0] ?? ''
}

async function runAll({ dir, scale, seed, log }: Trial, folder: string | undefined): Promise<Tally> {
  const seeds = rounds(fullSeeds, scale)
  const devices = await registerBuses(
    dir,
    Array.from({ length: seeds }, (_, n) => `seed-${seed + n}`),
  )
  const influxd = await startInfluxd({ auth: true, ...(folder !== undefined && { dir: folder }) })
  await influxd.query(`CREATE USER ${admin[0]} WITH PASSWORD '${admin[1]}' WITH ALL PRIVILEGES`)
  const asAdmin = (statement: string) => influxd.query(statement, undefined, admin)
  await asAdmin(`CREATE USER ${cityUser.name} WITH PASSWORD '${cityUser.password}'`)
  await makeDatabase({ admin: asAdmin })
  const url = influxd.url.replace('//', `//${cityUser.name}:${cityUser.password}@`)
  const system = await startWholeSystem({ dir, settings: { BCC_INFLUX_URL: url, BCC_LOG_LEVEL: 'silent' } })
  const tally: Tally = {
    ...{ lost: 0, twice: 0, historyLess: 0, historyWrong: 0, slowAnswers: 0, untold: 0, eventsWrong: 0 },
    ...{ condemned: 0, steps: 0, readings: 0, slowestMs: 0, engines: new Set<string>(), notes: [] },
  }
  const world: World = { influxd, folder, admin: asAdmin, droppedAtMs: 0, system, cookie: await signIn(system), tally }
  try {
    for (const [n, device] of devices.entries()) {
      log(`schedule ${n + 1} of ${seeds}, ${tally.steps} steps, ${tally.notes.length} notes`)
      await runSeed(world, device, createRandom(seed + n, 'influx-schedules'))
    }
    return tally
  } finally {
    for (const note of tally.notes) process.stderr.write(`${note}\n`)
    await system.stop()
    await influxd.close()
  }
}

function figuresOf(tally: Tally): TortureFigure[] {
  const none = (what: string, reached: number): TortureFigure => ({ what, reached, unit: '', asked: 0, better: 'less' })
  return [
    { what: 'steps of schedules', reached: tally.steps, unit: '', better: 'more' },
    { what: 'readings acknowledged', reached: tally.readings, unit: '', better: 'more' },
    none('acknowledged readings that InfluxDB does not hold in the end', tally.lost),
    none('readings that it holds twice, or with another value', tally.twice),
    none('answers of history that lack what an earlier one had shown', tally.historyLess),
    none('steps after which history was not that of the embedded store, as points or in buckets', tally.historyWrong),
    none('dropped databases that the books do not tell of', tally.untold),
    none('schedules with another number of events in InfluxDB than in the embedded store', tally.eventsWrong),
    none('readings condemned to quarantine', tally.condemned),
    { ...none(`answers of history slower than ${slowestAnswerMs / 1000} s`, tally.slowAnswers), timed: true },
    { what: 'engines that answered', reached: tally.engines.size, unit: '', better: 'more' },
    { what: 'slowest answer of history', reached: tally.slowestMs, unit: 'ms', better: 'less' },
  ]
}

export const influxSchedules: Scenario = {
  name: 'influx-schedules',
  promise:
    'Whatever becomes of InfluxDB, in any order: nothing is lost, nothing is there twice, and history never says less than the embedded store.',
  how: 'Random schedules at a running system with a real influxd 1.6.7: killed, paused, dropped, dropped and made again, read-only, without rights, with another password, full, and our own ingest killed; after each step history is compared, raw and in buckets, and after each schedule what InfluxDB holds.',
  minutes: 35,
  quickScale: 0.02,
  missing: () => missingProgram('influxd'),
  async run(trial) {
    if (process.getuid?.() !== 0) return figuresOf(await runAll(trial, undefined))
    const folder = join(trial.dir, 'influxd')
    mkdirSync(folder)
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${folderMb}m`, 'bcc-torture', folder])
    try {
      return figuresOf(await runAll(trial, folder))
    } finally {
      execFileSync('umount', ['-l', folder])
    }
  },
}

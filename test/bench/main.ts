import { setTimeout as sleep } from 'node:timers/promises'
import type { Role } from '../support/system/whole-system.ts'
import { measureEngines } from './engines.ts'
import { runLoad } from './load.ts'
import { type Probe, startProbe } from './probe.ts'
import { connectStorm } from './storm.ts'
import { type BenchSystem, startBenchSystem } from './system.ts'
import { type Figure, reportFigures } from './table.ts'

/**
 * `npm run bench`: what the system does on this machine, each figure beside the one that is asked for. The load runs
 * on the same cores as the system, so every figure includes the cost of making it. Takes about four minutes.
 */

const fleetSize = 5000
const floodConnections = 500
const pacedSeconds = 12
/** Latencies of the first seconds do not count: code is compiled and the day's tables are made. */
const warmUpS = 2

async function main(): Promise<Figure[]> {
  const figures: Figure[] = []
  const add = (figure: Figure) => {
    figures.push(figure)
    process.stderr.write(`${figure.what}: ${figure.reached} ${figure.unit}\n`)
  }
  const system = await startBenchSystem(fleetSize)
  try {
    add({ what: 'start to ready', reached: system.readyMs, unit: 'ms', asked: 5000, better: 'less' })

    const storm = await connectStorm(system)
    add({ what: `${fleetSize} devices connect at once`, reached: storm.ms, unit: 'ms', asked: 5000, better: 'less' })
    add({
      what: 'memory of all roles, 5,000 connected (PSS)',
      reached: storm.memory.pssMb,
      unit: 'MB',
      asked: 500,
      better: 'less',
    })
    add({
      what: 'memory of all roles, 5,000 connected (RSS)',
      reached: storm.memory.rssMb,
      unit: 'MB',
      asked: 500,
      better: 'less',
    })
    storm.close()

    const devices = system.devices.slice(0, floodConnections)
    const flood = await runLoad(system, { devices, rate: 0, seconds: 12, window: 20, warmUpS })
    add({ what: 'QoS 1 acknowledged after the sync, flat out', reached: flood.ackedPerS, unit: '/s', better: 'more' })
    add({
      what: 'QoS 1 socket to store without loss, flat out',
      reached: flood.storedPerS,
      unit: '/s',
      asked: 40_000,
      better: 'more',
    })
    add({ what: 'acknowledged but not stored, flat out', reached: flood.lost, unit: '', asked: 0, better: 'less' })

    for (const rate of [100, 1000, 2000, 5000, 10_000]) {
      let probe: Probe | undefined
      let cores: Promise<Record<Role, number>> | undefined
      const order = { devices: system.devices, rate, seconds: pacedSeconds, window: 1000, warmUpS }
      const paced = await runLoad(system, order, async () => {
        await sleep(1000)
        cores = coresOver(system)
        probe = await startProbe(system, { warmUpS, seconds: pacedSeconds - 1 })
      })
      const seen = await probe?.stop()
      if (seen === undefined) throw new Error('the probe did not run')
      const at = `at ${rate}/s`
      const asked = rate === 10_000 ? 20 : 10
      add({ what: `PUBACK p50 ${at}`, reached: paced.pubackMs.p50, unit: 'ms', better: 'less' })
      add({ what: `PUBACK p99 ${at}`, reached: paced.pubackMs.p99, unit: 'ms', asked, better: 'less' })
      add({ what: `publish to queryable p50 ${at}`, reached: seen.queryable.p50, unit: 'ms', better: 'less' })
      add({
        what: `publish to queryable p99 ${at}`,
        reached: seen.queryable.p99,
        unit: 'ms',
        asked: 100,
        better: 'less',
      })
      add({ what: `publish to socket p50 ${at}`, reached: seen.socket.p50, unit: 'ms', better: 'less' })
      add({ what: `publish to socket p95 ${at}`, reached: seen.socket.p95, unit: 'ms', asked: 1000, better: 'less' })
      add({ what: `not acknowledged or not stored ${at}`, reached: paced.lost, unit: '', asked: 0, better: 'less' })
      for (const figure of coreFigures(rate, await cores)) add(figure)
    }
    const memory = system.memory()
    add({
      what: 'memory of all roles after the load (PSS)',
      reached: memory.pssMb,
      unit: 'MB',
      asked: 500,
      better: 'less',
    })
    for (const role of ['broker', 'ingest', 'api'] as const) {
      const what = `kill -9 of the ${role} to ready again, slowest of 3`
      const took = [await system.killAndWait(role), await system.killAndWait(role), await system.killAndWait(role)]
      add({ what, reached: Math.max(...took), unit: 'ms', asked: 3000, better: 'less' })
    }
  } finally {
    await system.stop()
  }
  for (const figure of await measureEngines()) add(figure)
  return figures
}

/** Cores that each role keeps busy, between the warm-up and the end of the load. */
async function coresOver(system: BenchSystem): Promise<Record<Role, number>> {
  await sleep(warmUpS * 1000)
  const [before, startedMs] = [system.processorS(), performance.now()]
  await sleep((pacedSeconds - warmUpS - 1) * 1000)
  const [after, tookS] = [system.processorS(), (performance.now() - startedMs) / 1000]
  const share = (role: Role) => (after[role] - before[role]) / tookS
  return { broker: share('broker'), ingest: share('ingest'), api: share('api') }
}

const askedCores: Record<number, Partial<Record<Role | 'all roles', number>>> = {
  100: { 'all roles': 0.12 },
  5000: { broker: 0.25, ingest: 0.3, api: 0.1 },
}

function coreFigures(rate: number, cores: Record<Role, number> | undefined): Figure[] {
  if (cores === undefined) throw new Error('the processor time was not measured')
  const all = { ...cores, 'all roles': cores.broker + cores.ingest + cores.api }
  return Object.entries(all).map(([who, reached]) => {
    const asked = askedCores[rate]?.[who as keyof typeof all] // the keys of `all`
    const figure: Figure = { what: `cores of ${who} at ${rate}/s`, reached, unit: '', better: 'less' }
    return asked === undefined ? figure : { ...figure, asked }
  })
}

reportFigures('artifacts/bench.json', await main())

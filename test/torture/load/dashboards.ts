import { setTimeout as sleep } from 'node:timers/promises'
import { runLoad } from '../../bench/load.ts'
import { login, startProbe } from '../../bench/probe.ts'
import { type BenchSystem, startBenchSystem } from '../../bench/system.ts'
import { quantiles } from '../../bench/table.ts'
import { rssMb } from '../process-use.ts'
import { rounds, type Scenario, type TortureFigure } from '../scenario.ts'
import { openRawScreen, type RawScreen } from './raw-screens.ts'

/** As many as the city has. */
const fleet = 400
const rate = 200
const fullScreens = 1000
const arriveWithinMs = 10_000
const watchedS = 10

/** A press link: everybody opens the wall in the same moment. */
export const dashboards: Scenario = {
  name: 'dashboards',
  promise: 'A thousand pages that open within ten seconds all show the city, and storing goes on.',
  how: '1,000 screens of one session join within 10 s beside a city of 400 devices at 200 messages a second, and then follow it.',
  minutes: 1,
  quickScale: 0,
  async run({ scale, log }) {
    const count = rounds(fullScreens, scale)
    const system = await startBenchSystem(fleet)
    const screens: RawScreen[] = []
    try {
      const cookie = await login(system.http, system.password)
      const loadS = 3 * watchedS + 20
      const load = runLoad(system, { devices: system.devices, rate, seconds: loadS, window: 100, warmUpS: 2 })
      await sleep(3000)
      log('nobody watches')
      const alone = await measure(system)
      log(`${count} screens join`)
      const probe = await startProbe(system, { warmUpS: 0, seconds: watchedS + 5 })
      for (let n = 0; n < count; n += 1) {
        screens.push(openRawScreen({ http: system.http, cookie, acknowledges: true }))
        await sleep(n % 10 === 9 ? (arriveWithinMs * 10) / fullScreens : 0)
      }
      await sleep(5000)
      const crowded = await probe.stop()
      const apiMb = rssMb(system.pid('api'))
      const { lost } = await load
      return figuresOf({ screens, apiMb, lost, aloneMs: alone.queryable.p99, crowdedMs: crowded.queryable.p99 })
    } finally {
      for (const screen of screens) screen.close()
      await system.stop()
    }
  },
}

async function measure(system: BenchSystem) {
  const probe = await startProbe(system, { warmUpS: 1, seconds: watchedS })
  await sleep(watchedS * 1000)
  return probe.stop()
}

interface Result {
  screens: RawScreen[]
  apiMb: number
  lost: number
  aloneMs: number
  crowdedMs: number
}

function figuresOf({ screens, apiMb, lost, aloneMs, crowdedMs }: Result): TortureFigure[] {
  const firstMs = screens.flatMap((screen) => screen.firstDataMs() ?? [])
  const following = screens.filter((screen) => screen.frames() > 0).length
  const timed = { unit: 'ms', better: 'less', timed: true } as const
  const all = { unit: '', asked: screens.length, better: 'more' } as const
  return [
    { what: 'screens that got the city', reached: firstMs.length, ...all },
    { what: 'screens that follow it', reached: following, ...all },
    { what: 'first data, p99', reached: quantiles(firstMs).p99, asked: 5000, ...timed },
    { what: 'memory of the api (RSS)', reached: apiMb, unit: 'MB', asked: 600, better: 'less' },
    { what: 'publish to queryable, nobody watches, p99', reached: aloneMs, ...timed },
    { what: 'publish to queryable, while they join, p99', reached: crowdedMs, asked: aloneMs * 1.2, ...timed },
    { what: 'not acknowledged or not stored', reached: lost, unit: '', asked: 0, better: 'less' },
  ]
}

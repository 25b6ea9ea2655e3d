import { setTimeout as sleep } from 'node:timers/promises'
import { runLoad } from '../../bench/load.ts'
import { login, startProbe } from '../../bench/probe.ts'
import { startBenchSystem } from '../../bench/system.ts'
import { rssMb } from '../process-use.ts'
import { rounds, type Scenario, type TortureFigure } from '../scenario.ts'
import { openRawScreen, type RawScreen } from './raw-screens.ts'

/** Large deltas: a frozen screen's buffers fill within seconds. */
const fleet = 2000
const rate = 2000
const fullFrozen = 20
const watchedS = 24
const lookEveryMs = 100
const joinWithinMs = 10_000

/** Screens whose browser hangs: they stay connected and read nothing. */
export const slowScreens: Scenario = {
  name: 'slow-screens',
  promise: 'A screen that hangs is cut off within 10 s, costs little memory, and no other screen notices.',
  how: '20 screens join and then read nothing more, half of them after they have acknowledged frames, beside 2,000 devices at 2,000 messages a second and one screen that is well.',
  minutes: 0.8,
  quickScale: 0,
  async run({ scale, log }) {
    const count = rounds(fullFrozen, scale)
    const system = await startBenchSystem(fleet)
    const screens: RawScreen[] = []
    try {
      const cookie = await login(system.http, system.password)
      const order = { devices: system.devices, rate, seconds: watchedS + 10, window: 100, warmUpS: 2 }
      const load = runLoad(system, order)
      await sleep(4000)
      const probe = await startProbe(system, { warmUpS: 1, seconds: watchedS })
      for (let n = 0; n < count; n += 1) {
        screens.push(openRawScreen({ http: system.http, cookie, acknowledges: n % 2 === 0 }))
      }
      const isIn = (screen: RawScreen) => screen.frames() > 1
      const waitUntilMs = performance.now() + joinWithinMs
      while (!screens.every(isIn) && performance.now() < waitUntilMs) await sleep(lookEveryMs)
      const joined = screens.filter(isIn).length
      const beforeMb = rssMb(system.pid('api'))
      log(`${joined} screens hang`)
      for (const screen of screens) screen.freeze()
      const frozenMs = performance.now()
      let maxMb = beforeMb
      // The probe's own screen stays.
      while ((await screensOf(system.http, cookie)) > 1 && performance.now() - frozenMs < watchedS * 1000) {
        maxMb = Math.max(maxMb, rssMb(system.pid('api')))
        await sleep(lookEveryMs)
      }
      const cutMs = performance.now() - frozenMs
      const seen = await probe.stop()
      await load
      const figures: TortureFigure[] = [
        { what: 'screens that hang', reached: joined, unit: '', asked: count, better: 'more' },
        { what: 'until the last is cut off', reached: cutMs, unit: 'ms', asked: 10_500, better: 'less', timed: true },
        {
          what: 'memory of the api for each of them (RSS)',
          reached: (maxMb - beforeMb) / count,
          unit: 'MB',
          asked: 2,
          better: 'less',
          timed: true,
        },
        {
          what: 'publish to the screen that is well, p95',
          reached: seen.socket.p95,
          unit: 'ms',
          asked: 1000,
          better: 'less',
          timed: true,
        },
      ]
      return figures
    } finally {
      for (const screen of screens) screen.close()
      await system.stop()
    }
  },
}

async function screensOf(http: number, cookie: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${http}/metrics`, { headers: { cookie } })).text()
  return Number(/^bcc_screens (\d+)/m.exec(text)?.[1] ?? Number.NaN)
}

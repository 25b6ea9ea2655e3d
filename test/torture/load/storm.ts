import { setTimeout as sleep } from 'node:timers/promises'
import { startProbe } from '../../bench/probe.ts'
import { connectAll } from '../../bench/storm.ts'
import { startBenchSystem } from '../../bench/system.ts'
import { rounds, type Scenario, type TortureFigure } from '../scenario.ts'
import { startPings } from './pings.ts'

const fullFleet = 5000
/** The probe goes on for so long around the cut. */
const watchedS = 12

/** A power cut that is over: every device of the city comes back in the same moment. */
export const storm: Scenario = {
  name: 'storm',
  promise: 'When the power returns every device is back within 5 s, none is refused, and the wall goes on.',
  how: '5,000 connections are cut at once and all connect again in the same moment, while one device publishes, a screen watches, and both doors are asked every 20 ms whether they answer.',
  minutes: 0.7,
  quickScale: 0.02,
  async run({ scale, log }) {
    const fleet = rounds(fullFleet, scale)
    const system = await startBenchSystem(fleet + 1)
    try {
      const pinger = system.devices.pop()
      if (pinger === undefined) throw new Error('no device is left to ask with')
      log(`${fleet} devices connect`)
      const before = await connectAll(system)
      const probe = await startProbe(system, { warmUpS: 1, seconds: watchedS })
      await sleep(3000)
      const pings = await startPings({ ...system, device: pinger })
      log('the cut')
      before.close()
      const after = await connectAll(system)
      await sleep(5000)
      const longest = await pings.stop()
      const seen = await probe.stop()
      after.close()
      const timed = { unit: 'ms', better: 'less', timed: true } as const
      const figures: TortureFigure[] = [
        { what: 'devices that were back and not refused', reached: fleet, unit: '', asked: fleet, better: 'more' },
        { what: 'the cut to the last one back', reached: after.ms, asked: 5000, ...timed },
        { what: 'publish to screen meanwhile, p99', reached: seen.socket.p99, asked: 2000, ...timed },
        { what: 'publish to queryable meanwhile, p99', reached: seen.queryable.p99, ...timed },
        { what: 'MQTT door, longest time without an answer', reached: longest.mqttMs, asked: 500, ...timed },
        { what: 'HTTP door, longest time without an answer', reached: longest.httpMs, asked: 500, ...timed },
      ]
      return figures
    } finally {
      await system.stop()
    }
  },
}

import { type LoadFigures, runLoad } from '../../bench/load.ts'
import { type BenchSystem, startBenchSystem } from '../../bench/system.ts'
import { missingProgram } from '../../support/influx/influx-process.ts'
import { rssMb } from '../process-use.ts'
import { rounds, type Scenario, type TortureFigure, type Trial } from '../scenario.ts'
import { droppedFor, type Listener, makeTokens, startFrozen, startMosquittoSub, startOwn } from './listeners.ts'

const fullFleet = 5000
const rate = 2000
const fullS = 600
/** Of each of the runs that are held against each other. */
const fullComparedS = 60
const ownListeners = 50
const filtersEach = 16
const warmUpS = 2

/** Programs that listen, beside a whole fleet that sends. */
export const subscribers: Scenario = {
  name: 'subscribers',
  promise: 'Who listens misses nothing and hears only what is his; one that reads nothing delays nobody.',
  how: '5,000 devices at 2,000/s for 10 minutes with mosquitto_sub on all readings and 50 more with 16 filters each; before and after it a minute each without anybody, beside mosquitto_sub, and beside one more that has stopped reading.',
  minutes: 14,
  quickScale: 0.01,
  missing: () => missingProgram('mosquitto_sub'),
  async run(trial) {
    const system = await startBenchSystem(rounds(fullFleet, trial.scale))
    try {
      return await hear(system, trial)
    } finally {
      await system.stop()
    }
  },
}

async function hear(system: BenchSystem, { scale, log }: Trial): Promise<TortureFigure[]> {
  const topics = Array.from({ length: ownListeners }, (_none, n) => topicsOf(system, n))
  const names = topics.map((own, n) => [`own-${n}`, own] as const)
  const everything = ['binjai/v1/#']
  const tokens = await makeTokens(system, { ear: everything, frozen: everything, ...Object.fromEntries(names) })
  const whoIs = (name: string) => ({ name, token: tokens.get(name) ?? '' })
  const compared = Math.max(warmUpS + 2, rounds(fullComparedS, scale))
  log('nobody listens')
  const alone = await hold(system, compared)
  const ear = await startMosquittoSub(system, whoIs('ear'))
  const own = await Promise.all(names.map(([name, filters]) => startOwn(system, { ...whoIs(name), topics: filters })))
  log('mosquitto_sub and 50 more listen')
  const all = await hold(system, Math.max(warmUpS + 2, rounds(fullS, scale)))
  const missed = await ear.wrong(all.sent)
  const ownWrong = await sum(own, (n) => sentTo(topics[n] ?? [], system, all.sent))
  for (const one of own) one.stop()
  log('beside mosquitto_sub')
  const healthy = await hold(system, compared)
  const frozen = await startFrozen(system, whoIs('frozen'))
  log('beside one that reads nothing')
  const beside = await hold(system, compared)
  const missedLater = await ear.wrong(all.sent + healthy.sent + beside.sent)
  const dropped = await droppedFor(system, 'frozen')
  const memoryMb = rssMb(system.pid('broker'))
  frozen.destroy()
  ear.stop()
  const slower = (beside.pubackMs.p99 / healthy.pubackMs.p99 - 1) * 100
  const lost = all.lost + healthy.lost + beside.lost
  const [none, less] = [{ unit: '', asked: 0, better: 'less' } as const, { better: 'less', timed: true } as const]
  return [
    { what: 'messages acknowledged while all listen', reached: all.acked, unit: '', better: 'more' },
    { what: 'not heard by mosquitto_sub, or not in order', reached: missed, ...none },
    { what: 'the same beside one that reads nothing', reached: missedLater, ...none },
    { what: 'leaked to the 50, or missed by them', reached: ownWrong, ...none },
    { what: 'acknowledged and lost', reached: lost, ...none },
    { what: 'dropped for the one that reads nothing', reached: dropped, unit: '', better: 'more' },
    { what: 'PUBACK p99, nobody listens', reached: alone.pubackMs.p99, unit: 'ms', ...less },
    { what: 'PUBACK p99 with mosquitto_sub', reached: healthy.pubackMs.p99, unit: 'ms', ...less },
    { what: 'PUBACK p99 beside one that reads nothing', reached: beside.pubackMs.p99, unit: 'ms', ...less },
    { what: 'which is later by', reached: slower, unit: '%', asked: 10, ...less },
    { what: 'broker a message, nobody listens (CPU)', reached: alone.brokerUs, unit: 'µs', ...less },
    { what: 'with mosquitto_sub', reached: healthy.brokerUs, unit: 'µs', ...less },
    { what: 'with mosquitto_sub and 50 more', reached: all.brokerUs, unit: 'µs', ...less },
    { what: 'memory of the broker at the end (RSS)', reached: memoryMb, unit: 'MB', asked: 300, ...less },
  ]
}

type Held = LoadFigures & { brokerUs: number }

async function hold(system: BenchSystem, seconds: number): Promise<Held> {
  const beforeS = system.processorS().broker
  const load = await runLoad(system, { devices: system.devices, rate, seconds, window: 1000, warmUpS })
  return { ...load, brokerUs: ((system.processorS().broker - beforeS) / load.sent) * 1e6 }
}

function topicsOf({ devices }: BenchSystem, n: number): string[] {
  const own = Array.from({ length: filtersEach }, (_none, k) => devices[(n * filtersEach + k) % devices.length])
  return [...new Set(own.map((device) => device?.topic ?? ''))]
}

/** The load goes round the devices one after the other. */
function sentTo(topics: readonly string[], { devices }: BenchSystem, sent: number): number {
  const each = Math.floor(sent / devices.length)
  const oneMore = devices.slice(0, sent % devices.length).filter(({ topic }) => topics.includes(topic)).length
  return each * topics.length + oneMore
}

async function sum(listeners: readonly Listener[], sentTo: (n: number) => number): Promise<number> {
  const wrong = await Promise.all(listeners.map((listener, n) => listener.wrong(sentTo(n))))
  return wrong.reduce((all, one) => all + one, 0)
}

import { type LoadFigures, runLoad } from '../../bench/load.ts'
import { type BenchSystem, startBenchSystem } from '../../bench/system.ts'
import { rounds, type Scenario, type TortureFigure, type Trial } from '../scenario.ts'

const fullFleet = 5000
const warmUpS = 2

interface Part {
  rate: number
  seconds: number
  askedP99Ms: number
}

const parts: readonly Part[] = [
  { rate: 2000, seconds: 180, askedP99Ms: 50 },
  { rate: 10_000, seconds: 60, askedP99Ms: 20 },
]

/** The load that the figures ask for, held. */
export const burst: Scenario = {
  name: 'burst',
  promise: 'No acknowledged message is lost at 2,000 messages a second for long, nor at 10,000 for a minute.',
  how: '5,000 devices publish with QoS 1 at a fixed pace over all of them, from another process on the same cores: 3 minutes at 2,000/s, then 60 s at 10,000/s.',
  minutes: 4.5,
  quickScale: 0.02,
  async run(trial) {
    const system = await startBenchSystem(rounds(fullFleet, trial.scale))
    try {
      const figures: TortureFigure[] = []
      for (const part of parts) figures.push(...figuresOf(part, await hold(system, part, trial)))
      const memory = { what: 'memory of all roles after it (RSS)', reached: system.memory().rssMb, unit: 'MB' }
      return [...figures, { ...memory, asked: 500, better: 'less', timed: true }]
    } finally {
      await system.stop()
    }
  },
}

function hold(system: BenchSystem, { rate, seconds }: Part, { scale, log }: Trial): Promise<LoadFigures> {
  const heldS = Math.max(warmUpS + 1, rounds(seconds, scale))
  log(`${rate}/s for ${heldS} s`)
  return runLoad(system, { devices: system.devices, rate, seconds: heldS, window: 1000, warmUpS })
}

function figuresOf({ rate, askedP99Ms }: Part, { sent, acked, lost, pubackMs }: LoadFigures): TortureFigure[] {
  const at = `at ${rate}/s`
  const timed = { unit: 'ms', better: 'less', timed: true } as const
  return [
    { what: `messages acknowledged ${at}`, reached: acked, unit: '', better: 'more' },
    { what: `sent and not acknowledged ${at}`, reached: sent - acked, unit: '', asked: 0, better: 'less' },
    { what: `acknowledged and lost ${at}`, reached: lost - (sent - acked), unit: '', asked: 0, better: 'less' },
    { what: `PUBACK p50 ${at}`, reached: pubackMs.p50, asked: 10, ...timed },
    { what: `PUBACK p99 ${at}`, reached: pubackMs.p99, asked: askedP99Ms, ...timed },
  ]
}

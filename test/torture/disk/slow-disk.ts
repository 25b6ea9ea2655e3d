import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { quantiles } from '../../bench/table.ts'
import { missingProgram } from '../../support/influx/influx-process.ts'
import { registerBuses, startWholeSystem } from '../../support/system/whole-system.ts'
import { startPublishers } from '../publishers.ts'
import type { Scenario, Trial } from '../scenario.ts'
import { earlierTodayMs, lostOf, readStored, settled } from '../stored.ts'

const fullSlowS = 30
const syncTakesMs = 1000
const devicesCount = 50
const ratePerS = 10

function rssMb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
}

async function run({ dir, scale, log }: Trial) {
  const devices = await registerBuses(
    dir,
    Array.from({ length: devicesCount }, (_, n) => `bus-${n}`),
  )
  const system = await startWholeSystem({ dir })
  const pid = system.pid('broker') ?? 0
  const latencies: number[] = []
  let slow = false
  const load = startPublishers({
    port: system.mqtt,
    devices,
    window: 500,
    ratePerS,
    firstMs: earlierTodayMs(),
    onAck: (ms) => slow && latencies.push(ms),
  })
  const injection = `inject=fsync:delay_exit=${syncTakesMs * 1000}`
  const flags = ['-f', '-qq', '-e', 'trace=fsync', '-e', injection, '-o', '/dev/null', '-p', String(pid)]
  try {
    await sleep(2000)
    const before = rssMb(pid)
    const strace = spawn('strace', flags, { stdio: 'ignore' })
    log(`every sync of the broker takes ${syncTakesMs} ms`)
    await sleep(2000)
    slow = true
    await sleep(Math.max(5, fullSlowS * scale) * 1000)
    slow = false
    const grown = rssMb(pid) - before
    const breaks = load.breaks()
    strace.kill('SIGINT')
    await once(strace, 'exit')
    await load.stop()
    await settled(dir)
    const timed = { better: 'less', timed: true } as const
    return [
      {
        what: `PUBACK p99 where a sync takes ${syncTakesMs} ms`,
        reached: quantiles(latencies).p99,
        unit: 'ms',
        asked: 2500,
        ...timed,
      },
      { what: 'memory that the broker grew by', reached: Math.max(0, grown), unit: 'MB', asked: 50, ...timed },
      { what: 'connections lost by it', reached: breaks, unit: '', asked: 0, ...timed },
      {
        what: 'acknowledged and lost',
        reached: lostOf(load.acknowledged(), readStored(dir)),
        unit: '',
        asked: 0,
        better: 'less',
      } as const,
    ]
  } finally {
    await system.stop()
  }
}

export const slowDisk: Scenario = {
  name: 'slow-disk',
  promise: 'A disk that has become slow delays acknowledgements; it breaks no connection and fills no memory.',
  how: `strace makes every sync of the broker last ${syncTakesMs} ms longer, under 50 devices with 10 messages/s each. A message waits for the sync that is under way and for its own.`,
  minutes: 0.8,
  quickScale: 0,
  missing: () => missingProgram('strace'),
  run,
}

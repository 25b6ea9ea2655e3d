import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { openSqliteStore } from '../../../storage/telemetry/sqlite/sqlite.ts'
import { runLoad } from '../../bench/load.ts'
import { type BenchSystem, startBenchSystem } from '../../bench/system.ts'
import type { Scenario, TortureFigure, Trial } from '../scenario.ts'
import { createFleet, readingsUntil } from './city-days.ts'

const dayMs = 86_400_000
const batchRows = 5000
const senders = 500
const rate = 1000
const loadS = 45
const warmUpS = 2
const maxSealMs = 600_000

/** A day that is long over lies in the hot database when the system starts, and is sealed under load. */
export const sealing: Scenario = {
  name: 'sealing',
  promise: 'Devices are acknowledged as quickly while a past day is sealed as at any other time.',
  how: `A whole day of 5,000 devices (2 million readings) waits to be sealed when the system starts; ${senders} devices send ${rate} messages a second while it is, and again after that.`,
  minutes: 4,
  quickScale: 0,
  async run(trial) {
    let written = 0
    const system = await startBenchSystem(senders, async (dir) => {
      written = await writeDay(storeOf(dir), trial)
    })
    try {
      return await measure(system, written, trial)
    } finally {
      await system.stop()
    }
  },
}

function storeOf(dir: string): string {
  return join(dir, 'store', 'hot.db')
}

/** The day before yesterday, in UTC; resolves to its readings. */
async function writeDay(path: string, { scale, seed, log }: Trial): Promise<number> {
  log('a day is written')
  mkdirSync(dirname(path), { recursive: true })
  const store = openSqliteStore({ path })
  const fromMs = (Math.floor(Date.now() / dayMs) - 2) * dayMs
  let batch = []
  let written = 0
  for (const reading of readingsUntil(createFleet(scale, seed, fromMs), fromMs, fromMs + dayMs)) {
    batch.push(reading)
    written += 1
    if (batch.length < batchRows) continue
    await store.write(batch)
    batch = []
  }
  await store.write(batch)
  await store.close()
  return written
}

async function measure(system: BenchSystem, written: number, { log }: Trial): Promise<TortureFigure[]> {
  const db = new DatabaseSync(storeOf(system.dir), { readOnly: true })
  const sealed = () => Number(db.prepare('SELECT coalesce(sum(points), 0) AS points FROM sealed').get()?.points)
  const order = { devices: system.devices, rate, seconds: loadS, window: 100, warmUpS }
  log('it is sealed under load')
  const [before, busy, after] = [sealed(), await runLoad(system, order), sealed()]
  if (before === written) throw new Error('all was sealed before the load')
  // A kind of device is sealed at once, so that the figure stands still for many seconds.
  if (after === before) throw new Error('nothing was sealed during the load')
  log('the rest of it is sealed')
  const giveUpMs = performance.now() + maxSealMs
  while (sealed() < written) {
    if (performance.now() > giveUpMs) throw new Error(`${sealed()} of ${written} readings were sealed`)
    await sleep(500)
  }
  log('the same load again')
  const calm = await runLoad(system, order)
  db.close()
  const added = (busy.pubackMs.p99 / calm.pubackMs.p99 - 1) * 100
  return [
    { what: 'readings of that day', reached: written, unit: '', better: 'more' },
    { what: 'of them sealed when the load was over', reached: after, unit: '', better: 'more' },
    { what: 'PUBACK p99, nothing to seal', reached: calm.pubackMs.p99, unit: 'ms', better: 'less', timed: true },
    { what: 'PUBACK p99 while a day is sealed', reached: busy.pubackMs.p99, unit: 'ms', better: 'less', timed: true },
    {
      what: 'the one against the other',
      ...{ reached: added, unit: '%', asked: 20, better: 'less', timed: true },
    },
    { what: 'acknowledged and not stored', reached: busy.lost + calm.lost, unit: '', asked: 0, better: 'less' },
  ]
}

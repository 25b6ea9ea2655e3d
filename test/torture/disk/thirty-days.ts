import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { StoredReading } from '../../../contract/ports/telemetry.ts'
import { openSqliteStore, type SealingStore } from '../../../storage/telemetry/sqlite/sqlite.ts'
import { quantiles } from '../../bench/table.ts'
import type { Scenario, TortureFigure, Trial } from '../scenario.ts'
import { createFleet, readingsUntil } from './city-days.ts'

const dayMs = 86_400_000
const hourMs = 3_600_000
const days = 30
const startMs = Date.UTC(2026, 9, 20)
const endMs = startMs + days * dayMs
const sealAfterMs = 6 * hourMs
const batchRows = 2000
const queries = 40

async function writeDay(store: SealingStore, readings: Iterable<StoredReading>): Promise<number[]> {
  const took: number[] = []
  let batch: StoredReading[] = []
  const write = async () => {
    const startedMs = performance.now()
    await store.write(batch)
    took.push(performance.now() - startedMs)
    batch = []
    // The seal thread's answers are taken between two batches, as in ingest.
    await new Promise((resolve) => setImmediate(resolve))
  }
  for (const reading of readings) {
    batch.push(reading)
    if (batch.length === batchRows) await write()
  }
  if (batch.length > 0) await write()
  return took
}

async function timed(work: (n: number) => Promise<unknown>): Promise<number> {
  const took: number[] = []
  for (let n = 0; n < queries; n += 1) {
    const startedMs = performance.now()
    await work(n)
    took.push(performance.now() - startedMs)
  }
  return quantiles(took).p95
}

/** Writes thirty days of a fleet, sealing each as it ends, then asks as the pages do. */
async function run({ scale, seed, dir, log }: Trial): Promise<TortureFigure[]> {
  const clock = { nowMs: startMs }
  const path = join(dir, 'hot.db')
  const store = openSqliteStore({ path, sealing: { sealAfterMs, now: () => clock.nowMs } })
  const fleet = createFleet(scale, seed, startMs)
  let sealMs = 0
  let calm: number[] = []
  let sealing: number[] = []
  for (let day = 0; day < days; day += 1) {
    log(`day ${day + 1} of ${days}, ${fleet.length} devices`)
    const dayStartMs = startMs + day * dayMs
    clock.nowMs = dayStartMs
    const noonMs = dayStartMs + dayMs / 2
    const morning = await writeDay(store, readingsUntil(fleet, dayStartMs, noonMs))
    clock.nowMs = noonMs
    const startedMs = performance.now()
    const settled = store.settle().then(() => {
      sealMs += performance.now() - startedMs
    })
    const afternoon = await writeDay(store, readingsUntil(fleet, noonMs, dayStartMs + dayMs))
    await settled
    if (day > 0) {
      calm = [...calm, ...morning]
      sealing = [...sealing, ...afternoon]
    }
  }
  log('asking')
  const figures = await ask(store)
  await store.close()
  return [
    ...sizes(path, store.status().coldBytes, fleet.length, scale),
    ...figures,
    {
      what: `a batch of ${batchRows} readings stored, p99, nothing to seal`,
      ...{ reached: quantiles(calm).p99, unit: 'ms', better: 'less', timed: true },
    },
    {
      what: `a batch of ${batchRows} readings stored, p99, while a day is sealed`,
      ...{ reached: quantiles(sealing).p99, unit: 'ms', better: 'less', timed: true },
    },
    { what: 'one day sealed in', reached: sealMs / (days - 1) / 1000, unit: 's', better: 'less', timed: true },
  ]
}

function sizes(path: string, coldBytes: number, devices: number, scale: number): TortureFigure[] {
  const db = new DatabaseSync(path)
  const one = (sql: string) => Number(Object.values(db.prepare(sql).get() ?? {})[0])
  const points = one('SELECT sum(points) FROM sealed')
  const blobBytes = one('SELECT sum(bytes) FROM sealed')
  const rollups = one('SELECT count(*) FROM rollup')
  const size = statSync(path).size
  db.exec('DELETE FROM rollup; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)')
  const rollupBytes = size - statSync(path).size
  db.close()
  const less = { unit: 'B', better: 'less' } as const
  return [
    { what: `devices of 5,000 (scale ${scale})`, reached: devices, unit: '', better: 'more' },
    { what: 'readings sealed', reached: points, unit: '', better: 'more' },
    { what: 'sealed, on disk with everything, a reading', reached: coldBytes / points, asked: 8, ...less },
    { what: 'of that the chunks', reached: blobBytes / points, ...less },
    { what: `roll-ups beside it (${rollups} rows), at most, a reading`, reached: rollupBytes / points, ...less },
  ]
}

async function ask(store: SealingStore): Promise<TortureFigure[]> {
  const bus = { deviceId: 'trans-binjai-bus-0', profile: 'trans-binjai-bus', limit: 50_000 }
  const speed = { profile: 'trans-binjai-bus', metric: 'speed_kmh' }
  const hourOf = (n: number) => (n % 24) * hourMs
  const minutes = { everyMs: 60_000, metrics: ['speed_kmh'] }
  const day = (fromMs: number) => ({ fromMs, toMs: fromMs + dayMs })
  const latestMs = endMs - 2 * dayMs
  const hot = await timed((n) => store.range({ ...bus, ...minutes, ...day(latestMs + hourOf(n)) }))
  const sealed = await timed((n) => store.range({ ...bus, ...minutes, ...day(startMs + (n % 25) * dayMs + hourOf(n)) }))
  const both = await timed((n) => store.range({ ...bus, ...minutes, ...day(endMs - 2.5 * dayMs - hourOf(n) / 4) }))
  const city = await timed((n) =>
    store.city({ ...speed, everyMs: 600_000, ...day(startMs + (n % 28) * dayMs + hourOf(n)) }),
  )
  const month = await timed(() =>
    store.range({
      ...bus,
      deviceId: 'river-gauge-0',
      profile: 'river-gauge',
      everyMs: hourMs,
      fromMs: startMs,
      toMs: endMs,
    }),
  )
  const p95 = { unit: 'ms', better: 'less', timed: true } as const
  return [
    { what: 'the densest device, 24 h by minute, hot days, p95', reached: hot, asked: 30, ...p95 },
    { what: 'the same over sealed days, p95', reached: sealed, asked: 30, ...p95 },
    { what: 'the same over sealed and hot days together, p95', reached: both, asked: 30, ...p95 },
    { what: 'the city, 24 h by 10 minutes, p95', reached: city, asked: 20, ...p95 },
    { what: 'one sensor, thirty days by hour, p95', reached: month, asked: 300, ...p95 },
  ]
}

export const thirtyDays: Scenario = {
  name: 'thirty-days',
  promise:
    'A month of a city takes at most 8 bytes a reading, and pages are answered from all of it as quickly as from today.',
  how: 'Thirty days of the profiles’ own simulation are written, each day sealed at noon of the next while readings go on being stored; then a day and a month are asked for, hot, sealed and both. At scale 1 it is 5,000 devices and 60 million readings.',
  minutes: 30,
  quickScale: 0,
  run,
}

import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StoredReading, TelemetryStore } from '../../contract/ports/telemetry.ts'
import { openInflux1 } from '../../storage/telemetry/influx/influx1.ts'
import { openSqliteStore } from '../../storage/telemetry/sqlite/sqlite.ts'
import { missingProgram } from '../support/influx/influx-process.ts'
import { startInfluxd } from '../support/influx/influxd.ts'
import { type Figure, quantiles } from './table.ts'

const dayMs = 86_400_000
const baseMs = Math.floor(Date.now() / dayMs) * dayMs - dayMs
const batchSize = 5000
/** 35 buses every 5 s: the densest profile of a city, one day of it. */
const buses = 35
const everyMs = 5000

function* oneDay(): Generator<StoredReading[]> {
  let batch: StoredReading[] = []
  for (let tsMs = baseMs; tsMs < baseMs + dayMs; tsMs += everyMs) {
    for (let bus = 0; bus < buses; bus += 1) {
      batch.push(reading(bus, tsMs + bus))
      if (batch.length < batchSize) continue
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) yield batch
}

function reading(bus: number, tsMs: number): StoredReading {
  const round = (Math.floor(tsMs / everyMs) + bus * 17) % 720
  return {
    deviceId: `bus-${bus}`,
    kind: 'bus',
    profile: 'trans-binjai-bus',
    areaCode: `12.75.0${(bus % 5) + 1}`,
    tsMs,
    receivedAtMs: tsMs + 200,
    tsSource: 'device',
    simulated: true,
    lat: Math.round((3.6 + round / 20_000) * 1e5) / 1e5,
    lon: Math.round((98.48 + round / 30_000) * 1e5) / 1e5,
    metrics: {
      speed_kmh: round % 60,
      heading_deg: round % 360,
      odometer_km: Math.round(tsMs / 60_000) / 10,
      supply_v: 27 + (round % 10) / 10,
      passengers: round % 20,
      satellites: 9 + (round % 4),
    },
  }
}

async function measure(store: TelemetryStore): Promise<Figure[]> {
  let rows = 0
  const startedMs = performance.now()
  for (const batch of oneDay()) {
    await store.write(batch)
    rows += batch.length
  }
  const perS = (rows / (performance.now() - startedMs)) * 1000
  const device = { deviceId: 'bus-7', profile: 'trans-binjai-bus', fromMs: baseMs, toMs: baseMs + dayMs, limit: 50_000 }
  const city = {
    profile: 'trans-binjai-bus',
    metric: 'speed_kmh',
    fromMs: baseMs,
    toMs: baseMs + dayMs,
    everyMs: 600_000,
  }
  const byMinute = await timed(30, () => store.range({ ...device, everyMs: 60_000, metrics: ['speed_kmh'] }))
  const byCity = await timed(30, () => store.city(city))
  const name = store.engine
  return [
    { what: `${name}: write in batches of ${batchSize}`, reached: perS, unit: 'readings/s', better: 'more' },
    { what: `${name}: one device, 24 h by minute, p95`, reached: byMinute.p95, unit: 'ms', asked: 30, better: 'less' },
    { what: `${name}: city, 24 h by 10 min, p95`, reached: byCity.p95, unit: 'ms', asked: 20, better: 'less' },
  ]
}

async function timed(times: number, work: () => Promise<unknown>) {
  const took: number[] = []
  for (let n = 0; n < times; n += 1) {
    const startedMs = performance.now()
    await work()
    took.push(performance.now() - startedMs)
  }
  return quantiles(took)
}

/** Writing and reading one day of 35 buses (604,800 readings) on each engine that this machine has. */
export async function measureEngines(): Promise<Figure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'bcc-bench-store-'))
  const path = join(dir, 'hot.db')
  const sqlite = openSqliteStore({ path })
  const figures = await measure(sqlite)
  await sqlite.close()
  const rows = (dayMs / everyMs) * buses
  figures.push({
    what: 'sqlite: disk per reading, today',
    reached: statSync(path).size / rows,
    unit: 'B',
    asked: 60,
    better: 'less',
  })
  rmSync(dir, { recursive: true })
  if (missingProgram('influxd') !== undefined) return figures
  const server = await startInfluxd()
  try {
    const influx = await openInflux1({ url: server.url, database: 'bench', timeoutMs: 30_000 })
    await influx.confirm(undefined)
    figures.push(...(await measure(influx)))
    await influx.close()
  } finally {
    await server.kill()
  }
  return figures
}

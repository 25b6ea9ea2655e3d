import fc from 'fast-check'
import type { StoredReading, StoreRefusal } from '../../../contract/ports/telemetry.ts'
import { fieldOfMetric } from '../../../storage/telemetry/influx/influx-schema.ts'
import { openInflux1 } from '../../../storage/telemetry/influx/influx1.ts'
import { missingProgram } from '../../support/influx/influx-process.ts'
import { startMs } from '../../support/influx/influx-readings.ts'
import { type RunningInfluxd, startInfluxd } from '../../support/influx/influxd.ts'
import { rounds, type Scenario, type Trial } from '../scenario.ts'

const fullPoints = 100_000
const batchSize = 5000
const database = 'hostile'

/** Good and bad values mixed, so that about half of the readings as a whole are good. */
function hostileReading(): fc.Arbitrary<StoredReading> {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.string({
      unit: fc.constantFrom('a', ' ', ',', '=', '\\', '"', '\n', '\r', '\t', '\0', 'é', '🚌'),
      maxLength: 12,
    }),
    fc.constantFrom('a\nevil,device=x v=1 1', 'x\\', '"', '{}', '$d', '#', "'; DROP DATABASE hostile", '__proto__'),
  )
  const mostly = <T>(good: fc.Arbitrary<T>, bad: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: bad })
  const metric = mostly(fc.constantFrom('water_level_m', 'time', 'device', 'lat', 'count_car', 'area_'), nasty)
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((measured) => measured + 0)
  return fc.record({
    deviceId: mostly(fc.constantFrom('gauge-1', 'gauge-10', '0-0'), nasty),
    kind: fc.constant('sensor' as const),
    profile: mostly(fc.constantFrom('river-gauge', 'rain-gauge'), nasty),
    // Half of the nasty texts are good tags once they are escaped.
    areaCode: fc.oneof(
      fc.constantFrom(null, '12.75.01'),
      nasty.map((text) => text || null),
    ),
    tsMs: fc.constant(0),
    receivedAtMs: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    tsSource: fc.constantFrom('device' as const, 'server' as const),
    simulated: fc.boolean(),
    metrics: fc.dictionary(metric, mostly(finite, fc.double()), { minKeys: 1, maxKeys: 3 }),
  })
}

/** Names that InfluxDB has and nobody wrote, and those that were written and it has not. */
async function forgedNames(influxd: RunningInfluxd, taken: readonly StoredReading[]): Promise<number> {
  const fields = taken.flatMap(({ metrics }) => Object.keys(metrics).map((metric) => fieldOfMetric(metric) ?? ''))
  const expected: [string, string, string[]][] = [
    ['SHOW MEASUREMENTS', 'name', taken.map(({ profile }) => profile)],
    ['SHOW TAG KEYS', 'tagKey', ['area', 'device', 'kind', 'sim']],
    ['SHOW FIELD KEYS', 'fieldKey', [...fields, 'received_ms', 'ts_source']],
    ['SHOW FIELD KEYS', 'fieldType', ['float']],
  ]
  let forged = 0
  for (const [statement, column, names] of expected) {
    const there = new Set<string>((await influxd.query(statement, database)).map((row) => String(row[column])))
    const wanted = new Set(names)
    forged += [...there].filter((name) => !wanted.has(name)).length
    forged += [...wanted].filter((name) => !there.has(name)).length
  }
  return forged
}

function isSame(reading: StoredReading, row: Record<string, unknown> | undefined): boolean {
  if (!row) return false
  const sameTags =
    row.device === reading.deviceId &&
    row.area === (reading.areaCode ?? '') &&
    row.sim === (reading.simulated ? '1' : '')
  const sameMetrics = Object.entries(reading.metrics).every(
    ([metric, measured]) => row[fieldOfMetric(metric) ?? ''] === measured,
  )
  return sameTags && sameMetrics && row.received_ms === reading.receivedAtMs
}

/** What the store must hold: a refusal that names a metric costs that value, any other its reading. */
function takenOf(batch: readonly StoredReading[], refusals: readonly StoreRefusal[]): StoredReading[] {
  const byIndex = Map.groupBy(refusals, ({ index }) => index)
  return batch.flatMap((reading, index) => {
    const own = byIndex.get(index) ?? []
    if (own.some(({ metric }) => metric === undefined)) return []
    const without = new Set(own.map(({ metric }) => metric))
    const metrics = Object.fromEntries(Object.entries(reading.metrics).filter(([name]) => !without.has(name)))
    return [{ ...reading, metrics }]
  })
}

async function run({ seed, scale, log }: Trial) {
  const influxd = await startInfluxd()
  try {
    const store = await openInflux1({ url: influxd.url, database, timeoutMs: 30_000 })
    await store.confirm(undefined)
    const points = rounds(fullPoints, scale)
    const readings = fc.sample(hostileReading(), { numRuns: points, seed })
    // A key of its own for each, so that none is joined with another.
    for (const [index, reading] of readings.entries()) reading.tsMs = startMs + index
    const taken: StoredReading[] = []
    for (let from = 0; from < readings.length; from += batchSize) {
      const batch = readings.slice(from, from + batchSize)
      taken.push(...takenOf(batch, await store.write(batch)))
      log(`${from + batch.length} of ${points} hostile points`)
    }
    const rows = await influxd.query('SELECT * FROM /.*/ GROUP BY *', database)
    const stored = new Map(rows.map((row) => [row.time, row]))
    const none = { unit: '', asked: 0, better: 'less' } as const
    return [
      { what: 'hostile points', reached: points, unit: '', better: 'more' } as const,
      { what: 'of them taken, the others refused by name', reached: taken.length, unit: '', better: 'more' } as const,
      { what: 'forged measurements, tags, fields or types', reached: await forgedNames(influxd, taken), ...none },
      { what: 'forged points', reached: Math.abs(rows.length - taken.length), ...none },
      {
        what: 'points that came back different',
        reached: taken.filter((reading) => !isSame(reading, stored.get(reading.tsMs))).length,
        ...none,
      },
    ]
  } finally {
    await influxd.close()
  }
}

export const hostilePoints: Scenario = {
  name: 'hostile-points',
  promise: 'Nothing that a device says can forge a series in InfluxDB, and what is taken comes back equal.',
  how: 'Readings with newlines, quotes, backslashes, separators and names of ours in ids, profiles, areas and metrics are written to a real influxd 1.6.7 and read back past our own reader.',
  minutes: 0.5,
  quickScale: 0.2,
  missing: () => missingProgram('influxd'),
  run,
}

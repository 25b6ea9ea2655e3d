import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { InfluxDB as Influx2, Point } from '@influxdata/influxdb-client'
import { InfluxDB as Influx1 } from 'influx'
import type { StoredReading } from '../../contract/ports/telemetry.ts'
import { encodeLine } from '../../storage/telemetry/influx/line-protocol.ts'
import { missingProgram } from '../support/influx/influx-process.ts'
import { startInfluxd } from '../support/influx/influxd.ts'

/**
 * `npm run bench:influx`: what encoding and sending a reading costs by our own lines and by those of the two packages, for
 * ADR 30. A sink in a thread of its own answers 204 to everything, so that the figures are the client's; then a real
 * influxd, where it is installed. Ratios tell, figures are this machine's.
 */

const rounds = 8
const batch = 5000

const readings = Array.from(
  { length: batch },
  (_, n): StoredReading => ({
    deviceId: `bus-${n % 200}`,
    kind: 'bus',
    profile: 'trans-binjai-bus',
    areaCode: '12.75.01',
    tsMs: 1_760_000_000_000 + n,
    receivedAtMs: 1_760_000_000_250 + n,
    tsSource: 'device',
    simulated: false,
    lat: 3.6 + n / 1e5,
    lon: 98.48,
    metrics: { speed_kmh: (n % 60) + 0.5, heading_deg: n % 360, odometer_km: 1000 + n / 10, passengers: n % 40 },
  }),
)

function fieldsOf(reading: StoredReading): Record<string, number> {
  const { lat = 0, lon = 0, receivedAtMs, metrics } = reading
  return { ...metrics, lat, lon, received_ms: receivedAtMs, ts_source: 0 }
}

function lines(): string {
  return readings
    .map((reading) => {
      const encoded = encodeLine(reading)
      return encoded.ok ? encoded.line : ''
    })
    .join('\n')
}

function points(): Point[] {
  return readings.map((reading) => {
    const { profile, deviceId, kind, areaCode, tsMs } = reading
    const point = new Point(profile)
      .tag('area', areaCode ?? '')
      .tag('device', deviceId)
      .tag('kind', kind)
    for (const [name, measured] of Object.entries(fieldsOf(reading))) point.floatField(name, measured)
    return point.timestamp(tsMs)
  })
}

type Way = [name: string, send: () => Promise<unknown>]

function ways(url: string, hasV2: boolean): Way[] {
  // A batch that goes by its size is one that `close` does not wait for.
  const options = { batchSize: batch + 1, flushInterval: 0, maxRetries: 0 }
  const api = () => new Influx2({ url, token: 't' }).getWriteApi('o', 'binjai', 'ms', options)
  const old = new Influx1({ host: '127.0.0.1', port: Number(new URL(url).port), database: 'binjai' })
  const write = `${url}/write?db=binjai&precision=ms`
  const v2: Way[] = [
    [
      'our lines, WriteApi of influxdb-client',
      async () => {
        const one = api()
        one.writeRecord(lines())
        await one.close()
      },
    ],
    [
      'Point and WriteApi of influxdb-client',
      async () => {
        const one = api()
        one.writePoints(points())
        await one.close()
      },
    ],
  ]
  return [
    ['our lines, fetch', async () => (await fetch(write, { method: 'POST', body: lines() })).arrayBuffer()],
    ...(hasV2 ? v2 : []),
    [
      'writePoints of influx',
      () =>
        old.writePoints(
          readings.map((reading) => ({
            measurement: reading.profile,
            tags: { area: reading.areaCode ?? '', device: reading.deviceId, kind: reading.kind },
            fields: fieldsOf(reading),
            timestamp: reading.tsMs,
          })),
          { precision: 'ms' },
        ),
    ],
  ]
}

/** Each way once to warm up, then all in turn, so that what else the machine does is shared. */
async function measure(title: string, all: readonly Way[]): Promise<void> {
  const spent = all.map(() => ({ cpuUs: 0, ms: 0 }))
  for (const [, run] of all) await run()
  for (let round = 0; round < rounds; round += 1) {
    for (const [at, [, run]] of all.entries()) {
      const [cpu, startedMs] = [process.threadCpuUsage(), performance.now()]
      await run()
      const used = process.threadCpuUsage(cpu)
      const sum = spent[at]
      if (sum === undefined) continue
      sum.cpuUs += used.user + used.system
      sum.ms += performance.now() - startedMs
    }
  }
  const total = rounds * batch
  const first = spent[0]?.cpuUs ?? 1
  console.log(title)
  for (const [at, [name]] of all.entries()) {
    const { cpuUs = 0, ms = 1 } = spent[at] ?? {}
    console.log(
      `  ${name.padEnd(42)} ${(cpuUs / total).toFixed(2)} µs a reading, ${(cpuUs / first).toFixed(2)} ×, ${Math.round((total / ms) * 1000)}/s`,
    )
  }
}

/** Runs in the thread: takes every body and says 204. */
const sink = `
  const { parentPort } = require('node:worker_threads')
  require('node:http').createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(204, { 'x-influxdb-version': '2.7' }).end())
  }).listen(0, '127.0.0.1', function () { parentPort.postMessage(this.address().port) })
`

async function main(): Promise<void> {
  await measure('encoding alone', [
    ['our lines', async () => lines()],
    [
      'Point of influxdb-client',
      async () =>
        points()
          .map((point) => point.toLineProtocol())
          .join('\n'),
    ],
  ])
  const thread = new Worker(sink, { eval: true })
  const [port] = await once(thread, 'message')
  await measure('encoding and sending, to a server that only says 204', ways(`http://127.0.0.1:${port}`, true))
  await thread.terminate()
  if (missingProgram('influxd') !== undefined) return
  const influxd = await startInfluxd()
  await influxd.query('CREATE DATABASE binjai')
  await measure('encoding and sending, to influxd', ways(influxd.url, false))
  await influxd.close()
}

await main()

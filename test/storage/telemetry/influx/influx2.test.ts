import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { StoreUnavailableError } from '../../../../contract/ports/telemetry.ts'
import { openInflux2 } from '../../../../storage/telemetry/influx/influx2.ts'
import { missingProgram } from '../../../support/influx/influx-process.ts'
import { gaugeRange, gaugeReading, startMs } from '../../../support/influx/influx-readings.ts'
import { startRelay, startScriptedHttp } from '../../../support/influx/influx-relay.ts'
import { type RunningInflux2Gateway, startInflux2Gateway } from '../../../support/influx/influx2-gateway.ts'
import { type RunningInfluxd, startInfluxd } from '../../../support/influx/influxd.ts'
import { type RunningVictoriaMetrics, startVictoriaMetrics } from '../../../support/influx/victoria-metrics.ts'

const account = { org: 'pemko-binjai', bucket: 'city', token: 'a-token' }

describe.skipIf(missingProgram('influxd'))('influx2 at the 2.x API in front of a real influxd 1.x', () => {
  let influxd: RunningInfluxd
  let gateway: RunningInflux2Gateway
  beforeAll(async () => {
    influxd = await startInfluxd()
    gateway = await startInflux2Gateway({ influxdUrl: influxd.url, ...account })
    await influxd.query('CREATE DATABASE city')
  })
  afterAll(async () => {
    await gateway.close()
    await influxd.close()
  })

  test.each([
    ['a wrong token', { token: 'wrong' }, 'unauthorized access'],
    ['a wrong organization', { org: 'elsewhere' }, 'organization name "elsewhere" not found'],
    ['a wrong bucket', { bucket: 'elsewhere' }, 'bucket "elsewhere" not found'],
  ])('holds everything back with %s, in the words of the server', async (_, wrong, words) => {
    const store = await openInflux2({ url: gateway.url, ...account, ...wrong })
    await expect(store.write([gaugeReading()])).rejects.toThrow(StoreUnavailableError)
    await expect(store.write([gaugeReading()])).rejects.toThrow(words)
  })

  test.each([1, 7, 50])(
    'finds %i points that do not fit (422) among 5,000, and stores the others',
    async (bad) => {
      const bucket = `poison_${bad}`
      await influxd.query(`CREATE DATABASE ${bucket}`)
      const older = `river-gauge,device=older whole_first=1i ${startMs}`
      await fetch(`${influxd.url}/write?db=${bucket}&precision=ms`, { method: 'POST', body: older })
      const relay = await startRelay(gateway.url)
      onTestFinished(() => relay.close())
      const store = await openInflux2({ url: relay.url, ...account, bucket })
      const places = Array.from({ length: bad }, (_, nth) => (nth * 4999 * 7 + 13) % 5000)
      const batch = Array.from({ length: 5000 }, (_, index) => {
        const metrics = places.includes(index) ? { whole_first: 0.5 } : { water_level_m: index }
        return gaugeReading({ tsMs: startMs + index, metrics })
      })
      const refused = await store.write(batch)
      expect(refused.map(({ index }) => index)).toEqual(places.toSorted((a, b) => a - b))
      expect(refused.every(({ detail }) => detail.includes('field type conflict'))).toBe(true)
      expect(relay.requests.length).toBeLessThanOrEqual(2 * bad * Math.ceil(Math.log2(5000)) + 2)
      const rows = await influxd.query('SELECT water_level_m FROM "river-gauge" WHERE "kind" = \'sensor\'', bucket)
      expect(rows).toHaveLength(5000 - bad)
    },
    60_000,
  )

  test('gives up in time while the server stands still, and goes on when it does', async () => {
    const store = await openInflux2({ url: gateway.url, ...account, timeoutMs: 400 })
    await store.confirm(undefined)
    influxd.pause()
    const startedMs = performance.now()
    await expect(store.write([gaugeReading()])).rejects.toThrow(StoreUnavailableError)
    expect(performance.now() - startedMs).toBeLessThan(1500)
    influxd.resume()
    await expect.poll(() => store.health()).toMatchObject({ up: true })
    expect(await store.write([gaugeReading()])).toEqual([])
    expect((await store.range(gaugeRange)).metrics).toEqual({ water_level_m: [[startMs, 1.25]] })
  })

  test('works below a path of a proxy', async () => {
    const relay = await startRelay(gateway.url, '/influx')
    onTestFinished(() => relay.close())
    const store = await openInflux2({ url: `${relay.url}/influx/`, ...account })
    await store.confirm(undefined)
    expect(await store.write([gaugeReading()])).toEqual([])
    expect((await store.range(gaugeRange)).metrics).toEqual({ water_level_m: [[startMs, 1.25]] })
    expect(await store.health()).toEqual({ up: true, detail: 'InfluxDB v2.7.11' })
  })

  test('says which setting to use at a server that has no /api/v2/write', async () => {
    const words = /InfluxDB 1\.\S+ has no \/api\/v2\/write: leave BCC_TELEMETRY out/
    await expect(openInflux2({ url: influxd.url, ...account })).rejects.toThrow(words)
  })

  test('says so at the first write and in its health when such a server was away as it opened', async () => {
    await influxd.kill()
    const store = await openInflux2({ url: influxd.url, ...account })
    await influxd.start()
    await expect(store.write([gaugeReading()])).rejects.toThrow(/leave BCC_TELEMETRY out/)
    expect(await store.health()).toEqual({ up: false, detail: expect.stringContaining('leave BCC_TELEMETRY out') })
  })
})

describe('influx2 and what its package would do', () => {
  test('sends a batch as one plain request with org, bucket and precision, and never on its own again', async () => {
    const seen: { url: string | undefined; encoding: string | undefined; lines: number }[] = []
    const server = await startScriptedHttp((request, response) => {
      if (request.url === '/ping') return void response.writeHead(204, { 'x-influxdb-version': 'v2.7.11' }).end()
      let body = ''
      request.on('data', (chunk) => {
        body += String(chunk)
      })
      request.on('end', () => {
        seen.push({ url: request.url, encoding: request.headers['content-encoding'], lines: body.split('\n').length })
        response.writeHead(503).end()
      })
    })
    onTestFinished(() => server.close())
    const store = await openInflux2({ url: server.url, org: 'a&b', bucket: 'c d', token: 'e' })
    const batch = Array.from({ length: 3000 }, (_, index) => gaugeReading({ tsMs: startMs + index }))
    await expect(store.write(batch)).rejects.toThrow(StoreUnavailableError)
    await store.close()
    expect(seen).toEqual([
      { url: '/api/v2/write?org=a%26b&bucket=c%20d&precision=ms', encoding: undefined, lines: 3000 },
    ])
  })
})

describe.skipIf(missingProgram('victoria-metrics'))('influx2 at a real VictoriaMetrics', () => {
  let victoria: RunningVictoriaMetrics
  beforeAll(async () => {
    victoria = await startVictoriaMetrics()
  })
  afterAll(() => victoria.close())

  test('writes 3,000 readings that come back equal from its export', async () => {
    const store = await openInflux2({ url: victoria.url, ...account })
    const batch = Array.from({ length: 3000 }, (_, index) =>
      gaugeReading({
        deviceId: `gauge-${index % 3}`,
        tsMs: startMs + Math.floor(index / 3) * 1000,
        lat: 3.6 + index / 1e4,
        lon: 98.5,
        // Three decimals: it keeps about 13 significant digits of a block, not every bit.
        metrics: { water_level_m: index / 8, battery_v: 3.5 },
      }),
    )
    expect(await store.write(batch)).toEqual([])
    const level = '{__name__="river-gauge_water_level_m",device="gauge-1",area="12.75.01",kind="sensor"}'
    const expected = batch.filter(({ deviceId }) => deviceId === 'gauge-1')
    const [series] = await victoria.export(level)
    expect(series?.points).toEqual(expected.map(({ tsMs, metrics }) => [tsMs, metrics.water_level_m]))
    const all = await victoria.export('{__name__=~"river-gauge_.*"}')
    expect(all).toHaveLength(3 * 6)
    expect(all.every(({ points }) => points.length === 1000)).toBe(true)
  })

  test('says that it cannot be read there, where an empty history would be a lie', async () => {
    const store = await openInflux2({ url: victoria.url, ...account })
    await expect(store.range(gaugeRange)).rejects.toThrow('does not speak InfluxQL')
    await expect(store.latest()).rejects.toThrow(StoreUnavailableError)
    expect(await store.health()).toMatchObject({ up: true })
  })
})

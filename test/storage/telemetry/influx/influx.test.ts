import { describe, expect, onTestFinished, test } from 'vitest'
import { StoreUnavailableError, type TelemetryStore } from '../../../../contract/ports/telemetry.ts'
import { openInflux } from '../../../../storage/telemetry/influx/influx.ts'
import { missingProgram } from '../../../support/influx/influx-process.ts'
import { gaugeRange, gaugeReading, startMs } from '../../../support/influx/influx-readings.ts'
import { startScriptedHttp } from '../../../support/influx/influx-relay.ts'
import { startInflux2Gateway } from '../../../support/influx/influx2-gateway.ts'
import { type RunningInfluxd, startInfluxd } from '../../../support/influx/influxd.ts'
import { startVictoriaMetrics } from '../../../support/influx/victoria-metrics.ts'

const token = 'a-token-of-somebody'

async function ownInfluxd(options: { auth?: boolean } = {}): Promise<RunningInfluxd> {
  const influxd = await startInfluxd(options)
  onTestFinished(() => influxd.close())
  return influxd
}

type GatewayOptions = Partial<Parameters<typeof startInflux2Gateway>[0]>

async function ownGateway(options: GatewayOptions = {}) {
  const influxd = await ownInfluxd()
  const gateway = await startInflux2Gateway({ influxdUrl: influxd.url, org: 'pemko', token, ...options })
  onTestFinished(() => gateway.close())
  return { influxd, gateway }
}

/** What a refused `confirm` says. */
async function refusal(store: TelemetryStore): Promise<{ fault: unknown; words: string }> {
  const error = await store.confirm?.(undefined).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof StoreUnavailableError)) throw new Error('it was not refused', { cause: error })
  return { fault: error.fault, words: error.message }
}

const oneReading = { metrics: { water_level_m: [[startMs, 1.25]] } }

describe.skipIf(missingProgram('influxd'))('InfluxDB by its address alone', () => {
  test('is known as 1.x, its database is made, and it is written and read', async () => {
    const influxd = await ownInfluxd()
    const store = await openInflux({ url: influxd.url, database: 'binjai' })
    expect(store.engine).toBe('influx')
    expect(await store.confirm?.(undefined)).toEqual({ place: `${influxd.url} binjai`, keepsMs: 0 })
    expect(store.engine).toBe('influx1')
    expect(await store.write([gaugeReading()])).toEqual([])
    expect(await store.range(gaugeRange)).toMatchObject({ engine: 'influx1', ...oneReading })
  })

  test('is known as 2.x, and the only organisation, its bucket and the mapping are found or made', async () => {
    const { influxd, gateway } = await ownGateway()
    const store = await openInflux({ url: gateway.url, database: 'binjai', token })
    expect(await store.confirm?.(undefined)).toEqual({ place: `${gateway.url} id-of-pemko binjai`, keepsMs: 0 })
    expect(store.engine).toBe('influx2')
    expect(await store.write([gaugeReading()])).toEqual([])
    expect(await store.range(gaugeRange)).toMatchObject({ engine: 'influx2', ...oneReading })
    expect(await influxd.query('SELECT water_level_m FROM "river-gauge"', 'binjai')).toHaveLength(1)
  })

  test('a token of one bucket only, which sees no organisation, is enough where the bucket is there', async () => {
    const { influxd, gateway } = await ownGateway({ orgs: [], denied: new Set(['buckets']) })
    await influxd.query('CREATE DATABASE kota')
    const store = await openInflux({ url: gateway.url, database: 'binjai', bucket: 'kota', token })
    expect(await store.confirm?.(undefined)).toEqual({ place: `${gateway.url} id-of-pemko kota`, keepsMs: 0 })
    expect(await store.write([gaugeReading()])).toEqual([])
  })

  test('an organisation that is named by its id is the same, and its bucket is not made twice', async () => {
    const { gateway } = await ownGateway({ orgs: ['pemko', 'dishub'] })
    for (const org of ['pemko', 'id-of-pemko']) {
      const store = await openInflux({ url: gateway.url, database: 'binjai', org, token })
      expect(await store.confirm?.(undefined)).toMatchObject({ place: `${gateway.url} ${org} binjai` })
      expect(await store.write([gaugeReading()])).toEqual([])
    }
    expect(gateway.made).toEqual(['buckets', 'dbrps'])
  })

  test('opens while the server is away, and asks it when it comes', async () => {
    const influxd = await ownInfluxd()
    await influxd.kill()
    const store = await openInflux({ url: influxd.url, database: 'binjai', timeoutMs: 500 })
    await expect(store.write([gaugeReading()])).rejects.toThrow(StoreUnavailableError)
    expect(await store.health()).toMatchObject({ up: false })
    expect(store.engine).toBe('influx')
    await influxd.start()
    await store.confirm?.(undefined)
    expect(await store.write([gaugeReading()])).toEqual([])
    expect(store.engine).toBe('influx1')
  })

  test('another server behind the address is another place, of another version, for who had the first one open', async () => {
    const [old, behind] = [await ownInfluxd(), await ownInfluxd()]
    const store = await openInflux({ url: old.url, database: 'binjai', token })
    const mark = '0b8c2a52-6f0e-4a57-8f6e-3c3b8a3f1a11'
    await store.confirm?.(undefined)
    await store.mark?.(mark)
    const before = await store.confirm?.(mark)
    expect([before?.holdsMark, store.engine]).toEqual([true, 'influx1'])
    await old.kill()
    const port = Number(new URL(old.url).port)
    const gateway = await startInflux2Gateway({ influxdUrl: behind.url, org: 'pemko', token, port })
    onTestFinished(() => gateway.close())
    const after = await store.confirm?.(mark)
    expect([after?.holdsMark, store.engine]).toEqual([false, 'influx2'])
    expect(after?.place).not.toBe(before?.place)
    expect(await store.write([gaugeReading()])).toEqual([])
    expect(await store.range(gaugeRange)).toMatchObject({ engine: 'influx2', ...oneReading })
  })

  test('a redirect is not followed with a login in the hand', async () => {
    const { gateway } = await ownGateway()
    const proxy = await startScriptedHttp((request, response) => {
      response.writeHead(307, { location: `${gateway.url}${request.url}` }).end()
    })
    onTestFinished(() => proxy.close())
    const store = await openInflux({ url: proxy.url, database: 'binjai', token })
    await expect(store.confirm?.(undefined)).rejects.toThrow(StoreUnavailableError)
  })
})

describe.skipIf(missingProgram('influxd'))(
  'what a person has to mend at InfluxDB is one sentence that says how',
  () => {
    test('1.x: a login that is missing or wrong, a user without the right to write, to read or to make', async () => {
      const influxd = await ownInfluxd({ auth: true })
      const open = (user?: string, password = 'x') =>
        openInflux({ url: influxd.url, database: 'binjai', ...(user !== undefined && { user, password }) })
      expect(await refusal(await open())).toMatchObject({
        fault: 'login',
        words: expect.stringContaining('BCC_INFLUX_USER'),
      })
      await influxd.query("CREATE USER root WITH PASSWORD 'r' WITH ALL PRIVILEGES")
      const admin = (statement: string) => influxd.query(statement, undefined, ['root', 'r'])
      await admin("CREATE USER kota WITH PASSWORD 'x'")
      expect(await refusal(await open('kota', 'wrong'))).toMatchObject({
        fault: 'login',
        words: expect.stringMatching(/^InfluxDB refuses user "kota": set BCC_INFLUX_USER.*\(InfluxDB answered 401: /),
      })
      const store = await open('kota')
      expect(await refusal(store)).toMatchObject({
        fault: 'create-right',
        words: expect.stringContaining('CREATE DATABASE "binjai", then GRANT ALL ON "binjai" TO "kota"'),
      })
      await admin('CREATE DATABASE binjai')
      await admin('GRANT READ ON binjai TO kota')
      await store.confirm?.(undefined)
      await expect(store.write([gaugeReading()])).rejects.toMatchObject({
        fault: 'write-right',
        message: expect.stringContaining('GRANT ALL ON "binjai" TO "kota"'),
      })
      await admin('REVOKE READ ON binjai FROM kota')
      await admin('GRANT WRITE ON binjai TO kota')
      expect(await store.confirm?.('0b8c2a52-6f0e-4a57-8f6e-3c3b8a3f1a11')).toMatchObject({
        warning: { fault: 'read-right' },
      })
      expect(await store.write([gaugeReading()])).toEqual([])
      await admin('GRANT ALL ON binjai TO kota')
      expect(await store.confirm?.(undefined)).toEqual({ place: `${influxd.url} binjai`, keepsMs: 0 })
    })

    test.each<[string, GatewayOptions, object, string, RegExp]>([
      ['a wrong token', {}, { token: 'wrong' }, 'login', /BCC_INFLUX_TOKEN/],
      ['no token', {}, { token: undefined }, 'login', /BCC_INFLUX_TOKEN/],
      [
        'several organisations',
        { orgs: ['pemko', 'dishub', 'bpbd'] },
        {},
        'organisation',
        /set BCC_INFLUX_ORG to one of "pemko", "dishub", "bpbd"/,
      ],
      [
        'an organisation that is none',
        { orgs: ['pemko'] },
        { org: 'other' },
        'organisation',
        /"other": set BCC_INFLUX_ORG to one of "pemko"/,
      ],
      [
        'a token that may make nothing',
        { denied: new Set(['buckets']) },
        {},
        'create-right',
        /may not make bucket "binjai"/,
      ],
    ])('2.x: %s', async (_what, options, wrong, fault, words) => {
      const { gateway } = await ownGateway(options)
      const store = await openInflux({ url: gateway.url, database: 'binjai', token, ...wrong })
      const said = await refusal(store)
      expect(said).toMatchObject({ fault, words: expect.stringMatching(words) })
      expect(said.words).not.toContain(token)
    })

    test('2.x: a token that may only read, and one that may make no mapping', async () => {
      const denied: GatewayOptions['denied'] = new Set(['write'])
      const { gateway } = await ownGateway({ denied })
      const store = await openInflux({ url: gateway.url, database: 'binjai', token })
      await store.confirm?.(undefined)
      await expect(store.write([gaugeReading()])).rejects.toMatchObject({ fault: 'write-right' })
      denied.delete('write')
      expect(await store.write([gaugeReading()])).toEqual([])
      const other = await ownGateway({ denied: new Set(['dbrps']) })
      const unmapped = await openInflux({ url: other.gateway.url, database: 'binjai', token })
      expect(await unmapped.confirm?.(undefined)).toMatchObject({ warning: { fault: 'read-right' } })
      expect(await unmapped.write([gaugeReading()])).toEqual([])
      await expect(unmapped.range(gaugeRange)).rejects.toThrow(StoreUnavailableError)
    })
  },
)

test.skipIf(missingProgram('victoria-metrics'))(
  'a VictoriaMetrics can be written where the settings say that it is 2.x',
  async () => {
    const victoria = await startVictoriaMetrics()
    onTestFinished(() => victoria.close())
    const unnamed = await openInflux({ url: victoria.url, database: 'city', token })
    expect(await refusal(unnamed)).toMatchObject({ fault: 'server' })
    const store = await openInflux({ url: victoria.url, database: 'city', token, engine: 'influx2' })
    const mark = '0b8c2a52-6f0e-4a57-8f6e-3c3b8a3f1a11'
    for (let time = 0; time < 2; time += 1) {
      expect((await store.confirm?.(mark))?.holdsMark).toBeUndefined()
      await store.mark?.(mark)
    }
    expect(await store.write([gaugeReading({ tsMs: Date.now() })])).toEqual([])
  },
)

test('something else at the address is told as such', async () => {
  const server = await startScriptedHttp((_request, response) => void response.writeHead(200).end('<html>hello</html>'))
  onTestFinished(() => server.close())
  const store = await openInflux({ url: server.url, database: 'binjai' })
  expect(await refusal(store)).toMatchObject({ fault: 'server', words: expect.stringContaining('BCC_INFLUX_URL') })
})

test.each([
  ['in a body of /ping, as 3 does', '/ping', '{"version":"3.0.1","revision":"x"}'],
  ['in a body of /health, where a proxy takes headers away', '/health', '{"name":"influxdb","version":"v2.7.1"}'],
])('the version stands %s', async (_where, path, body) => {
  const server = await startScriptedHttp((request, response) => {
    const isJson = request.url === path
    response.writeHead(isJson || request.url === '/ping' ? 200 : 404).end(isJson ? body : '')
  })
  onTestFinished(() => server.close())
  const store = await openInflux({ url: server.url, database: 'binjai', token })
  await store.confirm?.(undefined).catch(() => undefined)
  expect(store.engine).toBe('influx2')
})

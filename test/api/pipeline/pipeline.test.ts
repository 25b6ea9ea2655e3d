import { describe, expect, test } from 'vitest'
import { pipelineSchema, quarantineListSchema, readinessSchema } from '../../../contract/http/pipeline.ts'
import type { BrokerStatus } from '../../../contract/ports/control.ts'
import type { QuarantineRow } from '../../../contract/ports/pipeline.ts'
import { storeFaults } from '../../../contract/ports/telemetry.ts'
import { createOutside, healthyBroker, ingestCounters, ingestStatus, startCity } from '../city-under-test.ts'

function row(id: number, more: Partial<QuarantineRow> = {}): QuarantineRow {
  return {
    ...{ id, atMs: 1_795_000_000_000, topic: 'binjai/v1/bus/bus-1/telemetry', deviceId: 'bus-1', reason: 'not-json' },
    ...{ detail: 'Unexpected end', readings: 1, payload: Buffer.from('{"a":'), retriedAtMs: null },
    ...more,
  }
}

/** As ingest and broker told; the broker's journal has come to `written`. */
const withTail = (written: number): BrokerStatus => ({
  ...healthyBroker,
  journal: { ...healthyBroker.journal, tails: { local: { seq: 9, cum: written } } },
})

describe('the pipeline', () => {
  const read = async ({ call }: Pick<Awaited<ReturnType<typeof startCity>>, 'call'>) => {
    const pipeline = pipelineSchema.parse((await call('/api/v1/pipeline', { as: 'wall' })).json)
    const { received, stored, duplicates, rejected, waiting } = pipeline
    if (stored !== null) {
      const refused = Object.values(rejected ?? {}).reduce((sum, count) => sum + count, 0)
      expect(received).toBe(stored + Number(duplicates) + refused + Number(waiting))
    }
    return pipeline
  }

  test('joins what ingest and the broker say, and balances', async () => {
    const city = await startCity()
    city.outside.connect(true)
    city.outside.say(ingestCounters)
    city.outside.say(ingestStatus)
    city.outside.broker = withTail(6)
    expect(await read(city)).toMatchObject({
      ...{ received: 10, stored: 6, duplicates: 1, rejected: { 'not-json': 2 }, waiting: 1 },
      ...{ lagMs: 12, store: { engine: 'sqlite', up: true }, notes: { serverStamped: 2 }, ingest: { up: true } },
      broker: { up: true, connected: 3, refused: { 'wrong-key': 2 } },
    })
  })

  test('counts what the broker acknowledged since, at once and also while ingest is away', async () => {
    const city = await startCity()
    city.outside.connect(true)
    city.outside.say(ingestCounters)
    city.outside.broker = withTail(8)
    expect(await read(city)).toMatchObject({ received: 12, stored: 6, waiting: 3, ingest: { up: true } })
    city.outside.connect(false)
    city.outside.broker = withTail(20)
    const countedAt = new Date(ingestCounters.atMs).toISOString()
    expect(await read(city)).toMatchObject({ received: 24, stored: 6, waiting: 15, ingest: { up: false, countedAt } })
    // Both are away: what either said last.
    city.outside.broker = undefined
    expect(await read(city)).toMatchObject({ received: 24, stored: 6, waiting: 15, ingest: { up: false, countedAt } })
  })

  test('takes the end of the journal from ingest while the broker is away, and counts nothing below what was taken', async () => {
    const city = await startCity()
    city.outside.connect(true)
    city.outside.broker = undefined
    city.outside.say(ingestCounters)
    expect(await read(city)).toMatchObject({ received: 10, waiting: 1, broker: { up: false } })
    // The broker began a new journal, and ingest has not yet seen it.
    city.outside.broker = withTail(2)
    expect(await read(city)).toMatchObject({ received: 9, waiting: 0 })
  })

  test('knows no counter until ingest has told: unknown, and never zero', async () => {
    const city = await startCity()
    city.outside.broker = withTail(8)
    const none = { received: null, stored: null, duplicates: null, rejected: null, waiting: null, lagMs: null }
    expect(await read(city)).toMatchObject({ ...none, ingest: { up: false, countedAt: null } })
    expect((await city.call('/metrics')).text).not.toMatch(/^bcc_(readings|pipeline_lag)/m)
  })

  test('the lag grows too while ingest is there and says nothing, as long as anything waits', async () => {
    const clock = { ms: Date.now() }
    const city = await startCity({ now: () => clock.ms })
    city.outside.connect(true)
    city.outside.say(ingestCounters)
    city.outside.say(ingestStatus)
    city.outside.broker = withTail(6)
    clock.ms += 2000
    expect(await read(city)).toMatchObject({ waiting: 1, lagMs: 12, ingest: { up: true } })
    clock.ms += 1000
    expect(await read(city)).toMatchObject({ waiting: 1, lagMs: 3012, ingest: { up: true } })
    city.outside.broker = withTail(5)
    expect(await read(city)).toMatchObject({ waiting: 0, lagMs: 12 })
  })

  test('says what is down, and the lag grows while ingest is away', async () => {
    const clock = { ms: Date.now() }
    const city = await startCity({ now: () => clock.ms })
    city.outside.connect(true)
    city.outside.say(ingestCounters)
    city.outside.say(ingestStatus)
    city.outside.connect(false)
    city.outside.broker = undefined
    clock.ms += 5000
    expect(await read(city)).toMatchObject({
      ...{ lagMs: 5012, ingest: { up: false }, store: { up: false, detail: 'ingest does not answer' } },
      broker: { up: false, connected: 0 },
    })
  })
})

describe('without TLS', () => {
  const openOf = async ({ call }: Pick<Awaited<ReturnType<typeof startCity>>, 'call'>) => {
    const { api, broker } = pipelineSchema.parse((await call('/api/v1/pipeline', { as: 'wall' })).json)
    return { http: api.open, mqtt: broker.open }
  }

  test.each([
    ['127.0.0.1', false],
    ['0.0.0.0', true],
  ])('at %s it says of HTTP that strangers can reach it: %s', async (host, open) => {
    expect(await openOf(await startCity({ host }))).toEqual({ http: open, mqtt: false })
  })

  test('what the broker says of MQTT is told', async () => {
    const city = await startCity()
    city.outside.broker = { ...healthyBroker, open: true }
    expect(await openOf(city)).toEqual({ http: false, mqtt: true })
  })
})

describe('ready', () => {
  test('only when every part works, with a line each', async () => {
    const { call, outside } = await startCity()
    const ask = async () => {
      const { status, json } = await call('/readyz')
      const { ready, parts } = readinessSchema.parse(json)
      expect(ready).toBe(status === 200)
      expect(parts.map(({ part }) => part)).toEqual(['broker', 'ingest', 'store', 'api'])
      return parts.filter(({ ok }) => !ok).map(({ part }) => part)
    }
    expect(await ask()).toEqual(['ingest', 'store'])
    outside.connect(true)
    outside.say(ingestStatus)
    expect(await ask()).toEqual([])
    outside.broker = { ...healthyBroker, journal: { ...healthyBroker.journal, full: true } }
    expect(await ask()).toEqual(['broker'])
    outside.broker = undefined
    expect(await ask()).toEqual(['broker'])
  })

  test.each(storeFaults)(
    'what has to be mended at the store is told with what to do, without names: %s',
    async (fault) => {
      const { call, outside } = await startCity()
      const detail = 'User "kota" may not write to database "binjai"'
      if (ingestStatus.type !== 'status') throw new Error('no status')
      const { status } = ingestStatus
      const store = { engine: 'influx1', up: fault === 'read-right', detail, fault, waiting: 3 }
      outside.connect(true)
      outside.say({ ...ingestStatus, status: { ...status, store } })
      const { parts } = readinessSchema.parse((await call('/readyz')).json)
      const line = parts.find(({ part }) => part === 'store')
      expect(line).toMatchObject({ ok: store.up, detail: expect.stringMatching(/: .*(set|give|correct|make)/) })
      expect(line?.detail).not.toMatch(/kota|binjai/)
      const shown = async (as: 'wall' | 'admin') => (await call('/api/v1/pipeline', { as })).json
      expect(await shown('admin')).toMatchObject({ store })
      expect(await shown('wall')).toMatchObject({ store: { fault, detail: null } })
    },
  )

  test('a part that hangs is a part that is down', async () => {
    const { ports } = createOutside()
    const broker = { ...ports.broker, status: () => new Promise<undefined>(() => undefined) }
    const { call } = await startCity({ broker })
    const { json } = await call('/readyz')
    expect(readinessSchema.parse(json).parts[0]).toMatchObject({ part: 'broker', ok: false })
  })

  test('alive is alive without any of them', async () => {
    const { call, outside } = await startCity()
    outside.broker = undefined
    expect(await call('/healthz')).toMatchObject({ status: 200, json: { status: 'ok' } })
  })
})

test('figures for Prometheus carry no device and no path', async () => {
  const { call, outside, registry } = await startCity()
  await registry.devices.create({ id: 'planted-device', profile: 'river-gauge' })
  await expect.poll(async () => (await call('/api/v1/devices/planted-device', { as: 'wall' })).status).toBe(200)
  await call('/api/v1/planted-path')
  outside.connect(true)
  outside.say(ingestCounters)
  outside.say(ingestStatus)
  const { text, headers } = await call('/metrics')
  expect(headers.get('content-type')).toMatch(/^text\/plain/)
  expect(text).toMatch(/^bcc_readings\{outcome="stored"\} 6$/m)
  expect(text).toMatch(/^bcc_readings_rejected\{reason="not-json"\} 2$/m)
  expect(text).toMatch(/^bcc_devices\{state="unknown"\} 1$/m)
  expect(text).toMatch(/^bcc_up\{part="ingest"\} 1$/m)
  expect(text).toMatch(/bcc_http_request_seconds_count\{method="GET",route="\/api\/v1\/devices\/:id",status="200"\} 1/)
  expect(text).not.toContain('planted')
})

describe('quarantine', () => {
  test('is read newest first, page by page, while more comes in', async () => {
    const { call, outside } = await startCity()
    outside.quarantined = Array.from({ length: 7 }, (_, n) => row(n + 1))
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const query: string = cursor === null ? 'limit=3' : `limit=3&cursor=${cursor}`
      const page = quarantineListSchema.parse((await call(`/api/v1/quarantine?${query}`, { as: 'auditor' })).json)
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor
      outside.quarantined.push(row(100 + seen.length))
    } while (cursor !== null)
    expect(seen).toEqual(['7', '6', '5', '4', '3', '2', '1'])
  })

  test('keeps every byte, and shows text as far as it is text', async () => {
    const { call, outside } = await startCity()
    outside.quarantined = [row(1, { payload: Buffer.from([0xff, 0x00, 0x41]) }), row(2, { reason: 'too-deep' })]
    const { json } = await call('/api/v1/quarantine?reason=not-json', { as: 'operator' })
    const { items } = quarantineListSchema.parse(json)
    expect(items).toMatchObject([{ id: '1', bytes: 3, text: '\uFFFD\u0000A', base64: '/wBB' }])
  })

  test('shows a wall what and why, but no payload', async () => {
    const { call, outside } = await startCity()
    outside.quarantined = [row(1, { payload: Buffer.from('a phone number') })]
    const { json, text } = await call('/api/v1/quarantine', { as: 'wall' })
    expect(quarantineListSchema.parse(json).items).toMatchObject([
      { reason: 'not-json', bytes: 14, text: '', base64: '' },
    ])
    expect(text).not.toContain('phone')
  })

  test('gives a second chance to those who may', async () => {
    const { call, outside } = await startCity()
    const retry = (id: string) => call(`/api/v1/quarantine/${id}/retry`, { as: 'supervisor', method: 'POST' })
    expect(await retry('7')).toMatchObject({ status: 200, json: { outcome: 'stored', reason: null } })
    expect(outside.retried).toEqual([7])
    expect(await retry('404')).toMatchObject({ status: 404 })
    expect(await retry('7;--')).toMatchObject({ status: 400 })
    outside.ingestDown = true
    expect(await retry('7')).toMatchObject({ status: 503, json: { type: '/api/docs#problem-ingest-down' } })
  })
})

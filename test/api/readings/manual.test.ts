import { expect, test } from 'vitest'
import { enteredManualSchema, readingsSchema } from '../../../contract/http/readings.ts'
import { changes, heard, startCity } from '../city-under-test.ts'

const path = '/api/v1/devices/gauge-1/readings'
const minuteMs = 60_000

async function cityWithGauge(options: Parameters<typeof startCity>[0] = {}) {
  const city = await startCity(options)
  await city.registry.devices.create({ id: 'gauge-1', profile: 'river-gauge' })
  await expect.poll(async () => (await city.call('/api/v1/devices/gauge-1', { as: 'admin' })).status).toBe(200)
  const enter = (body: unknown, more: object = {}) => city.call(path, { as: 'operator', method: 'POST', body, ...more })
  return { ...city, enter }
}

test('a person enters a reading, flat or with its values in metrics; it goes to the broker, and the audit says who', async () => {
  const { enter, outside, registry } = await cityWithGauge()
  const at = new Date(Date.now() - minuteMs).toISOString()
  const { status, json } = await enter({ ts: at, water_level_m: 2.34, note: 'dari jembatan' })
  expect(status).toBe(202)
  expect(enteredManualSchema.parse(json)).toEqual({
    ...{ deviceId: 'gauge-1', at, author: 'the-operator', role: 'operator' },
    ...{ note: 'dari jembatan', metrics: { water_level_m: 2.34 } },
  })
  expect((await enter({ ts: Date.parse(at), metrics: { water_level_m: 2.34 } })).status).toBe(202)
  expect(outside.entered.map(({ payload, ...rest }) => ({ ...rest, payload: JSON.parse(payload) }))).toEqual(
    [{ note: 'dari jembatan' }, {}].map((note) => ({
      ...{ deviceId: 'gauge-1', kind: 'sensor', actor: 'user:the-operator' },
      payload: { ts: Date.parse(at), water_level_m: 2.34, role: 'operator', ...note },
    })),
  )
  const noted = await registry.audit.list({ limit: 10 })
  const first = noted.findLast(({ action }) => action === 'reading.entered')
  expect(first).toMatchObject({ actor: 'user:the-operator', action: 'reading.entered', target: 'gauge-1' })
  expect(JSON.stringify(first)).toContain('2.34')
})

const ahead = () => new Date(Date.now() + 5 * minuteMs).toISOString()
const long = () => Date.now() - 366 * 24 * 60 * minuteMs

test.each([
  ['a value that cannot be', () => ({ water_level_m: 327 }), 400, 'manual-value', 'water_level_m', /-20 to 50 m/],
  ['a value of another thing', () => ({ speed_kmh: 3 }), 400, 'manual-value', 'speed_kmh', /no such thing/],
  ['a flag for a number', () => ({ water_level_m: true }), 400, 'manual-value', 'water_level_m', /number/],
  ['a place', () => ({ lat: 3.6, water_level_m: 1 }), 400, 'manual-value', 'lat', /no such thing/],
  ['no value', () => ({ note: 'x' }), 400, 'manual-value', 'metrics', /no value/],
  ['a time to come', () => ({ ts: ahead(), water_level_m: 1 }), 400, 'manual-time', 'ts', /ahead/],
  ['a time past what is kept', () => ({ ts: long(), water_level_m: 1 }), 400, 'manual-time', 'ts', /365 days/],
  ['a time of a clock that was not set', () => ({ ts: 0, water_level_m: 1 }), 400, 'manual-time', 'ts', /2005/],
  ['a status', () => ({ status: 'disabled' }), 400, 'manual-status', undefined, /maintenance/],
  ['text for a number', () => ({ water_level_m: '2' }), 400, 'bad-request', 'body.water_level_m', /number/i],
  ['a time without zone', () => ({ ts: '2026-11-21T08:00:00', water_level_m: 1 }), 400, 'bad-request', 'body.ts', /./],
  ['a note without end', () => ({ water_level_m: 1, note: 'x'.repeat(201) }), 400, 'bad-request', 'body.note', /./],
  ['a note that turns text', () => ({ water_level_m: 1, note: 'a\u202eb' }), 400, 'bad-request', 'body.note', /./],
])('%s is told at the form, and nothing is entered', async (_what, body, status, code, field, words) => {
  const { enter, outside } = await cityWithGauge()
  const answer = await enter(body())
  expect([answer.status, answer.json]).toMatchObject([status, { type: expect.stringContaining(code) }])
  expect(answer.text).toMatch(words)
  if (field !== undefined) expect(answer.json).toMatchObject({ errors: [{ path: field }] })
  expect(outside.entered).toEqual([])
})

test('no token and no role beneath operator may; nor for a device that is not there', async () => {
  const { enter, call, registry, outside } = await cityWithGauge()
  const body = { water_level_m: 1 }
  const { token } = await registry.tokens.create({ name: 'nodered', role: 'operator' })
  const byToken = await enter(body, { as: undefined, headers: { authorization: `Bearer ${token}` } })
  expect([byToken.status, byToken.json]).toMatchObject([403, { type: expect.stringContaining('person-needed') }])
  for (const as of ['wall', 'auditor', 'opd'] as const) expect((await enter(body, { as })).status).toBe(403)
  for (const as of ['supervisor', 'admin'] as const) expect((await enter(body, { as })).status).toBe(202)
  const nowhere = await call('/api/v1/devices/nobody/readings', { as: 'operator', method: 'POST', body })
  expect(nowhere.status).toBe(404)
  expect(outside.entered).toHaveLength(2)
})

test('a broker that is away is told, with what to do', async () => {
  const { enter, outside, registry } = await cityWithGauge()
  outside.broker = undefined
  const { status, json, headers } = await enter({ water_level_m: 1 })
  expect([status, json]).toMatchObject([503, { type: expect.stringContaining('broker-down') }])
  expect(headers.get('retry-after')).toBe('2')
  expect((await registry.audit.list({ limit: 1 }))[0]?.action).not.toBe('reading.entered')
})

test('one person cannot flood the journal; others go on', async () => {
  const { enter, outside, registry } = await cityWithGauge()
  const { id } = await registry.sessions.open('the-operator')
  const headers = { cookie: `bcc_session=${id}` }
  const answers = await Promise.all(
    Array.from({ length: 70 }, (_, n) => enter({ water_level_m: n / 10 }, { as: undefined, headers })),
  )
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(60)
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(10)
  expect((await enter({ water_level_m: 1 }, { as: 'supervisor' })).status).toBe(202)
  expect(outside.entered).toHaveLength(61)
})

const kept = { receivedAtMs: 0, author: 'siti', role: 'operator' as const, note: 'deras' }

test('history tells readings by hand beside what was measured; a wall hears neither author nor note', async () => {
  const { call, outside } = await cityWithGauge()
  const ms = Math.floor(Date.now() / minuteMs) * minuteMs - minuteMs
  outside.range = { engine: 'sqlite', metrics: { water_level_m: [[ms, 1.5]] }, positions: [] }
  outside.manual = [
    { ...kept, atMs: ms, metrics: { water_level_m: 2.5, battery_v: 12 } },
    { ...kept, atMs: ms - 2 * 24 * 60 * minuteMs, metrics: { water_level_m: 9 } },
  ]
  const at = new Date(ms).toISOString()
  for (const query of ['', '?every=60s']) {
    const { metrics, manual } = readingsSchema.parse((await call(`${path}${query}`, { as: 'auditor' })).json)
    expect(metrics).toEqual({ water_level_m: [[ms, 1.5]] })
    expect(manual).toEqual([
      { at, role: 'operator', author: 'siti', note: 'deras', metrics: { water_level_m: 2.5, battery_v: 12 } },
    ])
  }
  const forWall = await call(`${path}?metrics=water_level_m`, { as: 'wall' })
  expect(readingsSchema.parse(forWall.json).manual).toEqual([{ at, role: 'operator', metrics: { water_level_m: 2.5 } }])
  expect(forWall.text).not.toMatch(/siti|deras/)
  const other = await call(`${path}?metrics=rssi_dbm`, { as: 'admin' })
  expect(readingsSchema.parse(other.json).manual).toBeUndefined()
})

test('in CSV a reading by hand is a line of its own that says what it is and whose', async () => {
  const { call, outside } = await cityWithGauge()
  const ms = Date.now() - minuteMs
  outside.range = { engine: 'sqlite', metrics: { water_level_m: [[ms, 1.5]] }, positions: [] }
  const measuredOnly = (await call(`${path}?format=csv`, { as: 'auditor' })).text
  expect(measuredOnly.split('\r\n')[0]).toBe('ts,water_level_m,local_time')
  outside.manual = [
    { ...kept, atMs: ms - 1000, metrics: { battery_v: 12 } },
    { ...kept, atMs: ms, metrics: { water_level_m: 2.5 } },
    { ...kept, atMs: ms + 1000, metrics: { water_level_m: 2.6 } },
  ]
  const lines = (await call(`${path}?format=csv`, { as: 'auditor' })).text.trim().split('\r\n')
  expect(lines.map((line) => line.split(',').slice(1, -1).join())).toEqual([
    'water_level_m,battery_v,source,author',
    ',12,manual,siti',
    '1.5,,measured,',
    '2.5,,manual,siti',
    '2.6,,manual,siti',
  ])
  expect((await call(`${path}?format=csv`, { as: 'wall' })).text).not.toContain('siti')
})

test('the live picture has it in a compartment of its own, without the name of a person', async () => {
  const { call, outside } = await cityWithGauge()
  const manual = { atMs: Date.now(), role: 'supervisor' as const, metrics: { water_level_m: 3 } }
  outside.say(changes(heard('gauge-1', { measuredAtMs: null, receivedAtMs: null, metrics: {}, manual })))
  await expect
    .poll(async () => (await call('/api/v1/devices/gauge-1', { as: 'wall' })).json)
    .toMatchObject({
      ...{ state: 'unknown', measuredAt: null, metrics: {} },
      manual: { at: new Date(manual.atMs).toISOString(), role: 'supervisor', metrics: { water_level_m: 3 } },
    })
})

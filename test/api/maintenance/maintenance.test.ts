import { expect, test } from 'vitest'
import { type Maintenance, maintenanceListSchema, maintenanceSchema } from '../../../contract/http/maintenance.ts'
import { startCity } from '../city-under-test.ts'

const path = '/api/v1/maintenance'
const hourMs = 3_600_000
const dayMs = 24 * hourMs
const inFuture = (ms: number) => new Date(Date.now() + ms).toISOString()
const reason = 'ganti baterai'

async function cityWithPosts() {
  const city = await startCity()
  for (const id of ['r-1', 'r-2', 'r-3']) await city.registry.devices.create({ id, profile: 'river-gauge' })
  const make = (body: object) => city.call(path, { as: 'supervisor', method: 'POST', body })
  const made = async (body: object = {}) =>
    maintenanceSchema.parse((await make({ deviceIds: ['r-1', 'r-2'], until: inFuture(hourMs), reason, ...body })).json)
  const list = async (query = '') =>
    maintenanceListSchema.parse((await city.call(`${path}${query}`, { as: 'operator' })).json).items
  const stateOf = async (id: string) => (await city.call(`/api/v1/devices/${id}`, { as: 'wall' })).json
  /** Newest first; without who signed in. */
  const noted = async () =>
    (await city.registry.audit.list({ limit: 100 })).filter(({ action }) => action.startsWith('maintenance.'))
  return { ...city, make, made, list, stateOf, noted }
}

test('devices go into maintenance at once, it is let last longer, and ended', async () => {
  const { call, made, list, stateOf, noted } = await cityWithPosts()
  const maintenance = await made()
  expect(maintenance).toMatchObject({ deviceIds: ['r-1', 'r-2'], reason, madeBy: 'user:the-supervisor' })
  const { from, until } = maintenance
  const there = { state: 'disabled', stateReason: 'maintenance', stateSince: from, maintenance: { from, until } }
  expect(await stateOf('r-1')).toMatchObject(there)
  expect(await stateOf('r-3')).toMatchObject({ state: 'unknown', maintenance: null })
  expect(JSON.stringify(await stateOf('r-1'))).not.toContain(reason)

  const later = inFuture(5 * hourMs)
  const patch = { until: later, reason: 'ganti baterai dan kabel' }
  const patched = await call(`${path}/${maintenance.id}`, { as: 'admin', method: 'PATCH', body: patch })
  expect(patched).toMatchObject({ status: 200, json: { ...maintenance, ...patch } })
  expect(await stateOf('r-2')).toMatchObject({ maintenance: { from, until: later } })

  expect((await call(`${path}/${maintenance.id}`, { as: 'supervisor', method: 'DELETE' })).status).toBe(204)
  expect(await stateOf('r-1')).toMatchObject({ state: 'unknown', stateReason: 'never-heard', maintenance: null })
  expect(await list()).toEqual([])
  expect(await list('?past=true')).toMatchObject([{ id: maintenance.id, reason: patch.reason, from }])
  const lines = await noted()
  expect(lines.map(({ action, actor, target }) => `${action} ${target} ${actor}`)).toEqual([
    `maintenance.ended ${maintenance.id} user:the-supervisor`,
    `maintenance.changed ${maintenance.id} user:the-admin`,
    `maintenance.created ${maintenance.id} user:the-supervisor`,
  ])
  expect(JSON.parse(lines[2]?.detail ?? '')).toEqual({
    ...{ from, until, reason, devices: 2, deviceIds: ['r-1', 'r-2'] },
  })
})

test('one that is to come changes no state yet, and leaves nothing but the audit when it is cancelled', async () => {
  const { call, made, list, stateOf, noted } = await cityWithPosts()
  const { id, from, until } = await made({ from: inFuture(hourMs), until: inFuture(2 * hourMs) })
  expect(await stateOf('r-1')).toMatchObject({ state: 'unknown', maintenance: { from, until } })
  expect(await list()).toMatchObject([{ id }])
  expect((await call(`${path}/${id}`, { as: 'supervisor', method: 'DELETE' })).status).toBe(204)
  expect(await stateOf('r-1')).toMatchObject({ maintenance: null })
  expect(await list('?past=true')).toEqual([])
  expect((await noted())[0]).toMatchObject({ action: 'maintenance.cancelled', target: id })
  expect((await made()).id).not.toBe(id)
})

test('a device that is removed leaves its maintenance', async () => {
  const { call, made, list } = await cityWithPosts()
  await made()
  expect((await call('/api/v1/devices/r-1', { as: 'admin', method: 'DELETE' })).status).toBe(204)
  expect(await list()).toMatchObject([{ deviceIds: ['r-2'] }])
})

test('5,000 devices go in at once, each once, and one more is refused', async () => {
  const { make, noted, stateOf } = await cityWithPosts()
  const long = 'pos-duga-air-dengan-nama-yang-panjang-sekali-di-kelurahan'
  const ids = Array.from({ length: 5000 }, (_none, n) => `${long}-${n}`)
  const body = { deviceIds: ids, until: inFuture(hourMs), reason }
  const unknown = await make(body)
  expect(unknown).toMatchObject({ status: 404 })
  expect(unknown.text).toContain('and 4995 more')
  expect(await make({ ...body, deviceIds: [...ids, 'r-1'] })).toMatchObject({ status: 400 })
  expect(await make({ ...body, deviceIds: Array(5000).fill('r-1') })).toMatchObject({
    status: 201,
    json: { deviceIds: ['r-1'] },
  })
  expect(await stateOf('r-1')).toMatchObject({ state: 'disabled' })
  expect(await noted()).toMatchObject([
    { action: 'maintenance.created', detail: expect.stringContaining('"devices":1') },
  ])
})

test.each([
  ['an end before its beginning', { from: inFuture(hourMs), until: inFuture(hourMs - 1) }, 'maintenance-time'],
  ['an end in the past', { from: inFuture(-2 * hourMs), until: inFuture(-hourMs) }, 'maintenance-time'],
  ['more than 30 days', { from: inFuture(0), until: inFuture(30 * dayMs + 60_000) }, 'maintenance-time'],
  ['a device that is not registered', { deviceIds: ['r-1', 'r-99'] }, 'unknown-device'],
  ['no device', { deviceIds: [] }, 'bad-request'],
  ['no reason', { reason: undefined }, 'bad-request'],
  ['a reason of blanks', { reason: '     ' }, 'bad-request'],
  ['a reason too long', { reason: 'x'.repeat(201) }, 'bad-request'],
  ['a time without a zone', { until: '2030-01-01T00:00:00' }, 'bad-request'],
  ['a field that is none', { note: 'x' }, 'bad-request'],
])('%s is refused, and nothing is kept', async (_what, more, code) => {
  const { make, list, noted } = await cityWithPosts()
  const { json, text } = await make({ deviceIds: ['r-1'], until: inFuture(hourMs), reason, ...more })
  expect(json).toMatchObject({ type: `/api/docs#problem-${code}` })
  if (code === 'unknown-device') expect(text).toContain('"r-99"')
  expect(await list('?past=true')).toEqual([])
  expect(await noted()).toEqual([])
})

test('what is over or was never there is not changed', async () => {
  const { call, made } = await cityWithPosts()
  const { id, from } = await made()
  const change = (one: string, body: object) => call(`${path}/${one}`, { as: 'admin', method: 'PATCH', body })
  const type = (code: string) => ({ json: { type: `/api/docs#problem-${code}` } })
  expect(await change(id, { until: from })).toMatchObject(type('maintenance-time'))
  expect(await change(id, { until: inFuture(31 * dayMs) })).toMatchObject(type('maintenance-time'))
  expect(await change('99', { reason })).toMatchObject({ status: 404, ...type('unknown-maintenance') })
  await call(`${path}/${id}`, { as: 'admin', method: 'DELETE' })
  expect(await change(id, { reason })).toMatchObject({ status: 409, ...type('maintenance-over') })
  expect(await call(`${path}/${id}`, { as: 'admin', method: 'DELETE' })).toMatchObject(type('maintenance-over'))
})

test('there is an end to how many are open', async () => {
  const { registry, made, make } = await cityWithPosts()
  const { id } = await made()
  for (let n = 1; n < 500; n++)
    await registry.maintenance.create({ deviceIds: ['r-3'], until: inFuture(hourMs), reason })
  const body = { deviceIds: ['r-1'], until: inFuture(hourMs), reason }
  expect(await make(body)).toMatchObject({ json: { type: '/api/docs#problem-too-many-maintenances' } })
  await registry.maintenance.end(id)
  expect(await make(body)).toMatchObject({ status: 201 })
})

test('windows are told in order of their beginning', async () => {
  const { made, list } = await cityWithPosts()
  const second = await made({ from: inFuture(2 * hourMs), until: inFuture(3 * hourMs) })
  const first = await made()
  expect((await list()).map(({ id }: Maintenance) => id)).toEqual([first.id, second.id])
})

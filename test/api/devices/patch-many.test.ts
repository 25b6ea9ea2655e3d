import { describe, expect, test } from 'vitest'
import { devicesPatchedSchema } from '../../../contract/http/devices.ts'
import { openTestRegistry, startCity } from '../city-under-test.ts'

const path = '/api/v1/devices'
const everything = { limit: 1000 }

/** A gateway with a mast beneath it and two gauges, one of them out of service. */
async function withDevices() {
  const city = await startCity()
  const admin = city.registry.as('user:siti').devices
  await admin.create({ id: 'gw-1', profile: 'lorawan-gateway' })
  await admin.create({ id: 'mast-1', profile: 'network-link', parentId: 'gw-1' })
  await admin.create({ id: 'r-1', profile: 'river-gauge', opd: 'dinas-pu' })
  await admin.create({ id: 'r-2', profile: 'river-gauge' })
  await admin.patch('r-2', { disabled: true })
  const patch = (body: unknown, as: 'admin' | 'supervisor' = 'admin') => city.call(path, { as, method: 'PATCH', body })
  const records = async () => new Map((await city.registry.devices.list()).map((record) => [record.id, record]))
  const notes = async () =>
    (await city.registry.audit.list(everything)).filter(({ action }) => action === 'device.changed')
  return { ...city, patch, records, notes }
}

describe('a change of many devices', () => {
  test('is made in each, and the city shows it at once', async () => {
    const { patch, records, call } = await withDevices()
    const set = { expectedS: 120, opd: 'bpbd', parentId: 'gw-1', areaCode: '12.75.01.1001', disabled: true }
    const answer = await patch({ ids: ['r-1', 'r-2', 'r-1'], set })
    expect(answer.status).toBe(200)
    expect(devicesPatchedSchema.parse(answer.json)).toEqual({ changed: 2, unchanged: 0 })
    for (const id of ['r-1', 'r-2']) expect((await records()).get(id)).toMatchObject(set)
    expect((await call(`${path}/r-1`, { as: 'wall' })).json).toMatchObject({ ...set, state: 'disabled' })
    expect((await patch({ ids: ['r-1', 'r-2'], set: { opd: null } })).json).toEqual({ changed: 2, unchanged: 0 })
    expect((await records()).get('r-1')?.opd).toBeNull()
  })

  test('leaves what is so already alone, and only changes stand in the audit', async () => {
    const { registry, patch, notes } = await withDevices()
    const { counter } = await registry.devices.changesSince(0)
    const answer = await patch({ ids: ['r-1', 'r-2', 'mast-1'], set: { disabled: true } })
    expect(answer.json).toEqual({ changed: 2, unchanged: 1 })
    const later = await registry.devices.changesSince(counter)
    expect(later.changed.map(({ id }) => id)).toEqual(['mast-1', 'r-1'])
    expect((await notes()).slice(0, 2)).toMatchObject([
      { target: 'r-1', actor: 'user:the-admin', detail: '{"disabled":true}' },
      { target: 'mast-1', actor: 'user:the-admin', detail: '{"disabled":true}' },
    ])
    // The third is of before.
    expect(await notes()).toHaveLength(3)
  })

  test.each([
    ['a device that is gone', { ids: ['r-1', 'gone-1', 'r-2', 'gone-2'], set: { opd: 'x' } }, 404, 'unknown-device'],
    ['no such parent', { ids: ['r-1'], set: { opd: 'x', parentId: 'nobody' } }, 400, 'unknown-parent'],
    ['itself as parent', { ids: ['r-1', 'gw-1'], set: { opd: 'x', parentId: 'gw-1' } }, 400, 'parent-cycle'],
    // The mast stands beneath the gateway, which would come beneath the mast.
    ['a cycle of two', { ids: ['r-1', 'gw-1'], set: { opd: 'x', parentId: 'mast-1' } }, 400, 'parent-cycle'],
    ['no devices', { ids: [], set: { opd: 'x' } }, 400, 'bad-request'],
    ['too many', { ids: Array.from({ length: 1001 }, (_, n) => `d-${n}`), set: {} }, 400, 'bad-request'],
    ['a name for all', { ids: ['r-1'], set: { name: 'x' } }, 400, 'bad-request'],
    ['a place for all', { ids: ['r-1'], set: { lat: 3.6, lon: 98.5 } }, 400, 'bad-request'],
    ['an interval of nothing', { ids: ['r-1'], set: { opd: 'x', expectedS: 0 } }, 400, 'bad-request'],
  ])('with %s changes none of them', async (_what, body, status, code) => {
    const { patch, records, notes } = await withDevices()
    const before = await records()
    expect(await patch(body)).toMatchObject({ status, json: { type: `/api/docs#problem-${code}` } })
    expect(await records()).toEqual(before)
    expect(await notes()).toHaveLength(1)
  })

  test('names each device that is not registered', async () => {
    const { patch } = await withDevices()
    const { json } = await patch({ ids: ['r-1', 'gone-1', 'gone-2'], set: { opd: 'x' } })
    expect(json).toMatchObject({
      errors: [
        { path: 'body.ids', message: 'gone-1' },
        { path: 'body.ids', message: 'gone-2' },
      ],
    })
  })

  test('is refused to whoever may not change one', async () => {
    const { patch, records } = await withDevices()
    expect((await patch({ ids: ['r-1'], set: { opd: 'x' } }, 'supervisor')).status).toBe(403)
    expect((await records()).get('r-1')?.opd).toBe('dinas-pu')
  })

  test('of a thousand devices is one change of the registry', async () => {
    const { devices } = await openTestRegistry()
    const ids = Array.from({ length: 1000 }, (_, n) => `r-${n}`)
    for (const id of ids) await devices.create({ id, profile: 'river-gauge' })
    const { counter } = await devices.changesSince(0)
    expect(await devices.patchMany({ ids, set: { opd: 'bpbd' } })).toEqual({ changed: 1000, unchanged: 0 })
    const later = await devices.changesSince(counter)
    expect(later.counter).toBe(counter + 1)
    expect(later.changed).toHaveLength(1000)
  })
})

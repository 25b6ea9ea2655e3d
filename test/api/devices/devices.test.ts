import { describe, expect, test } from 'vitest'
import { deviceKeySchema, deviceListSchema, deviceSchema, stateResponseSchema } from '../../../contract/http/devices.ts'
import { changes, heard, startCity } from '../city-under-test.ts'

const path = '/api/v1/devices'
const gauge = { profile: 'river-gauge', name: 'Sungai Bingei', lat: 3.6, lon: 98.48 }

describe('devices', () => {
  test('are registered, read, changed, keyed, revoked and removed', async () => {
    const { call, registry } = await startCity()
    const made = await call(path, { as: 'admin', method: 'POST', body: { id: 'r-1', ...gauge } })
    expect(made.status).toBe(201)
    expect(made.headers.get('location')).toBe(`${path}/r-1`)
    const { device, key } = deviceKeySchema.parse(made.json)
    expect(device).toMatchObject({ id: 'r-1', kind: 'sensor', state: 'unknown', expectedS: expect.any(Number) })
    expect(await registry.credentials.verify('r-1', Buffer.from(key))).toBeDefined()

    const read = await call(`${path}/r-1`, { as: 'wall' })
    expect(deviceSchema.parse(read.json)).toEqual(device)
    expect(read.text).not.toContain(key)

    const patch = { name: 'Mencirim', lat: null, expectedS: 30, disabled: true, opd: 'dinas-pu' }
    const patched = await call(`${path}/r-1`, { as: 'admin', method: 'PATCH', body: patch })
    expect(deviceSchema.parse(patched.json)).toMatchObject({ ...patch, lon: 98.48, state: 'disabled' })

    const second = deviceKeySchema.parse((await call(`${path}/r-1/key`, { as: 'admin', method: 'POST' })).json)
    expect(second.key).not.toBe(key)
    const revoked = await call(`${path}/r-1/revoke`, { as: 'admin', method: 'POST' })
    expect(deviceSchema.parse(revoked.json).revokedAt).not.toBeNull()
    expect(await registry.credentials.verify('r-1', Buffer.from(second.key))).toBeUndefined()

    expect((await call(`${path}/r-1`, { as: 'admin', method: 'DELETE' })).status).toBe(204)
    expect((await call(`${path}/r-1`, { as: 'admin' })).status).toBe(404)
  })

  test('that another process registered appear by themselves', async () => {
    const { call, registry } = await startCity()
    await registry.devices.create({ id: 'r-1', ...gauge })
    await expect.poll(async () => (await call(`${path}/r-1`, { as: 'wall' })).status).toBe(200)
  })

  test.each([
    [{ id: 'r-1', profile: 'river-gauge' }, 409, 'device-exists'],
    [{ id: 'r-2', profile: 'no-such' }, 400, 'unknown-profile'],
    [{ id: 'r-2', profile: 'river-gauge', parentId: 'nobody' }, 400, 'unknown-parent'],
    [{ id: 'R 2', profile: 'river-gauge' }, 400, 'bad-request'],
    [{ id: 'r-2', profile: 'river-gauge', lat: 91 }, 400, 'bad-request'],
    [{ id: 'r-2', profile: 'river-gauge', admin: true }, 400, 'bad-request'],
    [{ profile: 'river-gauge' }, 400, 'bad-request'],
    [[], 400, 'bad-request'],
  ])('refuses %j', async (body, status, code) => {
    const { call } = await startCity()
    await call(path, { as: 'admin', method: 'POST', body: { id: 'r-1', profile: 'river-gauge' } })
    const answer = await call(path, { as: 'admin', method: 'POST', body })
    expect(answer).toMatchObject({ status, json: { type: `/api/docs#problem-${code}`, status } })
  })

  test.each([
    ['id-ID,id;q=0.9,en;q=0.8', /lat: Terlalu besar/],
    ['en', /lat: Too big/],
    [undefined, /lat: Too big/],
  ])('what is wrong with a field is said in the language asked for (%s)', async (language, words) => {
    const { call } = await startCity()
    const headers: Record<string, string> = language === undefined ? {} : { 'accept-language': language }
    const body = { id: 'r-2', profile: 'river-gauge', lat: 91 }
    const { json } = await call(path, { as: 'admin', method: 'POST', body, headers })
    expect(json).toMatchObject({ detail: expect.stringMatching(words) })
  })

  test('a parent is not removed before its children', async () => {
    const { call, registry } = await startCity()
    await registry.devices.create({ id: 'mast-1', profile: 'network-link' })
    await registry.devices.create({ id: 'cam-1', profile: 'ip-camera', parentId: 'mast-1' })
    expect(await call(`${path}/mast-1`, { as: 'admin', method: 'DELETE' })).toMatchObject({ status: 409 })
  })
})

describe('the list', () => {
  async function withDevices() {
    const city = await startCity()
    const { registry, outside } = city
    const bus = { profile: 'trans-binjai-bus' }
    await registry.devices.create({ id: 'bus-1', ...bus, name: 'Bus Satu', areaCode: '12.75.01.1001', opd: 'dishub' })
    await registry.devices.create({ id: 'bus-2', ...bus, areaCode: '12.75.02.1001' })
    await registry.devices.create({ id: 'r-1', ...gauge, areaCode: '12.75.01.1002' })
    await registry.devices.create({ id: 'sim-r-2', ...gauge, areaCode: '12.75.010' })
    await expect
      .poll(async () => deviceListSchema.parse((await city.call(path, { as: 'admin' })).json).items.length)
      .toBe(4)
    outside.say(changes(heard('bus-1')))
    const ids = async (query: string) => {
      const { json } = await city.call(`${path}?${query}`, { as: 'operator' })
      return deviceListSchema.parse(json).items.map(({ id }) => id)
    }
    return { ...city, ids }
  }

  test('is filtered by kind, profile, state, area and words', async () => {
    const { ids } = await withDevices()
    expect(await ids('kind=bus')).toEqual(['bus-1', 'bus-2'])
    expect(await ids('profile=river-gauge')).toEqual(['r-1', 'sim-r-2'])
    expect(await ids('state=online')).toEqual(['bus-1'])
    expect(await ids('area=12.75.01')).toEqual(['bus-1', 'r-1'])
    expect(await ids('area=12.75.01.1002')).toEqual(['r-1'])
    expect(await ids('q=SATU')).toEqual(['bus-1'])
    expect(await ids('q=dishub')).toEqual(['bus-1'])
    expect(await ids('kind=bus&state=unknown')).toEqual(['bus-2'])
    expect(await ids('q=%25')).toEqual([])
  })

  test.each([
    'kind=boat',
    'limit=0',
    'limit=1001',
    'limit=many',
    'state=fine',
    'kind=bus&kind=cctv',
    'at=2026',
    'kind[]=bus',
  ])('refuses ?%s', async (query) => {
    const { call } = await startCity()
    expect(await call(`${path}?${query}`, { as: 'operator' })).toMatchObject({ status: 400 })
  })

  test('pages stay in step while devices come and go', async () => {
    const { call, registry } = await startCity()
    for (let n = 10; n < 30; n++) await registry.devices.create({ id: `r-${n}`, ...gauge })
    await expect.poll(async () => (await call(`${path}/r-29`, { as: 'wall' })).status).toBe(200)
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const query: string = cursor === null ? 'limit=6' : `limit=6&cursor=${cursor}`
      const page = deviceListSchema.parse((await call(`${path}?${query}`, { as: 'wall' })).json)
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor
      await call(path, { as: 'admin', method: 'POST', body: { id: `a-${seen.length}`, ...gauge } })
      await call(`${path}/r-10`, { as: 'admin', method: 'DELETE' })
    } while (cursor !== null)
    expect(seen).toEqual(Array.from({ length: 20 }, (_, n) => `r-${n + 10}`))
  })

  test('a page that is just full has no next', async () => {
    const { call, registry } = await startCity()
    for (let n = 1; n <= 2; n++) await registry.devices.create({ id: `r-${n}`, ...gauge })
    await expect.poll(async () => (await call(`${path}/r-2`, { as: 'wall' })).status).toBe(200)
    const { json } = await call(`${path}?limit=2`, { as: 'wall' })
    expect(deviceListSchema.parse(json).nextCursor).toBeNull()
  })
})

test('the state of the city follows the feed', async () => {
  const { call, registry, outside } = await startCity()
  await registry.devices.create({ id: 'r-1', ...gauge })
  await expect.poll(async () => (await call(`${path}/r-1`, { as: 'wall' })).status).toBe(200)
  outside.say({ type: 'snapshot', atMs: Date.now(), devices: [heard('r-1')], left: 0 })
  const { json } = await call('/api/v1/state', { as: 'wall' })
  const { devices } = stateResponseSchema.parse(json)
  expect(devices).toMatchObject([
    { id: 'r-1', name: 'Sungai Bingei', state: 'online', metrics: { water_level_m: 1.2 } },
  ])
})

test.each(["'; drop table device; --", '../../etc/passwd', '%00', '__proto__', 'constructor', 'a b', 'r-1\nx', '😀'])(
  'the id %j in a path is refused or unknown, never an error of ours',
  async (id) => {
    const { call, logged } = await startCity()
    for (const rest of ['', '/readings', '/key', '/revoke']) {
      const method = rest === '/key' || rest === '/revoke' ? 'POST' : 'GET'
      const { status } = await call(`${path}/${encodeURIComponent(id)}${rest}`, { as: 'admin', method })
      expect([400, 404]).toContain(status)
    }
    expect(logged.join('')).not.toContain('our fault')
  },
)

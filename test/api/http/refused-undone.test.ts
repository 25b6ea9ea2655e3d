import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { refusalsOf } from '../../../api/http/openapi.ts'
import type { Route } from '../../../api/http/route.ts'
import { refusals } from '../../../contract/http/refusal.ts'
import type { Role } from '../../../contract/roles.ts'
import { openRegistry } from '../../../storage/registry/registry.ts'
import { tempDir } from '../../support/system/temp-dir.ts'
import { password, startCity } from '../city-under-test.ts'
import { routeTable } from '../route-table.ts'

const name = ({ method, path }: Pick<Route, 'method' | 'path'>) => `${method} ${path.replace('/api/v1', '')}`
const later = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString()

interface Sample {
  path?: string
  body?: unknown
  /** Admin where it is absent. */
  as?: Role
  status: number
}

const wall = {
  ...{ name: 'Hall', bezelMm: 1, farthestViewerM: 5, theme: 'malam', lang: 'id', playlist: [], tiles: [] },
  ...{ cols: 1, rows: 1, panel: { w: 1920, h: 1080, diagonalIn: 55 } },
}

/** A call of each route that changes something, which is right and does it. */
const samples: Record<string, Sample> = {
  'post /session': { body: { username: 'the-operator', password }, status: 200 },
  'delete /session': { status: 204 },
  'post /session/password': { body: { password, newPassword: 'another horse battery staple' }, status: 204 },
  'post /session/totp': { body: { password }, status: 200 },
  'post /session/totp/confirm': { body: { code: '000000' }, status: 401 },
  'delete /sessions': { status: 204 },
  'delete /sessions/{id}': { path: '/sessions/none', status: 404 },
  'post /tokens': { body: { name: 'wall-7', role: 'wall' }, status: 201 },
  'delete /tokens/{name}': { path: '/tokens/kept', status: 204 },
  'post /displays/pairings': { status: 201 },
  'post /displays/pairings/{id}/claim': {
    path: '/displays/pairings/x/claim',
    body: { secret: 'x'.repeat(43) },
    status: 200,
  },
  'post /displays': { body: { name: 'east', code: '000000' }, status: 404 },
  'delete /displays/{name}': { path: '/displays/west', status: 204 },
  'post /displays/self/renewals': { as: 'wall', status: 404 },
  'put /walls/{id}': { path: '/walls/hall', body: wall, status: 200 },
  'delete /walls/{id}': { path: '/walls/hall', status: 404 },
  'post /devices': { body: { id: 'r-2', profile: 'river-gauge' }, status: 201 },
  'patch /devices': { body: { ids: ['r-1'], set: { opd: 'Dinas' } }, status: 200 },
  'patch /devices/{id}': { path: '/devices/r-1', body: { name: 'Bingai' }, status: 200 },
  'delete /devices/{id}': { path: '/devices/r-1', status: 204 },
  'post /devices/{id}/key': { path: '/devices/r-1/key', body: { now: true }, status: 200 },
  'post /devices/{id}/readings': { path: '/devices/r-1/readings', body: { water_level_m: 1.2 }, status: 202 },
  'post /devices/{id}/revoke': { path: '/devices/r-1/revoke', status: 200 },
  'post /devices/{id}/commands': { path: '/devices/r-1/commands', body: { name: 'report' }, status: 202 },
  'post /commands/{id}/approve': { path: '/commands/0123456789abcdef/approve', status: 404 },
  'post /commands/{id}/reject': { path: '/commands/0123456789abcdef/reject', status: 404 },
  'post /commands/{id}/cancel': { path: '/commands/0123456789abcdef/cancel', status: 404 },
  'post /maintenance': { body: { deviceIds: ['r-1'], until: later(2), reason: 'The pump is changed' }, status: 201 },
  'patch /maintenance/{id}': { path: '/maintenance/99', body: { reason: 'The pump is changed' }, status: 404 },
  'delete /maintenance/{id}': { path: '/maintenance/1', status: 404 },
  'post /quarantine/{id}/retry': { path: '/quarantine/7/retry', status: 200 },
}

/** Everything that is kept, as it lies on disk; who was seen when is no change that anybody asked for. */
function contentOf(file: string): string {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    const tables = database.prepare(`select name from sqlite_schema where type = 'table' order by name`).all()
    return JSON.stringify(
      tables.map(({ name: table }) =>
        table === 'session' ? [] : database.prepare(`select * from "${table}" order by rowid`).all(),
      ),
    )
  } finally {
    database.close()
  }
}

async function start() {
  const file = join(tempDir(), 'registry.db')
  const registry = await openRegistry({ file, pepper: randomBytes(32) })
  onTestFinished(() => registry.close())
  await registry.devices.create({ id: 'r-1', profile: 'river-gauge' })
  const admin = registry.as('cli:test')
  await admin.tokens.create({ name: 'kept', role: 'wall' })
  await admin.displays.create('west')
  const city = await startCity({ registry })
  return { ...city, file, cookie: await city.cookieOf('admin') }
}

const changing = async () => (await routeTable()).filter(({ method }) => method !== 'get')

async function routeNamed(wanted: string): Promise<Route> {
  const found = (await routeTable()).find((route) => name(route) === wanted)
  if (found === undefined) throw new Error(`there is no route ${wanted}`)
  return found
}

test('every route that changes something is tried below', async () => {
  expect(new Set(Object.keys(samples))).toEqual(new Set((await changing()).map(name)))
})

test.each(Object.entries(samples))(
  'what is refused of %s has done nothing',
  async (wanted, { path, body, as = 'admin', status }) => {
    const route = await routeNamed(wanted)
    const { call, file, outside, cookieOf } = await start()
    const cookie = await cookieOf(as)
    const target = `/api/v1${path ?? route.path.replace('/api/v1', '')}`
    const method = route.method.toUpperCase()
    const send = (headers: Record<string, string>, other: unknown = body, query = '') =>
      call(`${target}${query}`, { method, headers: { cookie, ...headers }, body: other })
    await send({ 'sec-fetch-site': 'cross-site' })
    const before = contentOf(file)
    const refused = [
      [403, await send({ 'sec-fetch-site': 'cross-site' })],
      [403, await send({ origin: 'http://evil.example' })],
      [400, await send({}, body, '?surprise=1')],
      ...(route.answer === undefined ? [] : ([[406, await send({ accept: 'text/html' })]] as const)),
      ...(body === undefined ? [] : await wrongBodies(send)),
    ] as const
    for (const [expected, answer] of refused) {
      expect(answer.status).toBe(expected)
      expect(answer.headers.getSetCookie()).toEqual([])
      expectDeclared(route, answer)
    }
    expect(contentOf(file)).toBe(before)
    expect([outside.retried, outside.entered]).toEqual([[], []])
    const right = await send({})
    expect(right.status).toBe(status)
    expectDeclared(route, right)
  },
)

interface Answer {
  status: number
  headers: Headers
  json: unknown
}

async function wrongBodies(send: (headers: Record<string, string>, body?: unknown) => Promise<Answer>) {
  return [
    [415, await send({ 'content-type': 'text/plain' })],
    [400, await send({}, '{"half":')],
    [413, await send({}, JSON.stringify('x'.repeat(500_000)))],
  ] as [number, Answer][]
}

const readable = [
  ...[
    '/session',
    '/sessions',
    '/tokens',
    '/displays',
    '/walls',
    '/devices',
    '/devices/{id}',
    '/devices/{id}/commands',
    '/devices/{id}/readings',
    '/commands',
    '/commands/{id}',
    '/devices/{id}/states',
    '/events',
    '/uptime',
    '/maintenance',
  ],
  ...[
    '/state',
    '/site',
    '/profiles',
    '/metrics',
    '/pipeline',
    '/pipeline/refused-clients',
    '/pipeline/services',
    '/quarantine',
    '/audit',
  ],
]

test('every route that is read answers what OpenAPI says', async () => {
  const { call, cookie, outside, registry } = await start()
  const command = await registry.commands.create({
    ...{ deviceId: 'r-1', name: 'report', args: undefined, expiresS: 300, dangerous: false },
  })
  outside.quarantined.push({
    ...{ id: 1, atMs: 1, topic: 't', deviceId: 'r-1', reason: 'not-json', detail: 'x', readings: 1 },
    ...{ payload: Buffer.from('x'), retriedAtMs: null },
  })
  await expect.poll(async () => (await call('/api/v1/devices/r-1', { headers: { cookie } })).status).toBe(200)
  const all = (await routeTable()).filter(({ method, answer }) => method === 'get' && answer !== undefined)
  expect(new Set(all.map(({ path }) => path.replace('/api/v1', '')))).toEqual(new Set(readable))
  for (const route of all) {
    const target = route.path.replace('/commands/{id}', `/commands/${command.id}`).replace('{id}', 'r-1')
    const right = await call(target, { headers: { cookie } })
    expect(right.status, target).toBe(200)
    expectDeclared(route, right)
    for (const wrong of [{ headers: { cookie, accept: 'image/png' } }, { headers: { authorization: 'Bearer x' } }])
      expectDeclared(route, await call(target, wrong))
    expectDeclared(route, await call(`${target}?surprise=1`, { headers: { cookie } }))
  }
})

function expectDeclared(route: Route, { status, json }: Pick<Answer, 'status' | 'json'>): void {
  const right = route.status ?? (route.answer === undefined ? 204 : 200)
  expect([right, ...refusalsOf(route).map((code) => refusals[code].status)], name(route)).toContain(status)
  // A field that the schema does not know would be gone afterwards.
  if (status < 300 && route.answer !== undefined) expect(route.answer.parse(json)).toEqual(json)
}

import express from 'express'
import { io, type ManagerOptions, type SocketOptions } from 'socket.io-client'
import { describe, expect, onTestFinished, test } from 'vitest'
import { mountRoutes } from '../../../api/http/answer.ts'
import type { Route } from '../../../api/http/route.ts'
import { wallEvents } from '../../../api/live/events.ts'
import { createCallers } from '../../../api/people/callers.ts'
import { type Role, roles, tokenRoles } from '../../../contract/roles.ts'
import { changes, heard, openTestRegistry, startCity } from '../city-under-test.ts'
import { often, routeTable } from '../route-table.ts'

const samples: Record<string, string> = { id: 'nobody', layer: 'city.geojson', name: 'nobody' }
const pathOf = ({ path }: Route) => path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => samples[name] ?? name)

/** Everybody who can ask: no one, each role as a person, each role as a token, and a token that is no longer one. */
async function everybody({ registry, cookieOf }: Awaited<ReturnType<typeof startCity>>) {
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
  const people = await Promise.all(
    roles.map(async (role) => ({ who: role as string, role, headers: { cookie: await cookieOf(role) } })),
  )
  const tokens = await Promise.all(
    tokenRoles.map(async (role) => {
      const filters = role === 'service' ? ['binjai/v1/#'] : undefined
      const { token } = await registry.tokens.create({ name: `a-${role}`, role, filters })
      return { who: `token ${role}`, role: role as Role, headers: bearer(token), token }
    }),
  )
  const revoked = await registry.tokens.create({ name: 'revoked', role: 'auditor' })
  await registry.tokens.revoke('revoked')
  const nobody = { role: undefined, headers: {} }
  return [
    ...people,
    ...tokens,
    { who: 'nobody', ...nobody },
    { who: 'revoked token', ...nobody, headers: bearer(revoked.token), token: revoked.token },
    { who: 'session as token', ...nobody, headers: bearer('bcc_no-such') },
  ]
}

test('each person and token reaches what the table gives its role, and nothing else', async () => {
  const routes = await routeTable()
  const city = await startCity()
  const wrong: string[] = []
  for (const { who, role, headers } of await everybody(city)) {
    // Last: it ends the session that the others need.
    for (const route of routes.toSorted((one, other) => Number(isSignOut(one)) - Number(isSignOut(other)))) {
      // An empty body is refused only after the role has been let through.
      const { status } = await city.call(pathOf(route), { method: route.method.toUpperCase(), headers })
      if (statusClass(status) !== expected(route, role)) wrong.push(`${who} ${route.method} ${route.path}: ${status}`)
    }
  }
  expect(wrong).toEqual([])
  expect(routes.length).toBeGreaterThan(20)
})

const isSignOut = ({ method, path }: Route) => method === 'delete' && path.endsWith('/session')

test('each event of the live stream goes to the roles of its row, and is heard from them only', async () => {
  const city = await startCity()
  const wrong: string[] = []
  for (const { who, role, headers, ...rest } of await everybody(city)) {
    const got = await eventsFor(city, {
      ...('token' in rest ? { auth: { token: rest.token } } : { extraHeaders: headers }),
    })
    const allowed = Object.entries(wallEvents)
      // Nobody of these is a paired screen, which alone is heard of itself.
      .filter(([name, { access }]) => name !== 'report' && role !== undefined && access.some((one) => one === role))
      .map(([name]) => name)
    const same = got.length === allowed.length && allowed.every((name) => got.includes(name))
    if (!same) wrong.push(`${who}: ${got.join()}`)
  }
  expect(wrong).toEqual([])
}, 60_000)

/** All that a connection gets, and what it is heard with: a snapshot comes after `resync` and after `watch`. */
async function eventsFor(
  { url, outside, registry, call }: Awaited<ReturnType<typeof startCity>>,
  options: Partial<ManagerOptions & SocketOptions>,
): Promise<string[]> {
  const socket = io(`${url}/wall`, { transports: ['websocket'], forceNew: true, reconnection: false, ...options })
  onTestFinished(() => void socket.close())
  const got = new Set<string>()
  const counts = { snapshot: 0 }
  socket.onAny((name: string) => {
    got.add(name)
    if (name === 'snapshot') counts.snapshot += 1
  })
  const connected = await new Promise<boolean>((resolve) => {
    socket.on('connect', () => resolve(true))
    socket.on('connect_error', () => resolve(false))
  })
  if (!connected) return []
  await expect.poll(() => counts.snapshot).toBe(1)
  for (const [index, event] of (['resync', 'watch'] as const).entries()) {
    socket.emit(event, event === 'watch' ? { kinds: ['bus', 'sensor', 'cctv', 'gateway'] } : undefined)
    await expect.poll(() => counts.snapshot, { timeout: 3000 }).toBe(2 + index)
    got.add(event)
  }
  const id = `r-${Math.random().toString(36).slice(2, 10)}`
  await registry.devices.create({ id, profile: 'river-gauge' })
  outside.say(changes(heard(id)))
  await expect
    .poll(() => call(`/api/v1/devices/${id}/commands`, { as: 'operator', method: 'POST', body: { name: 'report' } }))
    .toMatchObject({ status: 202 })
  // Two beats later all that have been told of it have been.
  for (const _beat of [1, 2]) {
    got.delete('heartbeat')
    await expect.poll(() => got.has('heartbeat'), { timeout: 3000 }).toBe(true)
  }
  await expect
    .poll(() => [...got], { timeout: 5000 })
    .toEqual(expect.arrayContaining(['delta', 'pipeline', 'heartbeat', 'displays', 'walls']))
  socket.close()
  return [...got]
}

function statusClass(status: number): 'not-signed-in' | 'not-allowed' | 'let-through' {
  if (status === 401) return 'not-signed-in'
  return status === 403 ? 'not-allowed' : 'let-through'
}

function expected(route: Route, role: Role | undefined) {
  if (route.access === 'public') return 'let-through'
  if (role === undefined) return 'not-signed-in'
  return route.access.includes(role) ? 'let-through' : 'not-allowed'
}

/** By roles, what they may; paths below `/api/v1/`. */
const whoMay = {
  public: ['get site', 'post displays/pairings', 'post displays/pairings/{id}/claim', 'post session'],
  wall: ['post displays/self/renewals'],
  admin: [
    ...['delete devices/{id}', 'delete displays/{name}', 'delete tokens/{name}', 'delete walls/{id}', 'get tokens'],
    ...['patch devices', 'patch devices/{id}', 'post devices', 'post devices/{id}/key', 'post devices/{id}/revoke'],
    ...['post displays', 'post tokens', 'put walls/{id}'],
  ],
  'auditor admin': ['get audit'],
  'supervisor admin': [
    ...['delete maintenance/{id}', 'patch maintenance/{id}', 'post maintenance', 'post quarantine/{id}/retry'],
  ],
  'operator supervisor admin': [
    ...[
      'post commands/{id}/approve',
      'post commands/{id}/cancel',
      'post commands/{id}/reject',
      'post devices/{id}/commands',
      'post devices/{id}/readings',
    ],
  ],
  'operator supervisor admin auditor': [
    ...[
      'delete sessions',
      'delete sessions/{id}',
      'get commands',
      'get commands/{id}',
      'get devices/{id}/commands',
      'get events',
      'get maintenance',
      'get pipeline/refused-clients',
      'get pipeline/services',
    ],
    'get sessions',
    ...['post session/password', 'post session/totp', 'post session/totp/confirm'],
  ],
  'wall operator supervisor admin auditor': [
    ...['get devices', 'get devices/{id}', 'get devices/{id}/readings', 'get devices/{id}/states', 'get displays'],
    ...['get pipeline', 'get quarantine', 'get state', 'get uptime', 'get walls'],
  ],
  'wall operator supervisor admin auditor opd': [
    ...['delete session', 'get metrics', 'get profiles', 'get session', 'get site/{layer}'],
  ],
}

describe('the table', () => {
  test('lets nobody but an admin change devices, and a wall change nothing', async () => {
    const routes = await routeTable()
    const writing = routes.filter(({ method, access }) => method !== 'get' && access !== 'public')
    const devices = writing.filter(({ path }) => /^\/api\/v1\/devices(?!\/\{id\}\/(commands|readings)$)/.test(path))
    const commands = writing.filter(({ path }) => path.includes('/commands'))
    for (const { access } of commands) expect(access).toEqual(['operator', 'supervisor', 'admin'])
    expect(devices.length).toBe(6)
    for (const { access } of devices) expect(access).toEqual(['admin'])
    const forWalls = writing
      .filter(({ access }) => access.includes('wall'))
      .map(({ method, path }) => `${method} ${path}`)
    expect(forWalls).toEqual(['delete /api/v1/session', 'post /api/v1/displays/self/renewals'])
    const displays = writing.filter(({ path }) => /displays(\/\{name\})?$/.test(path))
    expect(displays.length).toBe(2)
    for (const { access } of displays) expect(access).toEqual(['admin'])
    const tokens = routes.filter(({ path }) => path.startsWith('/api/v1/tokens'))
    for (const { access } of tokens) expect(access).toEqual(['admin'])
    const maintenance = routes.filter(({ path }) => path.startsWith('/api/v1/maintenance'))
    expect(maintenance.map(({ method, access }) => `${method} ${access}`)).toEqual([
      'get operator,supervisor,admin,auditor',
      ...['post', 'patch', 'delete'].map((method) => `${method} supervisor,admin`),
    ])
    const forAuditors = writing.filter(({ access }) => access.includes('auditor')).map(({ path }) => path)
    // Its own session and second factor; nothing of the city.
    expect(forAuditors).toEqual([
      ...['/api/v1/session', '/api/v1/sessions/{id}', '/api/v1/sessions'],
      ...['/api/v1/session/password', '/api/v1/session/totp', '/api/v1/session/totp/confirm'],
    ])
  })

  test('is what is written here: who may do what is decided in two places, or not at all', async () => {
    const table: Record<string, string[]> = {}
    for (const { method, path, access } of await routeTable()) {
      const who = access === 'public' ? access : access.join(' ')
      table[who] = [...(table[who] ?? []), `${method} ${path.replace('/api/v1/', '')}`].toSorted()
    }
    expect(table).toEqual(whoMay)
  })

  test('is public only where nobody can be signed in yet', async () => {
    const open = (await routeTable()).filter(({ access }) => access === 'public')
    expect(open.map(({ method, path }) => `${method} ${path}`)).toEqual([
      ...['post /api/v1/session', 'post /api/v1/displays/pairings', 'post /api/v1/displays/pairings/{id}/claim'],
      'get /api/v1/site',
    ])
  })

  test('a route that says nobody does not start', async () => {
    const callers = createCallers({ ...(await openTestRegistry()), often })
    const route: Route = {
      ...{ method: 'get', path: '/api/v1/secret', summary: '', tag: '', access: [], input: {} },
      handle: () => undefined,
    }
    expect(() => mountRoutes(express(), [route], callers)).toThrow(/does not say who/)
  })
})

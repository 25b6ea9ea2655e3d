import { io } from 'socket.io-client'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createDisplayMonitor, frozenAfterMs } from '../../../api/displays/monitor.ts'
import { createPairings } from '../../../api/displays/pairings.ts'
import type { Display, DisplayReport, Pairing } from '../../../contract/http/displays.ts'
import { openTestRegistry, startCity } from '../city-under-test.ts'

type City = Awaited<ReturnType<typeof startCity>>

const path = '/api/v1/displays'
const dayMs = 86_400_000
const report: DisplayReport = {
  ...{ frames: 900, fps: 15, paintedAgoMs: 20, heapMb: 41.5, restarts: 0, build: '0.1.0', screen: '/wall/bus' },
  ...{ width: 5760, height: 2160 },
}

async function begin(city: City): Promise<Pairing> {
  const { status, json } = await city.call(`${path}/pairings`, { method: 'POST' })
  expect(status).toBe(201)
  return json as Pairing
}

const claim = (city: City, { id, secret }: Pick<Pairing, 'id' | 'secret'>) =>
  city.call(`${path}/pairings/${id}/claim`, { method: 'POST', body: { secret } })

/** The cookie that an answer sets, as the browser sends it back. */
function cookieOf({ headers }: { headers: Headers }): string {
  const [cookie = ''] = headers.getSetCookie()
  expect(cookie).toMatch(/^bcc_display=[\w-]{43}; Max-Age=\d+; Path=\/; Expires=.+; HttpOnly; SameSite=Strict/)
  return cookie.split(';', 1)[0] ?? ''
}

async function pair(city: City, name = 'utama-1'): Promise<string> {
  const pairing = await begin(city)
  const taken = await city.call(path, { as: 'admin', method: 'POST', body: { name, code: pairing.code } })
  expect(taken.status).toBe(201)
  return cookieOf(await claim(city, pairing))
}

describe('a screen is paired', () => {
  test('by the code that it shows and an admin types, once, and is a wall from then on', async () => {
    const city = await startCity()
    const pairing = await begin(city)
    expect(pairing.code).toMatch(/^\d{6}$/)
    expect((await claim(city, pairing)).json).toEqual({ state: 'waiting' })
    const taken = await city.call(path, { as: 'admin', method: 'POST', body: { name: 'utama-1', code: pairing.code } })
    expect(taken).toMatchObject({ status: 201, json: { name: 'utama-1', state: 'unknown', report: null } })
    const approved = await claim(city, pairing)
    expect(approved.json).toEqual({ state: 'approved' })
    const headers = { cookie: cookieOf(approved) }
    expect((await city.call('/api/v1/session', { headers })).json).toMatchObject({ username: 'utama-1', role: 'wall' })
    expect((await city.call('/api/v1/state', { headers })).status).toBe(200)
    expect((await claim(city, pairing)).json).toEqual({ state: 'gone' })
    const items = await city.registry.audit.list({ limit: 10 })
    expect(items.map(({ actor, action, target }) => `${actor} ${action} ${target}`)).toContain(
      'user:the-admin display.paired utama-1',
    )
  })

  test('by nobody who guesses: not another code, not another secret, not a code that was used', async () => {
    const city = await startCity()
    const pairing = await begin(city)
    const other = pairing.code === '000000' ? '000001' : '000000'
    const take = (code: string, name: string) => city.call(path, { as: 'admin', method: 'POST', body: { name, code } })
    expect((await take(other, 'a')).json).toMatchObject({ type: '/api/docs#problem-unknown-code' })
    expect((await claim(city, { id: pairing.id, secret: 'x' })).json).toEqual({ state: 'gone' })
    expect((await claim(city, { id: 'x', secret: pairing.secret })).json).toEqual({ state: 'gone' })
    expect((await take(pairing.code, 'a')).status).toBe(201)
    expect((await take(pairing.code, 'b')).json).toMatchObject({ type: '/api/docs#problem-unknown-code' })
    expect((await take((await begin(city)).code, 'a')).json).toMatchObject({ type: '/api/docs#problem-display-exists' })
  })

  test('and may only look: no change of anything is open to it', async () => {
    const city = await startCity()
    const headers = { cookie: await pair(city) }
    const post = (to: string, body: unknown) => city.call(to, { method: 'POST', body, headers })
    expect((await post('/api/v1/devices', { id: 'r-1', profile: 'river-gauge' })).status).toBe(403)
    expect((await city.call('/api/v1/devices/r-1', { method: 'PATCH', body: { name: 'x' }, headers })).status).toBe(403)
    expect((await post(path, { name: 'x', code: '123456' })).status).toBe(403)
    expect((await city.call(`${path}/utama-1`, { method: 'DELETE', headers })).status).toBe(403)
  })
})

describe('places of those who wait', () => {
  function pairingsAt() {
    const at = { ms: 0 }
    const pairings = createPairings({ now: () => at.ms })
    const begin = (address: string, count: number) => Array.from({ length: count }, () => pairings.begin(address))
    return { at, pairings, begin }
  }

  test('are ten of a network and fifty in all, and nobody loses his for another', () => {
    const { at, pairings, begin } = pairingsAt()
    const [first] = begin('10.0.0.1', 1)
    const others = begin('10.0.0.1', 9)
    expect(() => pairings.begin('10.0.0.1')).toThrow('Too many screens')
    begin('2001:db8:1:2::1', 9)
    pairings.begin('2001:db8:1:2::2')
    expect(() => pairings.begin('2001:db8:1:2::3')).toThrow('Too many screens')
    for (let n = 0; n < 30; n += 1) pairings.begin(`10.0.1.${n}`)
    expect(() => pairings.begin('10.0.2.1')).toThrow('Too many screens')
    for (const one of [first, ...others]) expect(pairings.find(one?.code ?? '')).toMatchObject({ address: '10.0.0.1' })
    at.ms = 600_001
    expect(pairings.find(first?.code ?? '')).toBeUndefined()
    expect(pairings.claim(first?.id ?? '', first?.secret ?? '')).toBe('gone')
    pairings.begin('10.0.2.1')
  })

  test('are kept for their time by a page that asks, and lost by one that has gone', () => {
    const { at, pairings, begin } = pairingsAt()
    const shown = begin('10.0.0.1', 9)
    const [left] = begin('10.0.0.1', 1)
    const askAll = () => {
      for (const { id, secret } of shown) pairings.claim(id, secret)
    }
    for (; at.ms < 60_000; at.ms += 2000) askAll()
    pairings.begin('10.0.0.1')
    expect(() => begin('10.0.0.1', 1)).toThrow('Too many screens')
    expect(pairings.find(left?.code ?? '')).toBeUndefined()
    for (const { code } of shown) expect(pairings.find(code)).toBeDefined()
  })
})

describe('an identity', () => {
  test('renews itself; the one before works for a minute more', async () => {
    const at = { ms: Date.parse('2026-11-24T02:00:00Z') }
    const registry = await openTestRegistry({ now: () => at.ms })
    const { identity } = await registry.displays.create('utama-1')
    at.ms += 100 * dayMs
    const next = (await registry.displayProof.renew(identity)) ?? ''
    at.ms += 59_000
    expect(await registry.displayProof.find(identity, { touch: false })).toMatchObject({ name: 'utama-1' })
    at.ms += 2000
    expect(await registry.displayProof.find(identity, { touch: false })).toBeUndefined()
    expect(await registry.displayProof.renew(identity)).toBeUndefined()
    at.ms += 170 * dayMs
    expect(await registry.displayProof.find(next, { touch: false })).toMatchObject({ name: 'utama-1' })
    at.ms += 10 * dayMs
    expect(await registry.displayProof.find(next, { touch: false })).toBeUndefined()
  })

  test('is renewed by its own screen only, over HTTP', async () => {
    const city = await startCity()
    const renew = (headers: Record<string, string>) => city.call(`${path}/self/renewals`, { method: 'POST', headers })
    const renewed = await renew({ cookie: await pair(city) })
    expect(renewed.status).toBe(204)
    expect((await city.call('/api/v1/state', { headers: { cookie: cookieOf(renewed) } })).status).toBe(200)
    expect((await renew({ cookie: await city.cookieOf('wall') })).status).toBe(404)
  })
})

function connect(city: City, cookie: string) {
  const extraHeaders = { cookie }
  const socket = io(`${city.url}/wall`, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    extraHeaders,
  })
  onTestFinished(() => void socket.close())
  return socket
}

test('what a screen says of itself is told to all screens, and its going too', async () => {
  const city = await startCity()
  const screen = connect(city, await pair(city))
  const other = connect(city, await city.cookieOf('operator'))
  let told: Display[] = []
  other.on('displays', (displays: Display[]) => {
    told = displays
  })
  screen.on('connect', () => screen.emit('report', report))
  await expect.poll(() => told[0]?.report, { timeout: 5000 }).toEqual(report)
  expect(told[0]).toMatchObject({ name: 'utama-1', state: 'live' })
  screen.emit('report', { ...report, fps: -1 })
  screen.emit('report', { fps: 1 })
  other.emit('report', { ...report, screen: '/palsu' })
  screen.close()
  await expect.poll(() => told[0]?.state, { timeout: 5000 }).toBe('gone')
  expect(told[0]?.report).toEqual(report)
})

test('a screen that is put out loses its connection, and a renewal does not end it', async () => {
  const city = await startCity()
  const cookie = await pair(city)
  const screen = connect(city, cookie)
  const ended: string[] = []
  screen.on('disconnect', (reason) => ended.push(reason))
  await expect.poll(() => screen.connected).toBe(true)
  await city.call(`${path}/self/renewals`, { method: 'POST', headers: { cookie } })
  let beats = 0
  screen.on('displays', () => {
    beats += 1
  })
  await expect.poll(() => beats, { timeout: 9000 }).toBeGreaterThan(2)
  expect(ended).toEqual([])
  expect((await city.call(`${path}/utama-1`, { as: 'admin', method: 'DELETE' })).status).toBe(204)
  await expect.poll(() => ended, { timeout: 6000 }).toEqual(['io server disconnect'])
})

describe('the monitor', () => {
  const record = { name: 'utama-1', createdAtMs: 0, seenAtMs: null }
  function monitored() {
    const at = { ms: 1_000_000 }
    const monitor = createDisplayMonitor({ now: () => at.ms })
    return { at, monitor, state: () => monitor.views([record])[0]?.state }
  }

  test('knows a screen that was never there from one that has gone', () => {
    const { monitor, state } = monitored()
    expect(state()).toBe('unknown')
    expect(monitor.views([{ ...record, seenAtMs: 5 }])[0]).toMatchObject({
      state: 'gone',
      seenAt: '1970-01-01T00:00:00.005Z',
    })
    monitor.connected('utama-1', 'a')
    monitor.connected('utama-1', 'b')
    monitor.disconnected('utama-1', 'a')
    expect(state()).toBe('live')
    monitor.disconnected('utama-1', 'b')
    expect(state()).toBe('gone')
  })

  test('does not forget one screen for looking at another', () => {
    const { monitor, state } = monitored()
    monitor.connected('utama-1', 'a')
    monitor.view({ ...record, name: 'utama-2' })
    expect(state()).toBe('live')
  })

  test('calls a screen frozen that says nothing, and one that says that it paints nothing', () => {
    const { at, monitor, state } = monitored()
    monitor.connected('utama-1', 'a')
    monitor.reported('utama-1', 'a', report)
    at.ms += frozenAfterMs - 100
    expect(state()).toBe('live')
    at.ms += 200
    expect(state()).toBe('frozen')
    monitor.reported('utama-1', 'a', { ...report, paintedAgoMs: frozenAfterMs + 1 })
    expect(state()).toBe('frozen')
    monitor.reported('utama-1', 'a', report)
    expect(state()).toBe('live')
  })
})

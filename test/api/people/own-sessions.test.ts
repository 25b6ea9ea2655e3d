import { Secret, TOTP } from 'otpauth'
import { io } from 'socket.io-client'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openTestRegistry, password, startCity } from '../city-under-test.ts'

type City = Awaited<ReturnType<typeof startCity>>

const path = '/api/v1/sessions'
const codeOf = (secret: string) => new TOTP({ secret: Secret.fromBase32(secret) }).generate()

/** The live connection of somebody, and why it ended. */
async function streamOf(city: City, cookie: string): Promise<string[]> {
  const options = { transports: ['websocket'], forceNew: true, reconnection: false, extraHeaders: { cookie } }
  const socket = io(`${city.url}/wall`, options)
  onTestFinished(() => void socket.close())
  const ended: string[] = []
  socket.on('disconnect', (reason) => ended.push(reason))
  await expect.poll(() => socket.connected).toBe(true)
  return ended
}

const statusWith = async (city: City, cookie: string) =>
  (await city.call('/api/v1/session', { headers: { cookie } })).status

async function listOf(city: City, cookie: string) {
  const { json } = await city.call(path, { headers: { cookie } })
  // The list's own shape; its routes are checked against it.
  return (json as { items: { id: string; current: boolean }[] }).items
}

describe('a new second factor', () => {
  test('ends all other sessions, their live connections and the links, and not the one that made it', async () => {
    const city = await startCity()
    const [here, there] = [await city.cookieOf('operator'), await city.cookieOf('operator')]
    const link = await city.registry.loginLinks.create('the-operator')
    const somebodyElse = await city.cookieOf('admin')
    const ended = await streamOf(city, there)
    const send = (to: string, body: object) => city.call(to, { method: 'POST', body, headers: { cookie: here } })
    const { secret } = (await send('/api/v1/session/totp', { password })).json as { secret: string }
    expect(await statusWith(city, there)).toBe(200)
    expect((await send('/api/v1/session/totp/confirm', { code: codeOf(secret) })).status).toBe(200)
    expect(await statusWith(city, there)).toBe(401)
    expect(await statusWith(city, here)).toBe(200)
    expect(await statusWith(city, somebodyElse)).toBe(200)
    expect(await city.registry.loginLinks.redeem(link)).toBeUndefined()
    await expect.poll(() => ended, { timeout: 5000 }).toEqual(['io server disconnect'])
  })

  test.each(['enrol', 'remove'] as const)('%s at the command line ends all of them, and the links', async (how) => {
    const registry = await openTestRegistry()
    await registry.people.create({ username: 'siti', role: 'operator', password })
    await registry.secondFactors.enrol('siti')
    const { id } = await registry.sessions.open('siti')
    const link = await registry.loginLinks.create('siti')
    await registry.secondFactors[how]('siti')
    expect(await registry.sessions.find(id, { touch: false })).toBeUndefined()
    expect(await registry.loginLinks.redeem(link)).toBeUndefined()
  })
})

describe('one’s own sessions', () => {
  test('are listed without what proves them, and ended one by one', async () => {
    const city = await startCity()
    const [here, there] = [await city.cookieOf('operator'), await city.cookieOf('operator')]
    const ended = await streamOf(city, there)
    const { text } = await city.call(path, { headers: { cookie: here } })
    for (const cookie of [here, there]) expect(text).not.toContain(cookie.split('=')[1])
    const listed = await listOf(city, here)
    expect(listed.filter(({ current }) => current)).toHaveLength(1)
    expect(listed).toHaveLength(2)
    const other = listed.find(({ current }) => !current)?.id
    const end = (cookie: string, id = '') => city.call(`${path}/${id}`, { method: 'DELETE', headers: { cookie } })
    expect((await end(await city.cookieOf('admin'), other)).status).toBe(404)
    expect((await end(here, other)).status).toBe(204)
    expect([await statusWith(city, there), await statusWith(city, here)]).toEqual([401, 200])
    await expect.poll(() => ended, { timeout: 5000 }).toEqual(['io server disconnect'])
  })

  test('say where they were opened and by what browser, and the audit does not', async () => {
    const city = await startCity()
    const browser = `Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0 ${'x'.repeat(400)}`
    const body = { username: 'the-operator', password }
    const from = { 'user-agent': browser }
    await city.cookieOf('operator')
    const { headers } = await city.call('/api/v1/session', { method: 'POST', body, headers: from })
    const cookie = headers.get('set-cookie')?.split(';')[0] ?? ''
    const { json } = await city.call(path, { headers: { cookie } })
    expect((json as { items: object[] }).items[0]).toMatchObject({
      ...{ address: '127.0.0.1', browser: browser.slice(0, 300), current: true },
    })
    const lines = await city.registry.audit.list({ limit: 100, action: 'session.opened' })
    expect(JSON.stringify(lines)).not.toContain('Firefox')
  })

  test('end together, all but this one', async () => {
    const city = await startCity()
    const [here, ...others] = await Promise.all([1, 2, 3].map(() => city.cookieOf('operator')))
    if (here === undefined) throw new Error('no session')
    const elsewhere = await city.cookieOf('admin')
    expect((await city.call(path, { method: 'DELETE', headers: { cookie: here } })).status).toBe(204)
    expect(await listOf(city, here)).toHaveLength(1)
    expect(await Promise.all(others.map((cookie) => statusWith(city, cookie)))).toEqual([401, 401])
    expect([await statusWith(city, here), await statusWith(city, elsewhere)]).toEqual([200, 200])
  })

  test('are none of a token’s', async () => {
    const { call, registry, cookieOf } = await startCity()
    await cookieOf('auditor')
    const { token } = await registry.tokens.create({ name: 'the-auditor', role: 'auditor' })
    const headers = { authorization: `Bearer ${token}` }
    expect((await call(path, { headers })).json).toEqual({ items: [] })
    await call(path, { method: 'DELETE', headers })
    expect(await registry.sessions.of('the-auditor')).toHaveLength(1)
  })

  test('are at most a hundred: the oldest ends, and nobody else’s', async () => {
    // Two of one millisecond have no order: each look at this clock is a millisecond later.
    let nowMs = Date.now()
    const registry = await openTestRegistry({ now: () => nowMs++ })
    for (const username of ['siti', 'budi']) await registry.people.create({ username, role: 'operator', password })
    const { id: ofBudi } = await registry.sessions.open('budi')
    const ids: string[] = []
    for (let n = 0; n < 100; n++) ids.push((await registry.sessions.open('siti')).id)
    const lives = async (id = '') => (await registry.sessions.find(id, { touch: false })) !== undefined
    expect(await lives(ids[0])).toBe(true)
    await registry.sessions.open('siti')
    expect([await lives(ids[0]), await lives(ids[1]), await lives(ofBudi)]).toEqual([false, true, true])
    expect(await registry.sessions.of('siti')).toHaveLength(100)
  })
})

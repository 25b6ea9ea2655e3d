import { describe, expect, test } from 'vitest'
import type { Pairing } from '../../../contract/http/displays.ts'
import { password, startCity } from '../city-under-test.ts'

type City = Awaited<ReturnType<typeof startCity>>

/** As a browser keeps cookies: by name, for one host, whatever the port. */
function createBrowser() {
  const jar = new Map<string, string>()
  async function ask(city: City, path: string, options: { method?: string; body?: unknown } = {}) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await city.call(path, { ...options, headers: { cookie } })
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';', 1)
      const [name = '', value = ''] = pair.split('=')
      if (/Expires=Thu, 01 Jan 1970/.test(line)) jar.delete(name)
      else jar.set(name, value)
    }
    return answer
  }
  const signIn = (city: City, username: string) =>
    ask(city, '/api/v1/session', { method: 'POST', body: { username, password } })
  const whoAmI = async (city: City) => Object((await ask(city, '/api/v1/session')).json).username
  return { ask, signIn, whoAmI, jar }
}

describe('two systems on one host', () => {
  test('keep their sign-ins apart in one browser, and each sign-out is its own', async () => {
    const [one, other] = [await startCity(), await startCity()]
    const browser = createBrowser()
    await browser.signIn(one, 'the-operator')
    await browser.signIn(other, 'the-admin')
    expect([await browser.whoAmI(one), await browser.whoAmI(other)]).toEqual(['the-operator', 'the-admin'])
    expect((await browser.ask(one, '/api/v1/session', { method: 'DELETE' })).status).toBe(204)
    expect([await browser.whoAmI(one), await browser.whoAmI(other)]).toEqual([undefined, 'the-admin'])
    await browser.signIn(one, 'the-supervisor')
    expect([await browser.whoAmI(one), await browser.whoAmI(other)]).toEqual(['the-supervisor', 'the-admin'])
    await browser.ask(other, '/api/v1/session', { method: 'DELETE' })
    expect(await browser.whoAmI(one)).toBe('the-supervisor')
  })

  test('keep their screens apart, also when one renews its identity', async () => {
    const browser = createBrowser()
    const cities = [await startCity(), await startCity()]
    for (const city of cities) {
      const { id, secret, code } = (await city.call('/api/v1/displays/pairings', { method: 'POST' })).json as Pairing
      await city.call('/api/v1/displays', { as: 'admin', method: 'POST', body: { name: 'utama-1', code } })
      await browser.ask(city, `/api/v1/displays/pairings/${id}/claim`, { method: 'POST', body: { secret } })
    }
    for (const city of cities) {
      expect((await browser.ask(city, '/api/v1/displays/self/renewals', { method: 'POST' })).status).toBe(204)
      for (const each of cities) expect(await browser.whoAmI(each)).toBe('utama-1')
    }
  })
})

test('the cookie of the public name is all that a program needs, and an older browser has', async () => {
  const { call, registry } = await startCity()
  const login = await call('/api/v1/session', { method: 'POST', body: { username: 'the-operator', password } })
  const [first = ''] = login.headers.getSetCookie()
  expect(first).toMatch(/^bcc_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
  const cookie = first.split(';')[0] ?? ''
  expect((await call('/api/v1/session', { headers: { cookie } })).status).toBe(200)
  const { identity } = await registry.displays.create('utama-1')
  expect((await call('/api/v1/state', { headers: { cookie: `bcc_display=${identity}` } })).status).toBe(200)
})

test('a session of another port proves nothing here', async () => {
  const { call, registry } = await startCity()
  const { id } = await registry.sessions.open('the-admin')
  expect((await call('/api/v1/session', { headers: { cookie: `bcc_session_1=${id}` } })).status).toBe(401)
})

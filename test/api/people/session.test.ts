import { type IncomingMessage, request } from 'node:http'
import { request as requestTls, type RequestOptions as TlsOptions } from 'node:https'
import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openTlsFiles } from '../../../runtime/tls/tls-files.ts'
import { missingProgram } from '../../support/influx/influx-process.ts'
import { localhost, makeAuthority } from '../../support/system/certificates.ts'
import { openTestRegistry, password, startCity } from '../city-under-test.ts'

const path = '/api/v1/session'

function sessionCookie(headers: Headers): string {
  return headers.getSetCookie()[0]?.split(';')[0] ?? ''
}

describe('a session', () => {
  test('begins with a login, is told, and ends with a logout', async () => {
    const { call } = await startCity()
    const body = { username: 'the-operator', password }
    const login = await call(path, { method: 'POST', body })
    expect(login).toMatchObject({ status: 200, json: { username: 'the-operator', role: 'operator' } })
    expect(login.headers.getSetCookie()[0]).toMatch(/^bcc_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
    const headers = { cookie: sessionCookie(login.headers) }
    expect(await call(path, { headers })).toMatchObject({ status: 200, json: { role: 'operator' } })
    const again = await call(path, { method: 'POST', body, headers })
    expect(sessionCookie(again.headers)).not.toBe(headers.cookie)
    expect((await call(path, { headers })).status).toBe(401)
    const newest = { cookie: sessionCookie(again.headers) }
    expect((await call(path, { method: 'DELETE', headers: newest })).status).toBe(204)
    expect((await call(path, { headers: newest })).status).toBe(401)
  })

  test('of before a login is never taken over', async () => {
    const { call, registry } = await startCity()
    const fixed = `bcc_session=${'A'.repeat(43)}`
    const login = await call(path, {
      method: 'POST',
      body: { username: 'the-admin', password },
      headers: { cookie: fixed },
    })
    expect(sessionCookie(login.headers)).not.toBe(fixed)
    expect(await registry.sessions.find('A'.repeat(43), { touch: false })).toBeUndefined()
  })

  test.each(['', 'bcc_session=', 'bcc_session=short', `bcc_session=${"' or 1=1 --".padEnd(43, 'x')}`, 'other=1'])(
    'is not made by the cookie %j',
    async (cookie) => {
      const { call } = await startCity()
      expect(await call('/api/v1/state', { headers: { cookie } })).toMatchObject({ status: 401 })
    },
  )

  test('is no bearer token', async () => {
    const { call, cookieOf } = await startCity()
    const id = (await cookieOf('admin')).replace('bcc_session=', '')
    const answer = await call('/api/v1/state', { headers: { authorization: `Bearer ${id}` } })
    expect(answer).toMatchObject({ status: 401, json: { type: '/api/docs#problem-wrong-token' } })
    const both = await call('/api/v1/state', { as: 'admin', headers: { authorization: 'Bearer x' } })
    expect(both.status).toBe(401)
  })
})

test.skipIf(missingProgram('openssl'))('under TLS the cookie is for TLS only, and HSTS is asked for', async () => {
  const { certFile: cert, keyFile: key } = makeAuthority().issue('server', localhost)
  const tls = openTlsFiles({ paths: { cert, key, ca: undefined }, log: pino({ level: 'silent' }) })
  onTestFinished(tls.close)
  const { api } = await startCity({ tls })
  const { headers } = await post(`https://127.0.0.1:${api.port}${path}`, { username: 'the-admin', password })
  expect(headers['set-cookie']?.[0]).toMatch(/^bcc_session=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/)
  expect(headers['strict-transport-security']).toBe('max-age=31536000')
  const old = { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  await expect(post(`https://127.0.0.1:${api.port}${path}`, {}, old)).rejects.toThrow(/SSL|TLS|ECONNRESET/)
})

test.each([
  [256, 204],
  [257, 400],
])('a new password of %i characters is answered with %i', async (length, status) => {
  const { call, cookieOf } = await startCity()
  const newPassword = 'kopi '.repeat(60).slice(0, length)
  const headers = { cookie: await cookieOf('operator') }
  const answer = await call(`${path}/password`, { method: 'POST', headers, body: { password, newPassword } })
  expect(answer.status).toBe(status)
  const login = await call(path, { method: 'POST', body: { username: 'the-operator', password: newPassword } })
  expect(login.status).toBe(status === 204 ? 200 : 400)
})

test('a person takes another password with the present one, and every session ends', async () => {
  const { call, cookieOf, registry } = await startCity()
  const [headers, elsewhere] = [{ cookie: await cookieOf('operator') }, { cookie: await cookieOf('operator') }]
  const change = (body: object) => call(`${path}/password`, { method: 'POST', headers, body })
  expect((await change({ password: 'not it', newPassword: 'kopi-tubruk-pagi' })).status).toBe(401)
  expect((await change({ password, newPassword: 'short' })).status).toBe(400)
  expect((await change({ password, newPassword: 'Password1234' })).status).toBe(400)
  expect((await change({ password, newPassword: 'kopi-tubruk-pagi' })).status).toBe(204)
  for (const cookie of [headers, elsewhere]) expect((await call(path, { headers: cookie })).status).toBe(401)
  expect(await registry.people.verify('the-operator', 'kopi-tubruk-pagi')).toBeDefined()
})

/** A call over TLS of a certificate that nobody knows. */
function post(url: string, body: object | undefined, tls: TlsOptions = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' }
    const sent = requestTls(url, {
      method: body === undefined ? 'GET' : 'POST',
      rejectUnauthorized: false,
      headers,
      ...tls,
    })
    sent.on('response', (response) => resolve(response.resume()))
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** The status of a login from this address of our own machine: all of 127.0.0.0/8 are. */
function loginFrom(localAddress: string, url: string, body: object): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', localAddress, headers: { 'content-type': 'application/json' } }
    const sent = request(`${url}${path}`, options, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    sent.on('error', reject)
    sent.end(JSON.stringify(body))
  })
}

describe('guessing', () => {
  test('a wrong password and an unknown user are told the same', async () => {
    const { call } = await startCity()
    const wrong = await call(path, { method: 'POST', body: { username: 'the-admin', password: 'x' } })
    const unknown = await call(path, { method: 'POST', body: { username: 'nobody', password: 'x' } })
    expect(wrong.status).toBe(401)
    expect(unknown.text).toBe(wrong.text)
  })

  test('waits after five failures, for this account only, longer each time, and never for ever', async () => {
    const clock = { ms: Date.now() }
    const { call } = await startCity({ now: () => clock.ms })
    const attempt = (username: string, word: string) =>
      call(path, { method: 'POST', body: { username, password: word } })
    for (let n = 0; n < 5; n++) expect((await attempt('the-admin', 'x')).status).toBe(401)
    const stopped = await attempt('THE-ADMIN', password)
    expect(stopped.status).toBe(429)
    expect(stopped.headers.get('retry-after')).toBe('60')
    expect((await attempt('the-operator', password)).status).toBe(200)
    clock.ms += 60_000
    expect((await attempt('the-admin', 'x')).status).toBe(401)
    expect((await attempt('the-admin', password)).headers.get('retry-after')).toBe('120')
    clock.ms += 15 * 60_000
    expect((await attempt('the-admin', password)).status).toBe(200)
    expect((await attempt('the-admin', 'x')).status).toBe(401)
  })

  test('of an account keeps nobody out who comes from another address', async () => {
    const { call, url } = await startCity()
    const wrong = () => call(path, { method: 'POST', body: { username: 'the-admin', password: 'x' } })
    for (let n = 0; n < 6; n++) await wrong()
    expect((await wrong()).status).toBe(429)
    expect(await loginFrom('127.0.0.2', url, { username: 'the-admin', password })).toBe(200)
    expect((await wrong()).status).toBe(429)
  })

  test('many at once count as many', async () => {
    const { call } = await startCity()
    const attempts = Array.from({ length: 20 }, () =>
      call(path, { method: 'POST', body: { username: 'the-admin', password: 'x' } }),
    )
    const statuses = (await Promise.all(attempts)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 401)).toHaveLength(5)
    expect(statuses.filter((status) => status === 429)).toHaveLength(15)
  })
})

describe('another site', () => {
  const login = { method: 'POST', body: { username: 'the-admin', password } }

  test.each([
    [{ origin: 'https://evil.example' }],
    [{ origin: 'null' }],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
  ])('%j cannot make a browser write', async (headers) => {
    const { call } = await startCity()
    expect(await call(path, { ...login, headers })).toMatchObject({ status: 403 })
    const write = { as: 'admin', method: 'POST', body: { id: 'r-1', profile: 'river-gauge' } } as const
    expect(await call('/api/v1/devices', { ...write, headers })).toMatchObject({ status: 403 })
  })

  test.each([
    ['port', (url: URL) => `http://${url.hostname}:${Number(url.port) + 1}`],
    ['port, the usual one', (url: URL) => `http://${url.hostname}`],
    ['name of this machine', (url: URL) => `http://localhost:${url.port}`],
  ])('a page of another %s is one', async (_what, origin) => {
    const { call, url } = await startCity()
    const headers = { origin: origin(new URL(url)) }
    expect(await call(path, { ...login, headers })).toMatchObject({ status: 403 })
  })

  test('our own pages and programs can', async () => {
    const { call, url } = await startCity()
    expect((await call(path, { ...login, headers: { origin: url, 'sec-fetch-site': 'same-origin' } })).status).toBe(200)
    expect((await call(path, login)).status).toBe(200)
  })

  test('a form without JSON is not read', async () => {
    const { call } = await startCity()
    const body = JSON.stringify(login.body)
    const answer = await call(path, { method: 'POST', body, headers: { 'content-type': 'text/plain' } })
    expect(answer).toMatchObject({ status: 415, json: { status: 415 } })
  })
})

test('no password, key or session id is ever logged', async () => {
  const { call, logged, registry } = await startCity({ registry: await openTestRegistry() })
  await call(path, { method: 'POST', body: { username: 'the-admin', password: 'planted-secret-1' } })
  await call(path, { method: 'POST', body: { username: 'planted-secret-2', password } })
  const { id } = await registry.sessions.open('the-admin')
  await call('/api/v1/state', { headers: { cookie: `bcc_session=${id}` } })
  expect(logged.join('')).toContain('a login was refused')
  expect(logged.join('')).not.toMatch(/planted-secret/)
  expect(logged.join('')).not.toContain(id)
})

import { describe, expect, test } from 'vitest'
import { startCity } from '../city-under-test.ts'

const sessionOf = (headers: Headers) =>
  headers
    .getSetCookie()
    .find((cookie) => cookie.startsWith('bcc_session='))
    ?.split(';')[0]

describe('a one-time link', () => {
  test('signs in by its button, once', async () => {
    const { call, useLink, registry } = await startCity()
    const code = await registry.loginLinks.create('the-wall')
    const first = await useLink(code)
    expect([first.status, first.headers.get('location')]).toEqual([303, '/'])
    const cookie = sessionOf(first.headers) ?? ''
    expect(await call('/api/v1/session', { headers: { cookie } })).toMatchObject({ json: { role: 'wall' } })
    const second = await useLink(code)
    expect(second.headers.get('location')).toBe('/masuk?link=invalid')
    expect(sessionOf(second.headers)).toBeUndefined()
  })

  test('is not used up by looking at it, however often and by whatever means', async () => {
    const { call, useLink, registry } = await startCity()
    const code = await registry.loginLinks.create('the-wall')
    for (const method of ['HEAD', 'GET', 'OPTIONS', 'PUT', 'HEAD', 'GET']) {
      const answer = await call(`/masuk/${code}`, { method })
      expect(sessionOf(answer.headers)).toBeUndefined()
      expect(answer.headers.get('location')).toBeNull()
    }
    expect((await useLink(code)).headers.get('location')).toBe('/')
  })

  test.each([
    ['no token', {}, ''],
    ['a token without its cookie', {}, 'token=abc'],
    ['another token than the cookie', { cookie: 'bcc_link=abd' }, 'token=abc'],
    ['two tokens', { cookie: 'bcc_link=abc' }, 'token=abc&token=abc'],
    ['another site', { cookie: 'bcc_link=abc', origin: 'http://evil.example' }, 'token=abc'],
    ['a frame of another site', { cookie: 'bcc_link=abc', 'sec-fetch-site': 'cross-site' }, 'token=abc'],
  ])('with %s signs nobody in, and still works for its person', async (_what, headers, body) => {
    const { call, useLink, registry } = await startCity()
    const code = await registry.loginLinks.create('the-wall')
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await call(`/masuk/${code}`, { method: 'POST', headers: { ...type, ...headers }, body })
    expect(answer.status).toBe(403)
    expect(sessionOf(answer.headers)).toBeUndefined()
    expect((await useLink(code)).headers.get('location')).toBe('/')
  })

  test('ends the session that the browser had', async () => {
    const { call, useLink, registry, cookieOf } = await startCity()
    const before = await cookieOf('admin')
    await useLink(await registry.loginLinks.create('the-wall'), { cookie: before })
    expect((await call('/api/v1/session', { headers: { cookie: before } })).status).toBe(401)
  })

  test('has a page that needs no script, says it in both languages, and holds nothing of what was asked', async () => {
    const { call } = await startCity()
    const { text, headers } = await call('/masuk/%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E')
    expect(text).not.toMatch(/<script|alert\(1\)<|style=/)
    expect(text).toContain('Tautan ini berlaku satu kali')
    expect(text).toContain('This link works once')
    expect(headers.get('cache-control')).toBe('no-store')
    // A browser says `Origin: null` of what a page without a referrer posts, and that is refused as another site's.
    expect(headers.get('referrer-policy')).toBe('same-origin')
    expect((await call('/masuk.css')).headers.get('content-type')).toMatch(/^text\/css/)
  })
})

describe('behind a proxy that is trusted', () => {
  const https = {
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'komando.example',
    'x-forwarded-for': '198.51.100.7',
  }
  const options = { trustedProxies: ['127.0.0.1'], publicHosts: ['komando.example'] }

  test('cookies are for TLS only, HSTS is asked for, and its origin is ours', async () => {
    const { call, useLink, registry } = await startCity(options)
    const answer = await useLink(await registry.loginLinks.create('the-wall'), {
      headers: { ...https, origin: 'https://komando.example' },
    })
    expect(answer.headers.get('location')).toBe('/')
    for (const cookie of answer.headers.getSetCookie()) expect(cookie).toMatch(/; Secure; SameSite=Strict$/)
    expect(answer.headers.get('strict-transport-security')).toBe('max-age=31536000')
    const plain = await call('/healthz')
    expect(plain.headers.get('strict-transport-security')).toBeNull()
    const foreign = { ...https, origin: 'https://evil.example' }
    expect((await call('/api/v1/session', { method: 'DELETE', headers: foreign })).status).toBe(403)
  })

  test('a guesser is slowed by his own address, and nobody else', async () => {
    const { call } = await startCity(options)
    const body = { username: 'the-admin', password: 'x' }
    const guess = (address: string) =>
      call('/api/v1/session', { method: 'POST', body, headers: { ...https, 'x-forwarded-for': `1.1.1.1, ${address}` } })
    const statuses: number[] = []
    for (let n = 0; n < 7; n += 1) statuses.push((await guess('198.51.100.7')).status)
    expect(statuses.at(-1)).toBe(429)
    expect((await guess('198.51.100.8')).status).toBe(401)
  })
})

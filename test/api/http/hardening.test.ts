import { once } from 'node:events'
import type { Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import express, { type RequestHandler } from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { clientOf, setClient } from '../../../api/http/client.ts'
import { securityHeaders } from '../../../api/http/security.ts'
import { password, startCity } from '../city-under-test.ts'

/** All that a page may: whatever is not named here is `default-src`, which does not count for bases, forms and frames. */
const policy = [
  ...["default-src 'self'", "script-src 'self'", "worker-src 'self' blob:", "img-src 'self' data: blob:"],
  ...["object-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"],
  ...["require-trusted-types-for 'script'", 'trusted-types default'],
]

describe('every answer', () => {
  test.each(['/', '/healthz', '/api/v1/state', '/api/v1/nothing', '/api/docs', '/metrics', '/assets/none.js'])(
    '%s tells the browser what it may not do',
    async (path) => {
      const { call } = await startCity()
      const { headers } = await call(path)
      expect(headers.get('content-security-policy')?.split(';').toSorted()).toEqual(policy.toSorted())
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('permissions-policy')).toContain('camera=()')
      // The page that installs a device asks where the phone is; nobody else's page within ours may.
      expect(headers.get('permissions-policy')).toContain('geolocation=(self)')
      expect(headers.get('x-powered-by')).toBeNull()
      expect(headers.get('access-control-allow-origin')).toBeNull()
      if (path.startsWith('/api/v1')) expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('server')).toBeNull()
    },
  )

  test('asks for TLS for a year once it was had', async () => {
    const overTls: RequestHandler = (request, _response, next) => {
      setClient(request, { ...clientOf(request), secure: true })
      next()
    }
    const app = express().use(overTls, ...securityHeaders(), (_request, response) => void response.end())
    const server = app.listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const { port } = addressOf(server)
    const { headers } = await fetch(`http://127.0.0.1:${port}/`)
    expect(headers.get('strict-transport-security')).toBe('max-age=31536000')
  })

  test('holds no stack, also when we break', async () => {
    const { call, outside, registry } = await startCity()
    await registry.devices.create({ id: 'r-1', profile: 'river-gauge' })
    // Whatever the store gives, it is not this: the route breaks.
    outside.range = null as never
    await expect.poll(async () => (await call('/api/v1/devices/r-1/readings', { as: 'admin' })).status).toBe(500)
    for (const path of [
      '/api/v1/devices/r-1/readings',
      '/api/v1/devices/%E0%A4%A',
      '/api/v1/quarantine?cursor=x',
      '/%',
      '/api/v1/state/..%00',
    ]) {
      const { text, status } = await call(path, { as: 'admin' })
      expect(status).toBeGreaterThanOrEqual(400)
      expect(text).not.toMatch(/node_modules|\.ts:\d+|at \w+ \(/)
    }
  })
})

/** What a raw socket gets until it is closed, and when that was. */
function raw(url: string, text: string): Promise<{ answer: string; tookMs: number }> {
  const { hostname, port } = new URL(url)
  const startedMs = Date.now()
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(Number(port), hostname, () => socket.write(text))
    onTestFinished(() => void socket.destroy())
    socket.on('data', (chunk) => {
      answer += chunk
      if (answer.includes('101 Switching')) socket.destroy()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve({ answer, tookMs: Date.now() - startedMs }))
  })
}

const origins = [
  'https://evil.example',
  'null',
  'http://127.0.0.1',
  'http://127.0.0.1:1',
  'file://',
  '//',
  'http://[::1',
]

describe('a page of another site', () => {
  test.each(
    origins.flatMap((origin) => [
      [origin, '/mqtt'],
      [origin, '/socket.io/?EIO=4&transport=websocket'],
    ]),
  )('%s opens no WebSocket at %s', async (origin, path) => {
    const { url, outside } = await startCity()
    const { host } = new URL(url)
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13'
    const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
    const head = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${origin}\r\n${upgrade}\r\n${key}\r\n\r\n`
    const { answer } = await raw(url, head)
    expect(answer).toMatch(/^HTTP\/1\.1 40[03]/)
    expect(outside.upgraded).toEqual([])
  })

  test('our own page and a program without Origin may', async () => {
    const { url, outside } = await startCity()
    const { host } = new URL(url)
    const head = `GET /mqtt HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`
    await raw(url, `${head}Origin: ${url}\r\n\r\n`)
    await raw(url, `${head}\r\n`)
    expect(outside.upgraded).toEqual(['/mqtt', '/mqtt'])
  })
})

describe('a page of another site that asks as itself', () => {
  const asks = { origin: 'https://evil.example', cookie: '' }

  test.each(['/', '/healthz', '/api/v1/state', '/api/v1/site', '/api/v1/openapi.json', '/metrics'])(
    'reads nothing of %s, and is not told that it might',
    async (path) => {
      const { call, cookieOf } = await startCity()
      const headers = { ...asks, cookie: await cookieOf('admin') }
      const preflight = { ...headers, 'access-control-request-method': 'GET', 'access-control-request-headers': 'x-a' }
      for (const answer of [
        await call(path, { headers }),
        await call(path, { method: 'OPTIONS', headers: preflight }),
        await call(`/socket.io/?EIO=4&transport=polling`, { headers }),
      ]) {
        const told = [...answer.headers.keys()].filter((name) => name.startsWith('access-control'))
        expect(told).toEqual([])
      }
    },
  )
})

describe('what is asked twice, or with more than is asked for,', () => {
  test.each([
    '/api/v1/devices?kind=bus&kind=cctv',
    '/api/v1/devices?kind[]=bus',
    '/api/v1/devices?kind[a]=bus',
    '/api/v1/devices?admin=1',
    '/api/v1/devices?__proto__=1',
    '/api/v1/devices?constructor[prototype]=1',
    '/api/v1/state?at=2026',
    '/api/v1/quarantine?limit=1&limit=2',
    '/api/v1/audit?actor=a&actor=b',
  ])('is refused: %s', async (path) => {
    const { call } = await startCity()
    expect((await call(path, { as: 'admin' })).status).toBe(400)
  })

  test.each([
    { name: 1 },
    { name: ['x'] },
    { name: { x: 1 } },
    { name: null },
    { name: true },
    { lat: '3.6' },
    { disabled: 'yes' },
    { disabled: 1 },
    { further: 1 },
  ])('has the type that is asked for: not %j', async (wrong) => {
    const { call, registry } = await startCity()
    await registry.devices.create({ id: 'r-1', profile: 'river-gauge' })
    const patch = (body: object) => call('/api/v1/devices/r-1', { as: 'admin', method: 'PATCH', body })
    expect((await patch({ name: 'Bingai' })).status).toBe(200)
    expect((await patch({ name: 'other', ...wrong })).status).toBe(400)
    expect(await registry.devices.get('r-1')).toMatchObject({ name: 'Bingai' })
  })
})

test('nothing that is for one person alone is kept by a browser or a proxy', async () => {
  const { call, registry } = await startCity()
  await registry.devices.create({ id: 'r-1', profile: 'river-gauge' })
  await expect.poll(async () => (await call('/api/v1/devices/r-1', { as: 'admin' })).status).toBe(200)
  const link = await registry.loginLinks.create('the-wall')
  const login = { method: 'POST', body: { username: 'the-admin', password } }
  for (const answer of [
    await call('/api/v1/devices/r-1', { as: 'admin' }),
    await call('/api/v1/devices/r-1/readings', { as: 'admin', headers: { accept: 'text/csv' } }),
    await call('/api/v1/audit', { as: 'auditor' }),
    await call('/api/v1/session', login),
    await call(`/masuk/${link}`),
    await call('/masuk/nothing'),
  ])
    expect(answer.headers.get('cache-control')).toBe('no-store')
})

describe('slow and large requests', () => {
  test('a header that does not end is cut off, and the honest are served meanwhile', async () => {
    const { url, call } = await startCity()
    const slow = Promise.all(
      Array.from({ length: 50 }, () => raw(url, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')),
    )
    const startedMs = Date.now()
    expect((await call('/healthz')).status).toBe(200)
    expect(Date.now() - startedMs).toBeLessThan(1000)
    for (const { answer } of await slow) expect(answer).toMatch(/^(HTTP\/1\.1 408|$)/)
  }, 60_000)

  test.each([
    [
      'a header of 20 KB',
      `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
      /^HTTP\/1\.1 431/,
    ],
    [
      'two lengths',
      'POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde',
      /^HTTP\/1\.1 400/,
    ],
    [
      'a length beside chunks',
      'POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      /^HTTP\/1\.1 400/,
    ],
    ['a newline in a header', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n', /^HTTP\/1\.1 400/],
  ])('%s is refused', async (_what, text, expected) => {
    const { url } = await startCity()
    expect((await raw(url, text)).answer).toMatch(expected)
  })

  test('a body of 1 MB is refused before it is read', async () => {
    const { call } = await startCity()
    const body = { username: 'a', password: 'x'.repeat(1_000_000) }
    expect((await call('/api/v1/session', { method: 'POST', body })).status).toBe(413)
  })
})

test('TRACE is nobody’s', async () => {
  const { url } = await startCity()
  const { answer } = await raw(
    url,
    'TRACE / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Secret: planted\r\n\r\n',
  )
  expect(answer).toMatch(/^HTTP\/1\.1 405/)
  expect(answer).not.toContain('planted')
})

test('a header that names another address does not make a guesser another one', async () => {
  const { call } = await startCity()
  const statuses: number[] = []
  for (let n = 0; n < 7; n++) {
    const headers = { 'x-forwarded-for': `10.0.0.${n}`, 'x-real-ip': `10.0.0.${n}`, forwarded: `for=10.0.0.${n}` }
    const body = { username: 'the-admin', password: 'x' }
    statuses.push((await call('/api/v1/session', { method: 'POST', body, headers })).status)
  }
  expect(statuses.slice(5)).toEqual([429, 429])
})

function addressOf(server: Server): AddressInfo {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('it does not listen')
  return address
}

describe('names that a prototype has', () => {
  test.each(['__proto__', 'constructor', 'prototype', 'toString'])(
    '%s changes nothing, wherever it is sent',
    async (name) => {
      const { call } = await startCity()
      const body = `{"id":"r-1","profile":"river-gauge","${name}":{"polluted":1}}`
      await call('/api/v1/devices', {
        as: 'admin',
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
      })
      await call(`/api/v1/devices?${name}[polluted]=1`, { as: 'admin' })
      await call(`/api/v1/tokens/${name}`, { as: 'admin', method: 'DELETE' })
      expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
      const empty: Record<string, unknown> = {}
      expect(empty.polluted).toBeUndefined()
    },
  )
})

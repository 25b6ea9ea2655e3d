import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { problemSchema } from '../../../contract/http/problem.ts'
import { metricDictionarySchema, profileListSchema, siteInfoSchema } from '../../../contract/http/site.ts'
import { tempDir } from '../../support/system/temp-dir.ts'
import { createOutside, startCity } from '../city-under-test.ts'

describe('problems', () => {
  test.each([
    ['an unknown path', '/api/v1/nothing', {}, 404],
    ['a known path by another way', '/api/v1/state', { method: 'PUT' }, 405],
    ['a missing file', '/assets/none.js', {}, 404],
    ['a broken escape', '/api/v1/devices/%E0%A4%A', { as: 'admin' }, 400],
    ['nobody', '/api/v1/state', {}, 401],
    ['broken JSON', '/api/v1/devices', { as: 'admin', method: 'POST', body: '{' }, 400],
    ['a bare word', '/api/v1/devices', { as: 'admin', method: 'POST', body: '"x"' }, 400],
    ['no body', '/api/v1/devices', { as: 'admin', method: 'POST' }, 400],
    ['too much', '/api/v1/devices', { as: 'admin', method: 'POST', body: JSON.stringify('x'.repeat(100_001)) }, 413],
    ['a polluted body', '/api/v1/devices', { as: 'admin', method: 'POST', body: '{"__proto__":{"admin":true}}' }, 400],
  ] as const)('%s is answered as one', async (_what, path, options, status) => {
    const { call } = await startCity()
    const answer = await call(path, options)
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
    expect(problemSchema.parse(answer.json)).toMatchObject({ status, title: expect.any(String) })
  })

  test('our own fault is told without its inside, and logged with it', async () => {
    const { ports } = createOutside()
    const range = async () => {
      throw new TypeError('the inside of it')
    }
    const { call, registry, logged } = await startCity({ history: { ...ports.history, range } })
    await registry.devices.create({ id: 'r-1', profile: 'river-gauge' })
    await expect.poll(async () => (await call('/api/v1/devices/r-1', { as: 'wall' })).status).toBe(200)
    const { status, text, json } = await call('/api/v1/devices/r-1/readings', { as: 'wall' })
    expect(status).toBe(500)
    expect(problemSchema.parse(json).title).toBe('Something broke on our side')
    expect(text).not.toMatch(/inside|at .*\.ts/)
    expect(logged.join('')).toContain('the inside of it')
  })
})

test('every answer carries the headers of a careful site', async () => {
  const { call } = await startCity()
  for (const path of ['/api/v1/site', '/api/v1/nothing', '/healthz', '/api/docs']) {
    const { headers } = await call(path)
    expect(headers.get('content-security-policy')).toMatch(/default-src 'self';.*frame-ancestors 'none'/)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('x-powered-by')).toBeNull()
    expect(headers.get('strict-transport-security')).toBeNull()
  }
})

describe('OpenAPI', () => {
  const documentSchema = z.object({
    openapi: z.literal('3.1.1'),
    paths: z.record(z.string(), z.record(z.string(), z.looseObject({ operationId: z.string() }))),
    components: z.object({ schemas: z.record(z.string(), z.looseObject({})) }),
  })

  test('describes every route once, and every reference leads somewhere', async () => {
    const { call } = await startCity()
    const { json, text } = await call('/api/v1/openapi.json')
    const document = documentSchema.parse(json)
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path))
    const ids = operations.map(({ operationId }) => operationId)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).toContain('getDevicesIdReadings')
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      expect(document.components.schemas).toHaveProperty(name ?? '')
    }
    for (const path of Object.keys(document.paths)) {
      for (const [, parameter] of path.matchAll(/\{(\w+)\}/g)) {
        expect(JSON.stringify(document.paths[path])).toContain(`"in":"path","name":"${parameter}"`)
      }
    }
    expect(document.paths['/api/v1/devices']?.post).toMatchObject({
      ...{ 'x-roles': ['admin'], security: [{ session: [] }, { token: [] }] },
      requestBody: {
        required: true,
        content: { 'application/json': { schema: { $ref: '#/components/schemas/NewDevice' } } },
      },
      responses: { 201: {}, 400: {}, 401: {}, 403: {}, 409: {}, 415: {} },
    })
  })

  test('is readable without a script', async () => {
    const { call } = await startCity()
    const { text, headers } = await call('/api/docs')
    expect(headers.get('content-type')).toMatch(/^text\/html/)
    expect(text).toContain('/api/v1/devices/{id}/readings')
    expect(text).toContain('id="problem-device-exists"')
    expect(text).not.toMatch(/<script|style=|https?:\/\//)
    expect((await call('/api/docs.css')).headers.get('content-type')).toMatch(/^text\/css/)
  })
})

describe('the site', () => {
  test('says its name to everybody, its layers to those who are signed in', async () => {
    const { call } = await startCity()
    expect(siteInfoSchema.parse((await call('/api/v1/site')).json)).toMatchObject({
      ...{ timeZone: 'Asia/Jakarta', version: '0.1.0', name: expect.stringContaining('Binjai') },
    })
    expect((await call('/api/v1/site/city.geojson')).status).toBe(401)
    const layer = await call('/api/v1/site/city.geojson', { as: 'wall' })
    expect(layer.headers.get('content-type')).toMatch(/^application\/geo\+json/)
    expect(JSON.parse(layer.text)).toMatchObject({ type: 'FeatureCollection' })
    const etag = layer.headers.get('etag') ?? ''
    // fetch would say `no-cache` of its own accord, and so ask for the whole file.
    const headers = { 'if-none-match': etag, 'cache-control': 'max-age=0' }
    expect((await call('/api/v1/site/city.geojson', { as: 'wall', headers })).status).toBe(304)
  })

  test.each([
    ['nothing.geojson', 404],
    ['README.md', 400],
    ['..%2f..%2fpackage.json', 400],
    ['.env', 400],
    ['city.geojson%00', 400],
    ['deeper%2fcity.geojson', 400],
    ['.%2fcity.geojson', 400],
    ['%2fetc%2fpasswd', 400],
    ['..%2fbinjai%2fcity.geojson', 400],
    ['..%5ccity.geojson', 400],
    [`${'a'.repeat(70)}.geojson`, 400],
  ])('the layer %s is not given', async (layer, status) => {
    const { call } = await startCity()
    expect(await call(`/api/v1/site/${layer}`, { as: 'admin' })).toMatchObject({ status, json: { status } })
  })

  test('tells profiles and metrics to pages', async () => {
    const { call } = await startCity()
    const { items } = profileListSchema.parse((await call('/api/v1/profiles', { as: 'opd' })).json)
    expect(items.map(({ id }) => id)).toContain('river-gauge')
    const metrics = metricDictionarySchema.parse((await call('/api/v1/metrics', { as: 'wall' })).json)
    expect(metrics.water_level_m).toMatchObject({ unit: 'm', type: 'gauge' })
  })
})

describe('pages', () => {
  function builtDashboard(): string {
    const dir = join(tempDir(), 'dist')
    mkdirSync(join(dir, 'assets'), { recursive: true })
    writeFileSync(join(dir, 'index.html'), '<!doctype html><title>wall</title>')
    writeFileSync(join(dir, 'assets/index-abc123.js'), 'export {}')
    return dir
  }

  test.each(['/', '/wall/ikhtisar', '/konsol/perangkat', '/panel/ikhtisar/peta', '/masuk'])(
    '%s is the one document of the dashboard',
    async (path) => {
      const { call } = await startCity({ dashboardDir: builtDashboard() })
      const { status, text, headers } = await call(path, { headers: { accept: 'text/html,*/*' } })
      expect({ status, text }).toEqual({ status: 200, text: '<!doctype html><title>wall</title>' })
      expect(headers.get('cache-control')).toBe('no-cache')
    },
  )

  test('files with a hash in their name are kept for ever, others are not hidden behind the document', async () => {
    const { call } = await startCity({ dashboardDir: builtDashboard() })
    expect((await call('/assets/index-abc123.js')).headers.get('cache-control')).toContain('immutable')
    expect((await call('/assets/gone.js')).status).toBe(404)
    expect((await call('/api/nothing', { headers: { accept: 'text/html' } })).status).toBe(404)
    expect((await call('/..%2fsecret', { headers: { accept: 'text/html' } })).text).not.toContain('secret"')
  })

  test.each([
    '/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/.env',
    '/assets/.git',
    '/.well-known/secret.txt',
    '/assets/',
  ])('%s is no file of the pages', async (path) => {
    const dashboardDir = builtDashboard()
    for (const file of ['../secret.txt', '.env', 'assets/.git', '.well-known/secret.txt']) {
      mkdirSync(dirname(join(dashboardDir, file)), { recursive: true })
      writeFileSync(join(dashboardDir, file), 'planted')
    }
    const { call } = await startCity({ dashboardDir })
    for (const accept of ['*/*', 'text/html']) {
      const { status, text } = await call(path, { headers: { accept } })
      expect(text).not.toMatch(/planted|index-abc123/)
      if (accept === '*/*') expect(status).toBeGreaterThanOrEqual(400)
    }
  })

  test('a dashboard that was not built says so', async () => {
    const { call } = await startCity()
    expect(await call('/', { headers: { accept: 'text/html' } })).toMatchObject({ status: 503 })
  })
})

describe('upgrades', () => {
  function upgrade(url: string, path: string): Promise<string> {
    const { hostname, port } = new URL(url)
    return new Promise((resolve) => {
      let answer = ''
      const socket = connect(Number(port), hostname, () => {
        socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`)
      })
      socket.on('data', (chunk) => {
        answer += chunk
      })
      socket.on('error', () => undefined)
      socket.on('close', () => resolve(answer))
    })
  }

  test('/mqtt is the broker’s, anything else is nobody’s', async () => {
    const { url, outside } = await startCity()
    expect(await upgrade(url, '/mqtt')).toContain('I am the broker')
    expect(await upgrade(url, '/mqtt?x=1')).toContain('I am the broker')
    expect(await upgrade(url, '/mqtt2')).toMatch(/^HTTP\/1\.1 404/)
    expect(await upgrade(url, '/')).toMatch(/^HTTP\/1\.1 404/)
    expect(outside.upgraded).toEqual(['/mqtt', '/mqtt?x=1'])
  })
})

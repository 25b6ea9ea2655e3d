import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import { StoreUnavailableError, type TelemetryStore } from '../../../contract/ports/telemetry.ts'
import { openInflux1 } from '../../../storage/telemetry/influx/influx1.ts'
import { openInflux2 } from '../../../storage/telemetry/influx/influx2.ts'
import { gaugeRange, gaugeReading, startMs } from '../../support/influx/influx-readings.ts'
import { startScriptedHttp } from '../../support/influx/influx-relay.ts'

const drivers = [
  { name: 'influx1', open: (url: string) => openInflux1({ url, database: 'city', timeoutMs: 300 }) },
  {
    name: 'influx2',
    open: (url: string) => openInflux2({ url, org: 'pemko', bucket: 'city', token: 'secret-token', timeoutMs: 300 }),
  },
]

type Answer = (response: ServerResponse, request: IncomingMessage) => void

/** A store at a server that answers every write (and query) so; ping is well. */
async function openAt(open: (url: string) => Promise<TelemetryStore>, answer: Answer) {
  const server = await startScriptedHttp((request, response) => {
    if (request.url?.startsWith('/ping')) response.writeHead(204, { 'x-influxdb-version': 'v2.7.11' }).end()
    else answer(response, request)
  })
  onTestFinished(() => server.close())
  const store = await open(server.url)
  const writes = () => server.requests.filter((line) => line.startsWith('POST ') && line.endsWith('/write')).length
  return { store, writes }
}

const says =
  (status: number, body = '', headers = {}): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': body.startsWith('{') ? 'application/json' : 'text/html', ...headers })
    response.end(body)
  }

describe.each(drivers)('$name, by what the server answers', ({ open }) => {
  const batch = [0, 1, 2, 3].map((ms) => gaugeReading({ tsMs: startMs + ms }))

  test.each([
    [200, '<html>log in</html>'],
    [400, '<html>The plain HTTP request was sent to HTTPS port</html>'],
    [401, '{"code":"unauthorized","message":"unauthorized access"}'],
    [403, '{"error":"forbidden"}'],
    [404, '{"code":"not found","message":"bucket not found"}'],
    [408, ''],
    [429, ''],
    [500, '{"error":"engine: no space left on device"}'],
    [502, '<html>Bad Gateway</html>'],
    [503, ''],
    [302, ''],
  ])('%i holds the batch back after one request', async (status, body) => {
    const { store, writes } = await openAt(open, says(status, body))
    await expect(store.write(batch)).rejects.toThrow(StoreUnavailableError)
    expect(writes()).toBe(1)
  })

  test.each([429, 503])('%i passes on Retry-After', async (status) => {
    const { store } = await openAt(open, says(status, '', { 'retry-after': '12' }))
    await expect(store.write(batch)).rejects.toMatchObject({ code: 'store-unavailable', retryAfterMs: 12_000 })
  })

  test('413 for all comes down to each reading, and ends', async () => {
    const { store, writes } = await openAt(open, says(413, '{"error":"Request Entity Too Large"}'))
    expect((await store.write(batch)).map(({ index }) => index)).toEqual([0, 1, 2, 3])
    expect(writes()).toBe(7)
  })

  test.each([400, 422])('%i in the words of the database comes down to each reading, and ends', async (status) => {
    const { store, writes } = await openAt(open, says(status, '{"code":"invalid","message":"partial write: no"}'))
    expect(await store.write(batch)).toEqual(batch.map((_, index) => ({ index, detail: 'partial write: no' })))
    expect(writes()).toBe(7)
  })

  const breakages: [string, Answer][] = [
    ['never answers', () => {}],
    ['hangs up', (response) => response.socket?.destroy()],
    [
      'hangs up in the middle of its answer',
      (response) => {
        response.writeHead(500, { 'content-length': '1000' })
        response.write('{"results":[')
        setTimeout(() => response.socket?.destroy(), 20)
      },
    ],
    [
      'drips its answer for ever',
      (response) => {
        response.writeHead(500, { 'content-type': 'application/json' })
        const timer = setInterval(() => response.write(' '), 20)
        response.on('close', () => clearInterval(timer))
      },
    ],
  ]
  test.each(breakages)('a server that %s is unavailable, in time', async (_, answer) => {
    const { store } = await openAt(open, answer)
    const startedMs = performance.now()
    await expect(store.write(batch)).rejects.toThrow(StoreUnavailableError)
    await expect(store.range(gaugeRange)).rejects.toThrow(StoreUnavailableError)
    expect(performance.now() - startedMs).toBeLessThan(2000)
  })

  test.each([
    ['something else than JSON', '<html>'],
    ['JSON of another shape', '{"results":[{"series":[{"name":5}]}]}'],
    ['an error', '{"results":[{"error":"unauthorized"}]}'],
    ['an error without results', '{"error":"error parsing query"}'],
  ])('a query answered by %s is unavailable', async (_, body) => {
    const { store } = await openAt(open, says(200, body))
    await expect(store.range(gaugeRange)).rejects.toThrow(StoreUnavailableError)
    await expect(store.latest()).rejects.toThrow(StoreUnavailableError)
  })

  test('a raw answer that the server cut goes on where it was cut; a cut aggregation is no answer', async () => {
    const series = { name: 'river-gauge', columns: ['time', 'water_level_m'], values: [[startMs, 1]], partial: true }
    const { store } = await openAt(open, says(200, JSON.stringify({ results: [{ series: [series] }] })))
    expect(await store.range(gaugeRange)).toMatchObject({
      metrics: { water_level_m: [[startMs, 1]] },
      nextFromMs: startMs + 1,
    })
    await expect(store.range({ ...gaugeRange, everyMs: 1000 })).rejects.toThrow(StoreUnavailableError)
  })

  test('answers a query again at once after one that failed', async () => {
    const server = { status: 500 }
    const { store } = await openAt(open, (response, request) =>
      says(server.status, '{"results":[{}]}')(response, request),
    )
    await expect(store.range(gaugeRange)).rejects.toThrow(StoreUnavailableError)
    server.status = 200
    expect(await store.range(gaugeRange)).toMatchObject({ metrics: {} })
  })

  test('sends its key with every write and query, and never a default user', async () => {
    const keys = new Set<unknown>()
    const { store } = await openAt(open, (response, request) => {
      keys.add(request.headers.authorization)
      says(request.url?.includes('/query') ? 200 : 204, request.url?.includes('/query') ? '{"results":[{}]}' : '')(
        response,
        request,
      )
    })
    await store.write(batch)
    await store.range(gaugeRange)
    await store.dropBefore(0)
    expect([...keys]).toEqual([store.engine === 'influx2' ? 'Token secret-token' : undefined])
  })

  test('says nothing secret in its errors', async () => {
    const { store } = await openAt(open, says(401, '{"message":"unauthorized access"}'))
    const words = await Promise.all([store.write(batch), store.range(gaugeRange)].map((call) => call.catch(String)))
    expect(words.join()).not.toContain('secret-token')
  })
})

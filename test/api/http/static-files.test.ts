import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { compressBuild } from '../../../dashboard/compress.ts'
import { tempDir } from '../../support/system/temp-dir.ts'
import { startCity } from '../city-under-test.ts'

const script = 'console.log("a page of the wall")\n'.repeat(200)

function builtDashboard(): string {
  const dir = tempDir()
  mkdirSync(join(dir, 'assets'))
  writeFileSync(join(dir, 'index.html'), '<!doctype html><title>wall</title>')
  writeFileSync(join(dir, 'assets', 'index-abc.js'), script)
  writeFileSync(join(dir, 'assets', 'icon-abc.woff2'), Buffer.alloc(2000, 7))
  compressBuild(dir)
  return dir
}

/** fetch unpacks by itself and hides what it unpacked; `identity` alone leaves bytes and headers as they are. */
async function raw(url: string, headers: Record<string, string> = {}, method = 'GET') {
  const { request } = await import('node:http')
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; bytes: Buffer }>((resolve, reject) => {
    const asked = request(url, { method, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes: Buffer.concat(chunks) }),
      )
    })
    asked.on('error', reject)
    asked.end()
  })
}

async function served() {
  const { url } = await startCity({ dashboardDir: builtDashboard() })
  return (path: string, headers?: Record<string, string>, method?: string) => raw(url + path, headers, method)
}

describe('a built file', () => {
  test('comes in the densest form that is taken, each with a tag of its own', async () => {
    const ask = await served()
    const plain = await ask('/assets/index-abc.js')
    const gzip = await ask('/assets/index-abc.js', { 'accept-encoding': 'gzip' })
    const br = await ask('/assets/index-abc.js', { 'accept-encoding': 'gzip, deflate, br' })
    const refusing = await ask('/assets/index-abc.js', { 'accept-encoding': 'br;q=0, gzip' })
    expect(plain.bytes.toString()).toBe(script)
    expect(gunzipSync(gzip.bytes).toString()).toBe(script)
    expect(brotliDecompressSync(br.bytes).toString()).toBe(script)
    expect([plain, gzip, br, refusing].map(({ headers }) => headers['content-encoding'])).toEqual([
      undefined,
      'gzip',
      'br',
      'gzip',
    ])
    expect(new Set([plain, gzip, br].map(({ headers }) => headers.etag)).size).toBe(3)
    for (const { headers, bytes } of [plain, gzip, br]) {
      expect(headers).toMatchObject({ vary: 'Accept-Encoding', 'content-length': String(bytes.length) })
      expect(headers['cache-control']).toContain('immutable')
      expect(headers['content-type']).toMatch(/^text\/javascript/)
    }
    const font = await ask('/assets/icon-abc.woff2', { 'accept-encoding': 'br' })
    expect(font.headers['content-encoding']).toBeUndefined()
  })

  test('is not sent again to who has it, and HEAD gets its headers alone', async () => {
    const ask = await served()
    const { headers } = await ask('/assets/index-abc.js', { 'accept-encoding': 'br' })
    const again = await ask('/assets/index-abc.js', {
      'accept-encoding': 'br',
      'if-none-match': `"x", ${headers.etag}`,
    })
    expect(again).toMatchObject({
      status: 304,
      bytes: Buffer.alloc(0),
      headers: { vary: 'Accept-Encoding', etag: headers.etag },
    })
    // The tag of another form does not stand for this one.
    expect((await ask('/assets/index-abc.js', { 'if-none-match': String(headers.etag) })).status).toBe(200)
    const head = await ask('/assets/index-abc.js', {}, 'HEAD')
    expect(head).toMatchObject({
      status: 200,
      bytes: Buffer.alloc(0),
      headers: { 'content-length': String(script.length) },
    })
  })

  test('is given in part, of the file as it is', async () => {
    const ask = await served()
    const part = await ask('/assets/index-abc.js', { range: 'bytes=8-11', 'accept-encoding': 'br' })
    expect(part).toMatchObject({ status: 206, headers: { 'content-range': `bytes 8-11/${script.length}` } })
    expect(part.bytes.toString()).toBe(script.slice(8, 12))
    const tail = await ask('/assets/index-abc.js', { range: 'bytes=-5' })
    expect(tail.bytes.toString()).toBe(script.slice(-5))
    expect((await ask('/assets/index-abc.js', { range: 'bytes=0-1', 'if-range': '"old"' })).status).toBe(200)
    expect((await ask('/assets/index-abc.js', { range: 'lines=1-2' })).status).toBe(200)
    const beyond = await ask('/assets/index-abc.js', { range: 'bytes=999999-' })
    expect(beyond).toMatchObject({
      status: 416,
      headers: { 'content-range': `bytes */${script.length}`, 'cache-control': 'no-store' },
    })
  })

  test('that is missing is kept by nobody', async () => {
    const ask = await served()
    expect(await ask('/assets/gone.js')).toMatchObject({ status: 404, headers: { 'cache-control': 'no-store' } })
  })

  test('of a new build is there within a second or two', async () => {
    const dashboardDir = builtDashboard()
    const { call } = await startCity({ dashboardDir })
    writeFileSync(join(dashboardDir, 'index.html'), '<!doctype html><title>another wall</title>')
    compressBuild(dashboardDir)
    const page = async () => (await call('/', { headers: { accept: 'text/html' } })).text
    await expect.poll(page, { timeout: 5000 }).toContain('another')
    expect(readFileSync(join(dashboardDir, 'index.html'), 'utf8')).toContain('another')
  })
})

describe('a path', () => {
  const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
  test.each([
    ['/', {}, 200],
    ['/', html, 200],
    ['/konsol', html, 200],
    ['/konsol/pasang/bus-07', html, 200],
    ['/konsol/perangkat/x', html, 404],
    ['/konsol/tidakada', html, 404],
    ['/panel/banjir/bingai', html, 200],
    ['/panel/tidakada/x', html, 404],
    ['/wall/tidakada', html, 404],
    ['/wall/ikhtisar/', html, 200],
    ['/konsol', {}, 404],
    ['/wall', html, 404],
    ['/wall/a/b', html, 404],
    ['/ready', {}, 404],
    ['/ready', html, 404],
    ['/health', html, 404],
    ['/livez', html, 404],
    ['/konsolx', html, 404],
  ])('%s asked with %j is answered %i', async (path, headers, status) => {
    expect((await (await served())(path, headers)).status).toBe(status)
  })

  test.each([
    ['/api/v1/state', 'PUT', 'GET, HEAD, OPTIONS'],
    ['/api/v1/devices/r-1', 'POST', 'GET, PATCH, DELETE, HEAD, OPTIONS'],
    ['/healthz', 'POST', 'GET, HEAD, OPTIONS'],
    ['/assets/index-abc.js', 'DELETE', 'GET, HEAD, OPTIONS'],
    ['/konsol', 'POST', 'GET, HEAD, OPTIONS'],
    ['/api/v1/session', 'TRACE', 'POST, GET, DELETE, HEAD, OPTIONS'],
  ])('%s answers %s with what it knows', async (path, method, allow) => {
    const ask = await served()
    expect(await ask(path, {}, method)).toMatchObject({ status: 405, headers: { allow } })
    expect(await ask(path, {}, 'OPTIONS')).toMatchObject({ status: 204, headers: { allow } })
  })
})

import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clientAddress, clientOf } from '../../../../api/http/client.ts'
import { bodyOf, dial, echo, get, startDoor } from './door-under-test.ts'

const count = (text: string, what: string) => text.split(what).length - 1

describe('requests of one connection', () => {
  test('come one after the other, however many were sent at once', async () => {
    let running = 0
    let most = 0
    const { port } = await startDoor({
      async request(_request, response) {
        running += 1
        most = Math.max(most, running)
        await turn()
        running -= 1
        response.end('x')
      },
    })
    const { socket, got } = dial(port)
    socket.write(get('/a').repeat(1500))
    await expect.poll(() => count(got(), '200 OK'), { timeout: 10_000 }).toBe(1500)
    expect(most).toBe(1)
  })

  test('let those of others in between', async () => {
    const order: string[] = []
    const { port } = await startDoor({
      request(request, response) {
        order.push(request.url ?? '')
        echo(request, response)
      },
    })
    const first = dial(port)
    first.socket.write(get('/a').repeat(1500))
    await expect.poll(() => order.length, { interval: 1 }).toBeGreaterThan(0)
    const second = dial(port)
    second.socket.write(get('/b'))
    await expect.poll(() => order, { interval: 1 }).toContain('/b')
    expect(order.length).toBeLessThan(1400)
    await expect.poll(() => order.length).toBe(1501)
  })

  test('are not begun while the answer before is not read', async () => {
    const begun: string[] = []
    const { port } = await startDoor({
      request(request, response) {
        begun.push(request.url ?? '')
        response.end(Buffer.alloc(16 * 1024 * 1024))
      },
    })
    const { socket } = dial(port)
    socket.pause()
    socket.write(get('/big') + get('/next'))
    await expect.poll(() => begun.length).toBe(1)
    for (let n = 0; n < 200; n += 1) await turn()
    expect(begun).toEqual(['/big'])
    socket.resume()
    await expect.poll(() => begun).toEqual(['/big', '/next'])
  })

  const requestArb = fc.oneof(
    fc.nat(3000).map((size) => ({ body: 'b\r\n\r\n'.repeat(size).slice(0, size), chunked: false })),
    fc.nat(3000).map((size) => ({ body: '0\r\n\r\n'.repeat(size).slice(0, size), chunked: true })),
  )

  test('arrive whole and in order, however the bytes are cut', async () => {
    const seen: string[] = []
    const { port } = await startDoor({
      async request(request, response) {
        seen.push(`${request.url} ${await bodyOf(request)}`)
        response.end('x')
      },
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(requestArb, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 5000 }),
        async (wanted, size) => {
          seen.length = 0
          const bytes = Buffer.from(
            wanted
              .map(({ body, chunked }, n) => {
                const head = `POST /${n} HTTP/1.1\r\nHost: localhost\r\n`
                if (!chunked) return `${head}Content-Length: ${body.length}\r\n\r\n${body}`
                const chunk = body === '' ? '' : `${body.length.toString(16)}\r\n${body}\r\n`
                return `${head}Transfer-Encoding: chunked\r\n\r\n${chunk}0\r\n\r\n`
              })
              .join(''),
          )
          const { socket, got } = dial(port)
          socket.setNoDelay(true)
          for (let at = 0; at < bytes.length; at += size) socket.write(bytes.subarray(at, at + size))
          await expect.poll(() => count(got(), '200 OK'), { interval: 2 }).toBe(wanted.length)
          socket.destroy()
          expect(seen).toEqual(wanted.map(({ body }, n) => `/${n} ${body}`))
        },
      ),
      { numRuns: 40 },
    )
  }, 30_000)

  test('are answered to the last, also when the asker has closed his side', async () => {
    const { port } = await startDoor({
      async request(request, response) {
        await turn()
        echo(request, response)
      },
    })
    const { socket, got, closed } = dial(port)
    socket.end(get('/a').repeat(20) + get('/last'))
    await closed
    expect(got()).toMatch(/\/last$/)
    expect(count(got(), '200 OK')).toBe(21)
  })

  test('end with one that brings more than any may', async () => {
    const { port, refused } = await startDoor({ request: (request) => void request.resume() })
    const { socket, closed } = dial(port)
    socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n')
    const chunk = `8000\r\n${'x'.repeat(0x8000)}\r\n`
    for (let n = 0; n < 64; n += 1) socket.write(chunk)
    await closed
    expect(refused).toEqual(['too-large'])
  })

  test('are not seen behind an upgrade: what follows its head belongs to what it becomes', async () => {
    const heads: string[] = []
    const seen: string[] = []
    const { port } = await startDoor({
      request(request, response) {
        seen.push(request.url ?? '')
        echo(request, response)
      },
      upgrade(_request, socket: Socket, head) {
        heads.push(head.toString())
        socket.end('bye')
      },
    })
    const { socket, got, closed } = dial(port)
    socket.write(`${get('/ws', 'Connection: Upgrade\r\nUpgrade: websocket\r\n')}frame\r\n\r\n${get('/smuggled')}`)
    await closed
    expect(got()).toBe('bye')
    expect(heads).toEqual([`frame\r\n\r\n${get('/smuggled')}`])
    expect(seen).toEqual([])
  })
})

describe('one address', () => {
  test('gets 429 past its requests, with when to come back, and its health is still told', async () => {
    const { port, refused } = await startDoor({ request: echo, limits: { requestBurst: 20, requestsPerS: 1 } })
    const { socket, got, closed } = dial(port)
    socket.write(get('/a').repeat(100))
    await closed
    expect(count(got(), '200 OK')).toBe(20)
    expect(count(got(), '429 Too Many Requests')).toBe(1)
    expect(got()).toMatch(/Retry-After: 1\r\n/)
    expect(refused).toEqual(['requests'])
    const probe = dial(port)
    probe.socket.write(get('/healthz'))
    await expect.poll(probe.got).toContain('200 OK')
  })

  test('does not spend what those who proved themselves ask for, and they are let in when it is spent', async () => {
    const { port } = await startDoor({
      limits: { requestBurst: 5, requestsPerS: 1 },
      request(request, response) {
        if (request.headers.cookie === 'right') clientOf(request).settle()
        echo(request, response)
      },
    })
    const { socket, got } = dial(port)
    socket.write(get('/a', 'Cookie: right\r\n').repeat(50))
    await expect.poll(() => count(got(), '200 OK')).toBe(50)
    const stranger = dial(port)
    stranger.socket.write(get('/b', 'Cookie: wrong\r\n').repeat(50))
    await stranger.closed
    expect(count(stranger.got(), '200 OK')).toBeLessThanOrEqual(5)
    const again = dial(port)
    again.socket.write(get('/c', 'Cookie: right\r\n'))
    await expect.poll(again.got).toContain('200 OK')
  })

  test('loses the connection that was idle longest when it has too many, not the one that asks', async () => {
    const answers: ServerResponse[] = []
    const { port, refused, server } = await startDoor({
      limits: { connectionsPerAddress: 8 },
      request(request, response) {
        if (request.url === '/slow') answers.push(response)
        else echo(request, response)
      },
    })
    const slow = dial(port)
    slow.socket.write(get('/slow'))
    await expect.poll(() => answers.length).toBe(1)
    const idle = Array.from({ length: 20 }, () => dial(port))
    await expect.poll(() => idle.filter(({ socket }) => socket.destroyed).length, { timeout: 10_000 }).toBe(13)
    const probe = dial(port)
    probe.socket.write(get('/a'))
    await expect.poll(probe.got).toContain('200 OK')
    answers[0]?.end('at last')
    await expect.poll(slow.got).toContain('at last')
    expect(new Set(refused)).toEqual(new Set(['connections-of-address']))
    await expect.poll(() => new Promise((resolve) => server.getConnections((_error, n) => resolve(n)))).toBeLessThan(11)
  }, 20_000)

  test('goes by what a proxy that is trusted says, and by nobody else’s word', async () => {
    const tell = { request: (request: never, response: ServerResponse) => void response.end(clientAddress(request)) }
    const asked = 'X-Forwarded-For: 198.51.100.7, 203.0.113.9\r\n'
    const trusting = await startDoor({ ...tell, trusted: ['127.0.0.0/8'] })
    const one = dial(trusting.port)
    one.socket.write(get('/', asked))
    await expect.poll(one.got).toMatch(/203\.0\.113\.9$/)
    const other = dial((await startDoor(tell)).port)
    other.socket.write(get('/', asked))
    await expect.poll(other.got).toMatch(/127\.0\.0\.1$/)
  })
})

describe('a name that is none of ours', () => {
  test.each([
    ['as Host', 'GET / HTTP/1.1\r\nHost: evil.example:8080\r\n\r\n', 421],
    [
      'in the target, which counts for more than Host',
      'GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n',
      421,
    ],
    ['of another scheme', 'GET ftp://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n', 421],
    ['nearly ours', 'GET / HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n', 421],
    ['our own in the target', 'GET http://localhost:1/x HTTP/1.1\r\nHost: evil.example\r\n\r\n', 200],
    ['an address', 'GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n', 200],
    ['none, as HTTP/1.0 may', 'GET / HTTP/1.0\r\n\r\n', 200],
    ['for the health of this process', 'GET /healthz HTTP/1.1\r\nHost: pod-7\r\n\r\n', 200],
    ['for what says more', 'GET /readyz HTTP/1.1\r\nHost: evil.example\r\n\r\n', 421],
    [
      'for an upgrade',
      'GET /mqtt HTTP/1.1\r\nHost: evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      421,
    ],
  ])('%s', async (_what, text, status) => {
    const { port } = await startDoor({ request: echo })
    const { socket, got } = dial(port)
    socket.write(text)
    await expect.poll(got).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    if (status === 421) expect(got()).toContain('BCC_PUBLIC_HOSTS')
  })
})

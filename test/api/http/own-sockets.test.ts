import { connect } from 'node:net'
import { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import type { TlsSource } from '../../../contract/ports/tls.ts'
import { localhost, makeAuthority, type TestCertificate } from '../../support/system/certificates.ts'
import { startCity } from '../city-under-test.ts'

const upgrade = 'Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
const webSocketKey = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
const foreign = 'Origin: http://elsewhere.example\r\n'

/** What a peer has sent when its connection is reset. */
const phases: Record<string, string> = {
  nothing: '',
  'half a request line': 'GET /heal',
  'half a head': 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nX',
  'half a body':
    'POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"a"',
  'a request': 'GET /api/v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'many requests': 'GET /api/v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(200),
  garbage: '\x16\x03\x01\x00\x00ok\r\n\r\n',
  'an upgrade for the broker': `GET /mqtt HTTP/1.1\r\n${upgrade}${webSocketKey}\r\n`,
  'a foreign upgrade for the broker': `GET /mqtt HTTP/1.1\r\n${upgrade}${foreign}\r\n`,
  'a foreign upgrade for the wall': `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n${upgrade}${webSocketKey}${foreign}\r\n`,
  'an upgrade for the wall': `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n${upgrade}${webSocketKey}\r\n`,
  'an upgrade of an unknown session': `GET /socket.io/?EIO=4&transport=websocket&sid=none HTTP/1.1\r\n${upgrade}${webSocketKey}\r\n`,
  'an upgrade to nowhere': `GET /nowhere HTTP/1.1\r\n${upgrade}\r\n`,
  'a handshake of the wall': 'GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'a tunnel': 'CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n',
}

const requests = Object.entries(phases).filter(([name]) => !/nothing|half/.test(name))
const together = 12

/** What would end the process of a running system is here only written down. */
function watchUncaught(): unknown[] {
  const uncaught: unknown[] = []
  const note = (error: unknown) => void uncaught.push(error)
  process.on('uncaughtExceptionMonitor', note)
  onTestFinished(() => void process.off('uncaughtExceptionMonitor', note))
  return uncaught
}

/** Sends a text and resets the connection, at once or with the first byte of the answer; resolves when it is closed. */
function resetAfter(port: number, text: string, when: 'at once' | 'at its answer'): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(text)
      if (when === 'at once') setImmediate(() => socket.resetAndDestroy())
      else socket.once('data', () => socket.resetAndDestroy())
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve())
  })
}

const repeat = (attack: () => Promise<void>) => Promise.all(Array.from({ length: together }, attack))

test('a connection that is reset, whatever was said on it, ends only itself', async () => {
  const uncaught = watchUncaught()
  const { call, api } = await startCity()
  for (const text of Object.values(phases)) await repeat(() => resetAfter(api.port, text, 'at once'))
  for (const [, text] of requests) await repeat(() => resetAfter(api.port, text, 'at its answer'))
  expect((await call('/healthz')).status).toBe(200)
  expect(uncaught).toEqual([])
}, 30_000)

/** Over TLS, to be reset while it shakes hands, or once it said so much. */
function resetTls(port: number, text: string | undefined): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.on('close', () => resolve())
    // Node takes a socket's handle away where TLS stands right on it; then it could not be reset any more.
    const between = new Duplex({ read() {}, write: (chunk, _encoding, done) => void socket.write(chunk, done) })
    socket.on('data', (chunk) => between.push(chunk))
    const secure = connectTls({ socket: between, rejectUnauthorized: false })
    secure.on('error', () => undefined)
    if (text === undefined) socket.once('data', () => socket.resetAndDestroy())
    else secure.once('secureConnect', () => secure.write(`${text} `, () => socket.resetAndDestroy()))
  })
}

test('nor does one over TLS, in its handshake or after it', async () => {
  const uncaught = watchUncaught()
  const { api } = await startCity({ tls: tlsOf(makeAuthority().issue('server', localhost)) })
  await repeat(() => resetTls(api.port, undefined))
  for (const text of Object.values(phases)) await repeat(() => resetTls(api.port, text))
  for (const text of Object.values(phases)) await resetAfter(api.port, text, 'at once')
  expect(uncaught).toEqual([])
  await expect(answersTls(api.port)).resolves.toContain('200 OK')
}, 30_000)

function tlsOf({ cert, key }: TestCertificate): TlsSource {
  const notAfterMs = Date.now() + 86_400_000
  return {
    current: () => ({ cert: cert.toString(), key: key.toString(), ca: undefined }),
    watch: () => () => undefined,
    status: () => ({ notAfterMs, caNotAfterMs: null, fault: null }),
  }
}

function answersTls(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, () =>
      socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
    )
    socket.once('data', (chunk) => resolve(chunk.toString()))
    socket.once('error', reject)
  })
}

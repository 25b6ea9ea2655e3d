import { connect } from 'node:net'
import type { Random } from '../../../firmware-sim/random.ts'

/** Connections of one hostile address: what they say, and how they end. */
export interface Attack {
  bytes: Buffer
  /** Bytes of each write; the whole at once where it is absent. */
  pieceBytes?: number
  end: 'reset' | 'close' | 'half-close' | 'linger'
  /** Nothing of the answers is read. */
  unread: boolean
}

const targets = [
  ...['/', '/healthz', '/readyz', '/metrics', '/api/v1/openapi.json', '/api/docs', '/api/v1/site', '/api/v1/state'],
  ...['/api/v1/devices?q=%00', '/masuk/x', '/assets/x.js', '/wall/ikhtisar', '/socket.io/?EIO=4&transport=polling'],
  ...[
    '/socket.io/?EIO=4&transport=polling&sid=x',
    '/socket.io/?EIO=3',
    '/mqtt',
    '/%',
    '/..%2f',
    '*',
    'http://localhost/x',
  ],
  ...['//', '/\u00ff', '/api/v1/session', '/api/v1/displays/pairings'],
] as const
const methods = [
  'GET',
  'GET',
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'PRI',
  'BREW',
  'get',
] as const
const hosts = ['localhost', '127.0.0.1', 'evil.example', '', 'a b', '[::1', 'localhost:99999'] as const
const webSocket =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
const headers = [
  webSocket,
  webSocket,
  `${webSocket}Origin: http://evil.example\r\n`,
  'Connection: Upgrade\r\nUpgrade: h2c\r\n',
  'Sec-WebSocket-Protocol: mqtt\r\n',
  'Content-Length: 5\r\n',
  'Content-Length: 99999999\r\n',
  'Content-Length: -1\r\n',
  'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n',
  'Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n',
  'Content-Type: application/json\r\nContent-Length: 2\r\n',
  'Expect: 100-continue\r\nContent-Length: 4\r\n',
  'Expect: the-impossible\r\n',
  'Range: bytes=9-1,5-\r\n',
  'Accept: ;q=\r\n',
  'Accept-Encoding: br;q=2, *\r\n',
  'Cookie: bcc_session=; bcc_display=\u0001\r\n',
  'Authorization: Bearer \r\n',
  'X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Host: evil.example\r\n',
  'If-None-Match: *\r\n',
  ' folded: x\r\n',
  'Connection: close\r\n',
  'Connection: keep-alive, Transfer-Encoding\r\n',
] as const
const bodies = [
  '',
  '{}',
  '0\r\n\r\n',
  '5\r\nhello\r\n0\r\n\r\n',
  'ffffffff\r\n',
  '\r\n\r\n',
  '\u0081\u0085\u0000\u0000\u0000\u0000hello',
  '40/wall,',
] as const

const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T

/** Like a request: right, wrong in a part, or damaged byte by byte. */
function requestText(random: Random): string {
  const version = random() < 0.9 ? 'HTTP/1.1' : pick(random, ['HTTP/1.0', 'HTTP/2.0', 'HTTP/0.9', 'HTP/1.1', ''])
  const host = random() < 0.7 ? 'localhost' : pick(random, hosts)
  const more = Array.from({ length: Math.floor(random() * 4) }, () => pick(random, headers)).join('')
  const body = random() < 0.3 ? pick(random, bodies) : ''
  return `${pick(random, methods)} ${pick(random, targets)} ${version}\r\nHost: ${host}\r\n${more}\r\n${body}`
}

function damaged(random: Random, bytes: Buffer): Buffer {
  for (let left = 1 + Math.floor(random() * 4); left > 0; left -= 1)
    bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
  return bytes
}

export function nextAttack(random: Random): Attack {
  const repeats = random() < 0.1 ? Math.floor(random() * 400) : Math.floor(random() * 5)
  const one = requestText(random)
  const text =
    random() < 0.5
      ? one.repeat(repeats)
      : Array.from({ length: Math.min(repeats, 20) }, () => requestText(random)).join('')
  const whole = Buffer.from(text, 'latin1')
  const bytes = random() < 0.3 && whole.length > 0 ? damaged(random, whole) : whole
  return {
    // Not seldom its end is missing: the phase in which it is left is any.
    bytes: random() < 0.3 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes,
    ...(random() < 0.15 && { pieceBytes: 1 + Math.floor(random() * 97) }),
    end: pick(random, ['reset', 'reset', 'close', 'half-close', 'linger']),
    unread: random() < 0.2,
  }
}

/** The sequence of a flood: bare connections, resets, upgrades, and requests sent without waiting. */
export function nextFlood(random: Random): Attack {
  const kind = random()
  const end = pick(random, ['reset', 'close'] as const)
  const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`
  if (kind < 0.3) return { bytes: Buffer.alloc(0), end, unread: false }
  if (kind < 0.5)
    return {
      bytes: Buffer.from(get(pick(random, ['/mqtt', '/socket.io/?EIO=4&transport=websocket']), webSocket)),
      end,
      unread: false,
    }
  if (kind < 0.6)
    return {
      bytes: Buffer.from(get('/mqtt', `${webSocket}Origin: http://evil.example\r\n`)),
      end: 'reset',
      unread: false,
    }
  if (kind < 0.7) return { bytes: Buffer.from(get('/socket.io/?EIO=4&transport=polling')), end, unread: false }
  const many = get(pick(random, targets.slice(0, 8)))
  return {
    bytes: Buffer.from(many.repeat(random() < 0.1 ? 1500 : 1 + Math.floor(random() * 8))),
    end,
    unread: random() < 0.3,
  }
}

/** Plays it on a connection of its own; resolves when that is closed. */
export function play(
  port: number,
  { bytes, pieceBytes = Math.max(1, bytes.length), end, unread }: Attack,
  lingerMs: number,
): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const leave = () => (end === 'reset' ? socket.resetAndDestroy() : socket.destroy())
    const timer = setTimeout(leave, end === 'linger' ? lingerMs * 5 : lingerMs)
    socket.on('error', () => undefined)
    socket.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
    if (unread) socket.pause()
    else socket.resume()
    socket.once('connect', () => {
      for (let at = 0; at < bytes.length; at += pieceBytes) socket.write(bytes.subarray(at, at + pieceBytes))
      if (end === 'half-close') socket.end()
    })
  })
}

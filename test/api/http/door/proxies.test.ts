import type { IncomingMessage } from 'node:http'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createTrustedProxies } from '../../../../api/http/door/proxies.ts'

const proxies = createTrustedProxies(['10.0.0.0/8', '192.0.2.1', 'fd00::/8'])

/** The parts of a request that are read. */
function request(peer: string, headers: Record<string, string>): IncomingMessage {
  return { socket: { remoteAddress: peer }, headers: { host: 'inner', ...headers } } as unknown as IncomingMessage
}
const addressOf = (peer: string, forwarded: string) =>
  proxies.read(request(peer, { 'x-forwarded-for': forwarded }), false).address

describe('who asks', () => {
  test.each([
    ['a stranger names himself', '203.0.113.9', '198.51.100.7', '203.0.113.9'],
    ['one proxy', '10.0.0.1', '198.51.100.7', '198.51.100.7'],
    ['a proxy on an IPv6 socket', '::ffff:10.0.0.1', '198.51.100.7', '198.51.100.7'],
    ['a proxy of IPv6', 'fd00::1', '2001:db8::7', '2001:db8::7'],
    ['what the asker wrote before the proxy', '10.0.0.1', '1.1.1.1, 198.51.100.7', '198.51.100.7'],
    ['a chain of proxies', '10.0.0.1', '1.1.1.1, 198.51.100.7, 192.0.2.1, 10.3.3.3', '198.51.100.7'],
    ['proxies alone', '10.0.0.1', '10.0.0.9', '10.0.0.9'],
    ['with ports', '10.0.0.1', '198.51.100.7:4711', '198.51.100.7'],
    ['IPv6 with a port', '10.0.0.1', '[2001:db8::7]:4711', '2001:db8::7'],
    ['IPv4 in IPv6', '10.0.0.1', '::ffff:198.51.100.7', '198.51.100.7'],
    ['no address', '10.0.0.1', 'unknown', '10.0.0.1'],
    ['no address before a proxy', '10.0.0.1', '1.1.1.1, _hidden, 10.0.0.2', '10.0.0.2'],
    ['nothing', '10.0.0.1', '', '10.0.0.1'],
  ])('%s', (_what, peer, forwarded, expected) => {
    expect(addressOf(peer, forwarded)).toBe(expected)
  })

  test('is never what stands before an address that is not trusted', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string())), (written) => {
        expect(addressOf('10.0.0.1', [...written, '203.0.113.9'].join(','))).toBe('203.0.113.9')
      }),
    )
  })
})

test('scheme and name are those of the asker only where the proxy is trusted', () => {
  const headers = { 'x-forwarded-proto': 'http, https', 'x-forwarded-host': 'komando.example' }
  expect(proxies.read(request('10.0.0.1', headers), false)).toMatchObject({ secure: true, host: 'komando.example' })
  expect(proxies.read(request('10.0.0.1', { 'x-forwarded-proto': 'http' }), true)).toMatchObject({ secure: false })
  expect(proxies.read(request('10.0.0.1', {}), true)).toMatchObject({ secure: true, host: 'inner' })
  expect(proxies.read(request('203.0.113.9', headers), false)).toMatchObject({ secure: false, host: 'inner' })
})

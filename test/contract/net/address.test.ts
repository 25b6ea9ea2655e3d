import { expect, test } from 'vitest'
import { hostInUrl, urlAt, withoutBrackets } from '../../../contract/net/address.ts'

test.each([
  ['127.0.0.1', 'http://127.0.0.1:8080'],
  ['::1', 'http://[::1]:8080'],
  ['[::1]', 'http://[::1]:8080'],
  ['::ffff:127.0.0.1', 'http://[::ffff:127.0.0.1]:8080'],
  ['fe80::1%eth0', 'http://[fe80::1%25eth0]:8080'],
  ['komando.binjai.go.id', 'http://komando.binjai.go.id:8080'],
])('%s stands in a URL as %s', (host, url) => {
  expect(urlAt('http', host, 8080)).toBe(url)
  if (!host.includes('%')) expect(URL.parse(url)?.port).toBe('8080')
  expect(hostInUrl(hostInUrl(host))).toBe(hostInUrl(host))
})

test.each([
  ['[::1]', '::1'],
  ['::1', '::1'],
  ['localhost', 'localhost'],
])('a program is given %s as %s', (host, plain) => {
  expect(withoutBrackets(host)).toBe(plain)
})

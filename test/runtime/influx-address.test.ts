import { expect, test } from 'vitest'
import { influxAddress, isInfluxUrl } from '../../runtime/influx-address.ts'

test.each([
  ['http://127.0.0.1:8086', {}],
  ['http://127.0.0.1:8086/', {}],
  ['http://bcc:rahasia@127.0.0.1:8086', { user: 'bcc', password: 'rahasia', token: 'rahasia' }],
  ['http://b%40c:p%3A%2F%23w@127.0.0.1:8086', { user: 'b@c', password: 'p:/#w', token: 'p:/#w' }],
  ['http://a-token@127.0.0.1:8086', { user: 'a-token', token: 'a-token' }],
])('%s is an address and what it is shown', (url, login) => {
  expect(isInfluxUrl(url)).toBe(true)
  const none = { user: undefined, password: undefined, token: undefined }
  expect(influxAddress({ url })).toEqual({ ...none, ...login, url: 'http://127.0.0.1:8086' })
})

test('what is set by its own name goes before the login in the address', () => {
  const url = 'https://a:b@[::1]:8086/influx/'
  expect(influxAddress({ url, user: 'u', password: 'p', token: 't' })).toEqual({
    ...{ url: 'https://[::1]:8086/influx', user: 'u', password: 'p', token: 't' },
  })
  expect(influxAddress({ url, password: 'p' })).toMatchObject({ user: 'a', password: 'p' })
})

test.each([
  'ftp://127.0.0.1',
  '127.0.0.1:8086',
  'localhost:8086',
  'http://',
  'http://a b',
  'http://h:99999',
  'http://h/?token=rahasia',
  'http://h?u=a&p=b',
  'http://h/#x',
  'http://%zz:p@h',
  'http://u:%ff@h',
  '',
])('"%s" is no address of InfluxDB', (url) => {
  expect(isInfluxUrl(url)).toBe(false)
})

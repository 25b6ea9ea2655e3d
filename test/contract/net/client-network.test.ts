import fc from 'fast-check'
import { expect, test } from 'vitest'
import { networkOf } from '../../../contract/net/client-network.ts'

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:c000:201', '192.0.2.1'],
  ['0:0:0:0:0:ffff:c000:0201', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002:ffff::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['', ''],
  ['1::2::3', '1::2::3'],
  ['no address: at all', 'no address: at all'],
])('%s is counted as %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})

const group = fc.integer({ min: 0, max: 0xffff })

test('all addresses of a /64 are one, and those of two are two', () => {
  const hosts = fc.array(group, { minLength: 4, maxLength: 4 })
  const prefix = fc.tuple(fc.integer({ min: 1, max: 0xffff }), group, group, group)
  const text = (groups: readonly number[]) => groups.map((one) => one.toString(16)).join(':')
  fc.assert(
    fc.property(prefix, hosts, hosts, ([a, b, c, d], one, other) => {
      const here = networkOf(text([a, b, c, d, ...one]))
      expect(networkOf(text([a, b, c, d, ...other]))).toBe(here)
      expect(networkOf(text([a, b, c, d ^ 1, ...one]))).not.toBe(here)
    }),
  )
})

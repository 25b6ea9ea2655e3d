import { expect, test } from 'vitest'
import { createHostList } from '../../../../api/http/door/hosts.ts'
import { localhost, makeAuthority } from '../../../support/system/certificates.ts'

const hosts = createHostList({ names: ['Komando.binjai.go.id', '*.kota.example'], machine: 'Server-7.dalam' })

test.each([
  ['localhost', true],
  ['LOCALHOST:8080', true],
  ['wall.localhost', true],
  ['127.0.0.1:8080', true],
  ['192.168.7.7', true],
  ['[fe80::1]:8080', true],
  ['server-7', true],
  ['server-7.local:8080', true],
  ['server-7.dalam', true],
  ['komando.binjai.go.id.', true],
  ['a.kota.example', true],
  ['kota.example', false],
  ['a.b.kota.example', false],
  ['evil.example', false],
  ['127.0.0.1.evil.example', false],
  ['localhost@evil.example', false],
  ['evil.example#localhost', false],
  ['', false],
  [' ', false],
  [undefined, true],
])('a host %j is ours: %j', (host, expected) => {
  expect(hosts.isOurs(host)).toBe(expected)
})

test('the names of the certificate are ours, also of the one that takes its place', () => {
  const authority = makeAuthority()
  const material = (name: string) => {
    const { cert, key } = authority.issue(name.replaceAll('.', '-'), { ...localhost, otherNames: `DNS:${name}` })
    return { cert: cert.toString(), key: key.toString(), ca: undefined }
  }
  let change = (_material: ReturnType<typeof material>) => undefined as unknown
  const tls = {
    current: () => material('one.example'),
    watch(onChange: typeof change) {
      change = onChange
      return () => undefined
    },
    status: () => ({ notAfterMs: 0, caNotAfterMs: null, fault: null }),
  }
  const list = createHostList({ names: [], tls })
  expect([list.isOurs('one.example'), list.isOurs('two.example')]).toEqual([true, false])
  change(material('two.example'))
  expect([list.isOurs('one.example'), list.isOurs('two.example')]).toEqual([false, true])
})

import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { TlsMaterial } from '../../../contract/ports/tls.ts'
import { openTlsFiles } from '../../../runtime/tls/tls-files.ts'
import { missingProgram } from '../../support/influx/influx-process.ts'
import { localhost, makeAuthority, type TestCertificate } from '../../support/system/certificates.ts'
import { tempDir } from '../../support/system/temp-dir.ts'

const dayMs = 86_400_000

/** The next look at the files comes when the test says so. */
function fakeTimers(): void {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
}

/** Files in use, with an authority for clients, and a clock that the test moves. */
function filesInUse({ toDays = 5, everyMs = 10 } = {}) {
  const authority = makeAuthority({ days: 100 })
  const dir = tempDir()
  const paths = { cert: join(dir, 'cert.pem'), key: join(dir, 'key.pem'), ca: join(dir, 'ca.pem') }
  const install = ({ certFile, keyFile }: TestCertificate) => {
    copyFileSync(certFile, paths.cert)
    copyFileSync(keyFile, paths.key)
  }
  const first = authority.issue('first', { ...localhost, toDays })
  install(first)
  copyFileSync(authority.file, paths.ca)
  const logged: { level: number; msg: string; days?: number }[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(JSON.parse(line)) })
  const clock = { ms: Date.now() }
  const files = openTlsFiles({ paths, log, now: () => clock.ms, everyMs })
  onTestFinished(files.close)
  const given: TlsMaterial[] = []
  files.watch((material) => given.push(material))
  return { authority, paths, install, first, files, given, logged, clock }
}

describe.skipIf(missingProgram('openssl'))('TLS files', () => {
  test('that are replaced are given on, once, and their end is told', async () => {
    const { authority, install, files, given } = filesInUse()
    const next = authority.issue('next', { ...localhost, toDays: 50 })
    install(next)
    await expect.poll(() => given.at(-1)?.cert).toBe(next.cert.toString())
    expect(files.current()).toEqual(given.at(-1))
    expect(files.status()).toMatchObject({ fault: null, caNotAfterMs: expect.any(Number) })
    expect(Math.abs(files.status().notAfterMs - (Date.now() + 50 * dayMs))).toBeLessThan(60_000)
    expect(given.filter(({ cert }) => cert === next.cert.toString())).toHaveLength(1)
  })

  test('are looked at at once when asked, before the next turn', () => {
    const { authority, install, files, given } = filesInUse({ everyMs: 3_600_000 })
    const next = authority.issue('next', localhost)
    install(next)
    files.reload()
    expect(given).toMatchObject([{ cert: next.cert.toString() }])
  })

  test('a certificate that comes before its key is no fault, as long as the key follows before the next look', () => {
    fakeTimers()
    const { authority, paths, files, given, logged } = filesInUse({ everyMs: 2000 })
    const next = authority.issue('next', localhost)
    copyFileSync(next.certFile, paths.cert)
    vi.advanceTimersByTime(2000)
    expect(files.status().fault).toBeNull()
    copyFileSync(next.keyFile, paths.key)
    vi.advanceTimersByTime(2000)
    expect(given.at(-1)?.key).toBe(next.key.toString())
    expect(logged.filter(({ level }) => level >= 50)).toEqual([])

    copyFileSync(authority.issue('another', localhost).certFile, paths.cert)
    vi.advanceTimersByTime(4000)
    expect(files.status().fault?.detail).toContain(paths.key)
  })

  const pem = (name: string, body: string) => `-----BEGIN ${name}-----\n${body}\n-----END ${name}-----\n`
  const broken: [what: string, file: 'cert' | 'key' | 'ca', text: (whole: string) => string | undefined][] = [
    ['a certificate that is gone', 'cert', () => undefined],
    ['an empty certificate', 'cert', () => ''],
    ['a certificate of blanks', 'cert', () => ' \n\t\n'],
    ['half a certificate', 'cert', (whole) => whole.slice(0, whole.length / 2)],
    ['a certificate with a letter wrong', 'cert', (whole) => whole.replace(/MII./, 'AAAA')],
    ['a certificate that is text', 'cert', () => 'not a certificate'],
    ['a certificate that is a key', 'cert', () => pem('PRIVATE KEY', 'AAAA')],
    ['a certificate with half of another behind it', 'cert', (whole) => whole + whole.slice(0, 200)],
    ['a certificate of zeros', 'cert', () => '\0'.repeat(1000)],
    ['a key that is gone', 'key', () => undefined],
    ['an empty key', 'key', () => ''],
    ['half a key', 'key', (whole) => whole.slice(0, whole.length / 2)],
    ['a key that is text', 'key', () => 'secret'],
    ['a key that is a folder of zeros', 'key', () => '\0'.repeat(300)],
    ['an authority that is gone', 'ca', () => undefined],
    ['an empty authority', 'ca', () => ''],
    ['an authority that is text', 'ca', () => '# nobody\n'],
    ['half an authority', 'ca', (whole) => whole.slice(0, whole.length / 2)],
    ['an authority that is no certificate', 'ca', () => pem('CERTIFICATE', 'AAAA')],
    ['an authority with half of another behind it', 'ca', (whole) => whole + whole.slice(0, 200)],
  ]

  test('20 broken files change nothing and are told, and the next good ones are taken', async () => {
    const { authority, paths, install, first, files, given, logged } = filesInUse()
    expect(broken).toHaveLength(20)
    const before = files.current()
    const whole = { cert: readFileSync(paths.cert), key: readFileSync(paths.key), ca: readFileSync(paths.ca) }
    const kinds = new Set<string | undefined>()
    for (const [what, file, text] of broken) {
      const put = text(whole[file].toString())
      if (put === undefined) rmSync(paths[file])
      else writeFileSync(paths[file], put)
      await expect.poll(() => files.status().fault?.detail, { message: what }).toContain(paths[file])
      expect(files.current(), what).toEqual(before)
      kinds.add(files.status().fault?.kind)
      writeFileSync(paths[file], whole[file])
      await expect.poll(() => files.status().fault, { message: what }).toBeNull()
    }
    // For strangers: no path, and nothing of what the file holds.
    expect(kinds).toEqual(
      new Set(['a file cannot be read', 'a file holds no usable certificate', 'they do not belong together']),
    )
    expect(new Set(given.map(({ cert }) => cert))).toEqual(new Set([first.cert.toString()]))
    expect(new Set(given.map(({ ca }) => ca))).toEqual(new Set([before.ca]))
    expect(logged.filter(({ level }) => level === 50).length).toBe(20)
    const next = authority.issue('next', localhost)
    install(next)
    await expect.poll(() => files.current().cert).toBe(next.cert.toString())
  })

  test('the key of another certificate changes nothing', async () => {
    const { authority, paths, files, first } = filesInUse()
    copyFileSync(authority.issue('other', localhost).keyFile, paths.key)
    await expect.poll(() => files.status().fault?.detail).toContain(paths.key)
    expect(files.current().cert).toBe(first.cert.toString())
  })

  test.each([
    ['has expired', { fromDays: -3, toDays: -1 }],
    ['is not valid yet', { fromDays: 1, toDays: 9 }],
  ])('one that %s does not take the place of one that is good', async (_what, times) => {
    const { authority, install, files, first } = filesInUse()
    install(authority.issue('other', { ...localhost, ...times }))
    await expect.poll(() => files.status().fault?.detail).toMatch(/not valid at present/)
    expect(files.current().cert).toBe(first.cert.toString())
  })

  test('the end of a certificate is logged 30, 14, 7 and 1 days before, and when it has come', () => {
    fakeTimers()
    const { clock, logged, files } = filesInUse({ toDays: 40 })
    const endMs = files.status().notAfterMs
    const warned = () => logged.filter(({ level }) => level === 40).map(({ days }) => days)
    expect(warned()).toEqual([])
    for (const days of [29.5, 20, 13.5, 10, 6.5, 2, 0.5, -0.5]) {
      clock.ms = endMs - days * dayMs
      vi.advanceTimersByTime(10)
    }
    expect(warned()).toEqual([29, 13, 6, 0, -1])
  })

  test('that cannot be used stop the start', () => {
    const { paths } = filesInUse()
    writeFileSync(paths.ca, '')
    const log = pino({ level: 'silent' })
    expect(() => openTlsFiles({ paths, log })).toThrow(paths.ca)
  })
})

import { randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Readable, Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { runBcc } from '../../../api/cli/bcc.ts'
import { openRegistry } from '../../../storage/registry/registry.ts'
import { tempDir } from '../../support/system/temp-dir.ts'

/** A command line on a registry of its own. */
function commandLine() {
  const options = { file: join(tempDir(), 'registry.db'), pepper: randomBytes(32), areaAt: () => '12.75.01.1001' }
  const anchorFile = join(dirname(options.file), 'audit-anchor.jsonl')
  async function bcc(argv: string[], input = '') {
    const written = { out: '', err: '' }
    const sink = (name: 'out' | 'err') =>
      new Writable({
        write(chunk, _encoding, done) {
          written[name] += String(chunk)
          done()
        },
      })
    const parts = { openRegistry: () => openRegistry(options), out: sink('out'), err: sink('err'), anchorFile }
    const code = await runBcc(argv, { ...parts, stdin: Readable.from([input]) })
    return { code, ...written }
  }
  return { bcc, options }
}

/** Answers of the command line under test. */
const parsed = (text: string) => JSON.parse(text) as Record<string, unknown>

describe('bcc device', () => {
  test('add prints the key once, with the area of its position', async () => {
    const { bcc, options } = commandLine()
    const added = await bcc([
      'device',
      'add',
      'r-1',
      '--profile',
      'river-gauge',
      '--lat',
      '3.6',
      '--lon',
      '98.5',
      '--json',
    ])
    expect(added).toMatchObject({ code: 0, err: '' })
    const { device, key } = parsed(added.out)
    expect(device).toMatchObject({ id: 'r-1', kind: 'sensor', areaCode: '12.75.01.1001' })
    const registry = await openRegistry(options)
    expect(await registry.credentials.verify('r-1', Buffer.from(String(key)))).toBeDefined()
    await registry.close()
    expect((await bcc(['device', 'list'])).out).not.toContain(String(key))
  })

  test('key says until when the one before works, show when each was used; --now ends it', async () => {
    const { bcc, options } = commandLine()
    const first = parsed((await bcc(['device', 'add', 'r-1', '--profile', 'river-gauge', '--json'])).out)
    const registry = await openRegistry(options)
    const credential = await registry.credentials.verify('r-1', Buffer.from(String(first.key)))
    if (credential === undefined) throw new Error('not let in')
    await registry.devices.noteSignIns([{ ...credential, atMs: Date.UTC(2026, 10, 21, 8, 15) }])
    expect((await bcc(['device', 'key', 'r-1'])).out).toMatch(
      /The key before works until \d{4}-\d\d-\d\d \d\d:\d\d UTC/,
    )
    const shown = (await bcc(['device', 'show', 'r-1'])).out
    expect(shown).toMatch(/^key +made .+, not used yet$/m)
    expect(shown).toMatch(/^key before +works until .+, last used 2026-11-21 08:15 UTC$/m)
    expect((await bcc(['device', 'list'])).out).toMatch(/valid, the one before until/)
    const now = parsed((await bcc(['device', 'key', 'r-1', '--now', '--json'])).out)
    expect(now).toMatchObject({ device: { oldKey: null, keyUsedAt: null } })
    expect(await registry.credentials.verify('r-1', Buffer.from(String(first.key)))).toBeUndefined()
    await registry.close()
  })

  test('key gives another one, revoke takes it away, list shows it', async () => {
    const { bcc } = commandLine()
    const first = parsed((await bcc(['device', 'add', 'r-1', '--profile', 'river-gauge', '--json'])).out)
    const second = parsed((await bcc(['device', 'key', 'r-1', '--json'])).out)
    expect(second.key).not.toBe(first.key)
    expect((await bcc(['device', 'revoke', 'r-1'])).code).toBe(0)
    expect((await bcc(['device', 'list'])).out).toMatch(/r-1 +river-gauge +r-1 +- +revoked/)
    const list = parsed((await bcc(['--json', 'device', 'list'])).out)
    expect(list).toMatchObject({ items: [{ id: 'r-1', revokedAt: expect.any(String) }] })
  })

  test('a position west of Greenwich is no option', async () => {
    const { bcc } = commandLine()
    const added = await bcc([
      'device',
      'add',
      'r-1',
      '--profile',
      'river-gauge',
      '--lat',
      '-3.6',
      '--lon',
      '-98',
      '--json',
    ])
    expect(parsed(added.out)).toMatchObject({ device: { lat: -3.6, lon: -98 } })
  })
})

describe('bcc user', () => {
  test('add shows a random password, or takes one from standard input and shows nothing', async () => {
    const { bcc, options } = commandLine()
    const siti = parsed((await bcc(['user', 'add', 'siti', '--role', 'operator', '--json'])).out)
    const budi = await bcc(['user', 'add', 'budi', '--role', 'wall', '--password-stdin'], 'a long enough one\n')
    expect(budi.code).toBe(0)
    expect(budi.out).not.toContain('a long enough one')
    const registry = await openRegistry(options)
    expect(await registry.people.verify('siti', String(siti.password))).toMatchObject({ role: 'operator' })
    expect(await registry.people.verify('budi', 'a long enough one')).toMatchObject({ role: 'wall' })
    await registry.close()
  })

  test('password sets a new one, list and remove do what they say', async () => {
    const { bcc } = commandLine()
    await bcc(['user', 'add', 'siti', '--role', 'operator'])
    expect((await bcc(['user', 'password', 'siti'])).out).toMatch(/Password: \S{16,}/)
    expect((await bcc(['user', 'list'])).out).toMatch(/siti +operator/)
    expect((await bcc(['user', 'remove', 'siti'])).code).toBe(0)
    expect(parsed((await bcc(['user', 'list', '--json'])).out)).toEqual({ items: [] })
  })
})

describe('bcc token', () => {
  test('add shows the token once, list tells its use, revoke ends it', async () => {
    const { bcc, options } = commandLine()
    const added = await bcc(['token', 'add', 'lobby', '--role', 'wall', '--days', '30', '--json'])
    const { token } = parsed(added.out)
    const registry = await openRegistry(options)
    expect(await registry.tokenProof.find(String(token), { touch: false })).toMatchObject({ role: 'wall' })
    await registry.close()
    const list = await bcc(['token', 'list'])
    expect(list.out).toMatch(/lobby +wall/)
    expect(list.out).not.toContain(String(token))
    expect((await bcc(['token', 'revoke', 'lobby'])).code).toBe(0)
    expect((await bcc(['token', 'revoke', 'lobby'])).code).toBe(1)
  })

  test('add makes a service with its filters, list shows them; without, or broken, it is refused in a sentence', async () => {
    const { bcc } = commandLine()
    const add = ['token', 'add', 'kota-lain', '--role', 'service']
    const filters = ['binjai/v1/+/+/telemetry', 'binjai/v1/bus/#']
    expect(await bcc(add)).toMatchObject({ code: 1, err: expect.stringContaining('at least one filter') })
    expect(await bcc([...add, '--filter', 'a/#/b'])).toMatchObject({ code: 1, err: expect.stringContaining('"a/#/b"') })
    const added = await bcc([...add, ...filters.flatMap((filter) => ['--filter', filter]), '--json'])
    expect(parsed(added.out)).toMatchObject({ record: { role: 'service', filters } })
    expect((await bcc(['token', 'list'])).out).toContain(filters.join(' '))
  })
})

describe('bcc user', () => {
  test('role gives another role, totp shows a QR code and recovery codes once', async () => {
    const { bcc } = commandLine()
    await bcc(['user', 'add', 'siti', '--role', 'operator'])
    expect((await bcc(['user', 'role', 'siti', '--role', 'supervisor'])).code).toBe(0)
    const { code, out } = await bcc(['user', 'totp', 'siti'])
    expect(code).toBe(0)
    expect(out).toContain('█')
    expect(out).toMatch(/types the secret: [A-Z2-7]{32}\n/)
    expect(out.match(/^ {2}[a-z0-9]{5}-[a-z0-9]{5}$/gm)).toHaveLength(10)
    expect((await bcc(['user', 'totp', 'siti', '--remove'])).code).toBe(0)
    expect((await bcc(['user', 'totp', 'siti', '--remove'])).code).toBe(1)
    expect((await bcc(['user', 'totp', 'nobody'])).code).toBe(1)
  })
})

describe('bcc verify audit', () => {
  test('says that all is as it was written, or names the record that is not', async () => {
    const { bcc, options } = commandLine()
    for (const id of ['r-1', 'r-2', 'r-3']) await bcc(['device', 'add', id, '--profile', 'river-gauge'])
    expect(await bcc(['verify', 'audit'])).toMatchObject({ code: 0, out: expect.stringContaining('3 records') })
    const raw = new DatabaseSync(options.file)
    raw.exec("drop trigger audit_no_update; update audit set target = 'r-9' where seq = 2")
    raw.close()
    expect(await bcc(['verify', 'audit'])).toEqual({ code: 1, out: '', err: 'Record 2 was changed.\n' })
    const { code, out } = await bcc(['verify', 'audit', '--json'])
    expect({ code, ...parsed(out) }).toMatchObject({ code: 1, ok: false, fault: { kind: 'changed', seq: 2 } })
  })

  test('tells of a record that was cut off the end, though no system ran beside the commands', async () => {
    const { bcc, options } = commandLine()
    for (const id of ['r-1', 'r-2', 'r-3']) await bcc(['device', 'add', id, '--profile', 'river-gauge'])
    const raw = new DatabaseSync(options.file)
    raw.exec('drop trigger audit_no_delete; delete from audit where seq = 3')
    raw.close()
    expect(await bcc(['verify', 'audit'])).toMatchObject({ code: 1, err: expect.stringContaining('Record 3') })
  })

  test('refuses a file that is not there', async () => {
    const { bcc } = commandLine()
    const { code, err } = await bcc(['verify', 'audit', '--anchor', '/nowhere/anchors'])
    expect({ code, err }).toEqual({ code: 1, err: 'There is no file /nowhere/anchors.\n' })
  })
})

test.each([
  ['device add r-1 --profile nothing'],
  ['device add R/1 --profile river-gauge'],
  ['device add r-1 --profile river-gauge --parent nobody'],
  ['device key nobody'],
  ['device show nobody'],
  ['device revoke nobody'],
  ['user password nobody --password-stdin'],
  ['user add siti --role operator --password-stdin'],
])('%s is refused in one sentence on stderr, exit 1', async (line) => {
  const { bcc } = commandLine()
  const { code, out, err } = await bcc(line.split(' '))
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(err.trim().split('\n')).toHaveLength(1)
  expect(err).toMatch(/^[A-Z].*\.\n$/)
})

test.each([
  [''],
  ['device'],
  ['frobnicate'],
  ['device add'],
  ['device add r-1'],
  ['device add r-1 --profile river-gauge --lat 91'],
  ['device add r-1 --profile river-gauge --lat north'],
  ['device add r-1 --profile river-gauge --colour red'],
  ['user add siti'],
  ['user add siti --role boss'],
  ['token add lobby --role admin'],
  ['token add lobby --role wall --days 0'],
])('"bcc %s" is wrong usage, exit 2, and opens no registry', async (line) => {
  const { bcc } = commandLine()
  const { code, out, err } = await bcc(line.split(' ').filter(Boolean))
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(err).not.toBe('')
})

test.each(['--help', 'device --help', 'device add --help', 'user add --help', 'device list --help'])(
  '%s explains, exit 0',
  async (line) => {
    const { bcc } = commandLine()
    const { code, out } = await bcc(line.split(' '))
    expect(code).toBe(0)
    expect(out).toMatch(/Usage: bcc/)
    expect(out).toContain('--json')
  },
)

test('a registry that cannot be opened is one sentence, exit 1', async () => {
  const written: string[] = []
  const err = new Writable({
    write(chunk, _encoding, done) {
      written.push(String(chunk))
      done()
    },
  })
  const openBroken = () => openRegistry({ file: '/nowhere/registry.db', pepper: randomBytes(32) })
  const parts = { openRegistry: openBroken, anchorFile: '', out: err, err, stdin: Readable.from(['']) }
  expect(await runBcc(['device', 'list'], parts)).toBe(1)
  expect(written.join('')).toMatch(/^bcc: ENOENT.*\n$/)
})

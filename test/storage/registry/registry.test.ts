import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openRegistry } from '../../../storage/registry/registry.ts'
import { openTestRegistry } from '../../api/city-under-test.ts'
import { expectRandomBytes, sixtyFour } from '../../support/system/random-bytes.ts'
import { tempDir } from '../../support/system/temp-dir.ts'

const bytes = (key: string) => Buffer.from(key, 'utf8')

describe('devices', () => {
  test('the key is right, and its hash is all that the file holds', async () => {
    const file = join(tempDir(), 'registry.db')
    const registry = await openRegistry({ file, pepper: randomBytes(32) })
    const { device, key } = await registry.devices.create({ id: 'river-1', profile: 'river-gauge' })
    expect(device).toMatchObject({ id: 'river-1', kind: 'sensor', name: 'river-1', simulated: false, disabled: false })
    expect(Buffer.from(key, 'base64url')).toHaveLength(32)
    expect(await registry.credentials.verify('river-1', bytes(key))).toMatchObject({
      deviceId: 'river-1',
      kind: 'sensor',
    })
    expect(await registry.credentials.verify('river-1', bytes(`${key}x`))).toBeUndefined()
    expect(await registry.credentials.verify('river-2', bytes(key))).toBeUndefined()
    await registry.close()
    expect(readFileSync(file).includes(key)).toBe(false)
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  test('a key is 256 random bits, and so is the identity of a screen, of which the file holds none', async () => {
    const file = join(tempDir(), 'registry.db')
    const registry = await openRegistry({ file, pepper: randomBytes(32) })
    const keys = await sixtyFour(
      async (n) => (await registry.devices.create({ id: `r-${n}`, profile: 'river-gauge' })).key,
    )
    const identities = await sixtyFour(async (n) => (await registry.displays.create(`utama-${n}`)).identity)
    await registry.close()
    const kept = readFileSync(file)
    for (const secrets of [keys, identities]) {
      expectRandomBytes(
        secrets.map((one) => Buffer.from(one, 'base64url')),
        32,
      )
      expect(secrets.filter((one) => kept.includes(one) || kept.includes(Buffer.from(one, 'base64url')))).toEqual([])
    }
  })

  test('the key before works for seven days beside a new one, unless another time is set', async () => {
    const at = { ms: Date.parse('2026-11-24T02:00:00Z') }
    const { devices, credentials } = await openTestRegistry({ now: () => at.ms })
    const { key } = await devices.create({ id: 'river-1', profile: 'river-gauge' })
    await devices.newKey('river-1')
    at.ms += 7 * 86_400_000 - 1
    expect(await credentials.verify('river-1', bytes(key))).toBeDefined()
    at.ms += 1
    expect(await credentials.verify('river-1', bytes(key))).toBeUndefined()
  })

  test('a file without its pepper proves no key', async () => {
    const file = join(tempDir(), 'registry.db')
    const first = await openRegistry({ file, pepper: randomBytes(32) })
    const { key } = await first.devices.create({ id: 'river-1', profile: 'river-gauge' })
    await first.close()
    const second = await openRegistry({ file, pepper: randomBytes(32) })
    onTestFinished(() => second.close())
    expect(await second.credentials.verify('river-1', bytes(key))).toBeUndefined()
  })

  test('the parent must exist, must not be beneath the device, and is not removed before its children', async () => {
    const { devices } = await openTestRegistry()
    await expect(devices.create({ id: 'cam-1', profile: 'ip-camera', parentId: 'mast-1' })).rejects.toMatchObject({
      code: 'unknown-parent',
    })
    await devices.create({ id: 'mast-1', profile: 'network-link' })
    await devices.create({ id: 'cam-1', profile: 'ip-camera', parentId: 'mast-1' })
    await expect(devices.patch('mast-1', { parentId: 'cam-1' })).rejects.toMatchObject({ code: 'parent-cycle' })
    await expect(devices.patch('mast-1', { parentId: 'mast-1' })).rejects.toMatchObject({ code: 'parent-cycle' })
    await expect(devices.remove('mast-1')).rejects.toMatchObject({ code: 'device-has-children' })
    await devices.patch('cam-1', { parentId: null })
    await devices.remove('mast-1')
    expect((await devices.list()).map(({ id }) => id)).toEqual(['cam-1'])
  })

  test('the area follows the position, unless it was named', async () => {
    const areaAt = (lat: number) => (lat > 3.6 ? '12.75.02.1001' : '12.75.01.1001')
    const registry = await openRegistry({ file: join(tempDir(), 'registry.db'), pepper: randomBytes(32), areaAt })
    onTestFinished(() => registry.close())
    const { devices } = registry
    const place = { profile: 'river-gauge', lat: 3.59, lon: 98.48 }
    expect((await devices.create({ id: 'r-1', ...place })).device.areaCode).toBe('12.75.01.1001')
    expect((await devices.create({ id: 'r-2', ...place, areaCode: '99' })).device.areaCode).toBe('99')
    expect((await devices.patch('r-1', { lat: 3.7 })).areaCode).toBe('12.75.02.1001')
    expect((await devices.patch('r-1', { lat: null })).areaCode).toBeNull()
    expect((await devices.patch('r-2', { name: 'two' })).areaCode).toBe('99')
  })

  test.each(["a'; drop table device;--", 'a/../b', 'a#', '__proto__', 'A1', 'a', 'a\nb', '-a', 'x'.repeat(64), 'é1'])(
    'refuses the id %j',
    async (id) => {
      const { devices } = await openTestRegistry()
      await expect(devices.create({ id, profile: 'river-gauge' })).rejects.toMatchObject({ code: 'bad-request' })
      expect(await devices.list()).toEqual([])
    },
  )

  test('tells what changed since a number, and what went', async () => {
    const { devices } = await openTestRegistry()
    await devices.create({ id: 'r-1', profile: 'river-gauge' })
    await devices.create({ id: 'r-2', profile: 'river-gauge' })
    const all = await devices.changesSince(0)
    expect(all.changed.map(({ id }) => id)).toEqual(['r-1', 'r-2'])
    await devices.patch('r-2', { name: 'two' })
    await devices.remove('r-1')
    const later = await devices.changesSince(all.counter)
    expect(later).toMatchObject({ changed: [{ id: 'r-2', name: 'two' }], removed: ['r-1'] })
    expect(await devices.changesSince(later.counter)).toMatchObject({ changed: [], removed: [] })
  })
})

test.each([
  "' or '1'='1",
  "x'; delete from device; --",
  '" or 1=1 --',
  "'||(select id from device)||'",
  "r-1' --",
  '%',
])('the text %j is a value wherever it is asked for or kept, never part of a statement', async (text) => {
  const { people, devices, tokens, displays, walls, audit, secondFactorProof } = await openTestRegistry()
  await people.create({ username: 'siti', role: 'admin', password: 'correct horse battery' })
  await devices.create({ id: 'r-1', profile: 'river-gauge', name: text, opd: text })
  await tokens.create({ name: 'counter', role: 'wall' })
  await displays.create('utama-1')
  expect(await people.verify(text, 'correct horse battery')).toBeUndefined()
  expect(await people.exists(text)).toBe(false)
  expect(await secondFactorProof.has(text)).toBe(false)
  expect(await audit.list({ actor: text, limit: 10 })).toEqual([])
  await expect(devices.get(text)).rejects.toMatchObject({ code: 'unknown-device' })
  await expect(devices.remove(text)).rejects.toMatchObject({ code: 'unknown-device' })
  await expect(people.remove(text)).rejects.toMatchObject({ code: 'unknown-user' })
  await expect(people.setRole(text, 'wall')).rejects.toMatchObject({ code: 'unknown-user' })
  await expect(tokens.revoke(text)).rejects.toMatchObject({ code: 'unknown-token' })
  await expect(displays.remove(text)).rejects.toMatchObject({ code: 'unknown-display' })
  await expect(walls.remove(text)).rejects.toMatchObject({ code: 'unknown-wall' })
  expect(await devices.patch('r-1', { areaCode: text })).toMatchObject({ name: text, opd: text, areaCode: text })
  expect([await people.list(), await tokens.list(), await displays.list()].map(({ length }) => length)).toEqual([
    1, 1, 1,
  ])
})

describe('several processes', () => {
  /** Runs these statements against `registry` in a process of its own. */
  function inAnotherProcess(file: string, pepper: Buffer, statements: string) {
    const module = join(import.meta.dirname, '../../../storage/registry/registry.ts')
    const program = `
      import { openRegistry } from ${JSON.stringify(module)}
      const registry = await openRegistry({ file: ${JSON.stringify(file)}, pepper: Buffer.from('${pepper.toString('hex')}', 'hex') })
      ${statements}
      await registry.close()`
    const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    return new Promise<number>((resolve, reject) => {
      let printed = ''
      child.stdout.on('data', (chunk) => {
        printed += chunk
      })
      child.on('exit', (code) => (code === 0 ? resolve(Number(printed)) : reject(new Error(`exit ${code}`))))
    })
  }

  test('a change of a device by another process is noticed at once, a session of it is not', async () => {
    const file = join(tempDir(), 'registry.db')
    const pepper = randomBytes(32)
    const registry = await openRegistry({ file, pepper })
    onTestFinished(() => registry.close())
    await registry.people.create({ username: 'siti', role: 'admin', password: 'correct horse battery' })
    const noticed: number[] = []
    onTestFinished(registry.watch(() => noticed.push(Date.now())))
    await expect.poll(() => noticed).toHaveLength(1)
    const wroteAt = await inAnotherProcess(
      file,
      pepper,
      `await registry.devices.create({ id: 'r-1', profile: 'river-gauge' })
       process.stdout.write(String(Date.now()))`,
    )
    await expect.poll(() => noticed).toHaveLength(2)
    expect((noticed[1] ?? 0) - wroteAt).toBeLessThan(1000)
    await inAnotherProcess(file, pepper, `await registry.sessions.open('siti')`)
    await registry.devices.patch('r-1', { name: 'later' })
    await expect.poll(() => noticed).toHaveLength(3)
  })

  test('both may write at once, and nothing is lost', async () => {
    const file = join(tempDir(), 'registry.db')
    const pepper = randomBytes(32)
    const registry = await openRegistry({ file, pepper })
    onTestFinished(() => registry.close())
    const create = (name: string) =>
      `for (let n = 0; n < 100; n++) await registry.devices.create({ id: '${name}-' + n, profile: 'river-gauge' })`
    await Promise.all([inAnotherProcess(file, pepper, create('one')), inAnotherProcess(file, pepper, create('two'))])
    const { counter, changed } = await registry.devices.changesSince(0)
    expect(changed).toHaveLength(200)
    expect(counter).toBe(200)
  })
})

test('a file of a newer release is refused and left as it is', async () => {
  const file = join(tempDir(), 'registry.db')
  await (await openRegistry({ file, pepper: randomBytes(32) })).close()
  const raw = new DatabaseSync(file)
  raw.exec('update schema_version set version = 99')
  raw.close()
  await expect(openRegistry({ file, pepper: randomBytes(32) })).rejects.toThrow(/newer release/)
})

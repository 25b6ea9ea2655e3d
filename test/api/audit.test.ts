import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openRegistry } from '../../api/registry/registry.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { openTestRegistry, password } from './city-under-test.ts'

const run = promisify(execFile)
const everything = { limit: 1000 }

describe('the audit', () => {
  test('notes every change with who made it, and what it was', async () => {
    const registry = await openTestRegistry()
    const { devices, people } = registry.as('user:siti')
    await people.create({ username: 'budi', role: 'operator', password })
    await people.setRole('budi', 'supervisor')
    await people.setPassword('budi', `${password} 2`)
    await people.remove('budi')
    await devices.create({ id: 'r-1', profile: 'river-gauge' })
    await devices.patch('r-1', { name: 'Bingai' })
    await devices.newKey('r-1')
    await devices.revoke('r-1')
    await devices.remove('r-1')
    const rows = (await registry.audit.list(everything)).toReversed()
    expect(rows.map(({ seq, action, target }) => `${seq} ${action} ${target}`)).toEqual([
      '1 user.created budi',
      '2 user.role-changed budi',
      '3 user.password-changed budi',
      '4 user.removed budi',
      '5 device.created r-1',
      '6 device.changed r-1',
      '7 device.key-created r-1',
      '8 device.revoked r-1',
      '9 device.removed r-1',
    ])
    expect(new Set(rows.map(({ actor }) => actor))).toEqual(new Set(['user:siti']))
    expect(rows[1]?.detail).toBe('{"from":"operator","to":"supervisor"}')
    expect(rows[5]?.detail).toBe('{"name":"Bingai"}')
  })

  test('has no record of a change that was refused', async () => {
    const registry = await openTestRegistry()
    await registry.people.create({ username: 'a', role: 'admin', password })
    await expect(registry.people.setRole('a', 'wall')).rejects.toMatchObject({ code: 'last-admin' })
    await expect(registry.devices.remove('nobody')).rejects.toMatchObject({ code: 'unknown-device' })
    await expect(registry.devices.patch('nobody', { name: 'x' })).rejects.toMatchObject({ code: 'unknown-device' })
    expect(await registry.audit.list(everything)).toHaveLength(1)
  })

  test('holds no password, no key and no session id', async () => {
    const registry = await openTestRegistry()
    await registry.people.create({ username: 'a', role: 'admin', password })
    const { key } = await registry.devices.create({ id: 'r-1', profile: 'river-gauge' })
    const { id } = await registry.sessions.open('a', { by: 'password', address: '127.0.0.1' })
    const text = JSON.stringify(await registry.audit.list(everything))
    for (const secret of [password, key, id]) expect(text).not.toContain(secret)
  })

  test('is one chain, whichever process writes', async () => {
    const file = join(tempDir(), 'registry.db')
    const script = join(import.meta.dirname, '../helpers/registry-writer.ts')
    await Promise.all(['a1', 'b2', 'c3'].map((name) => run(process.execPath, [script, file, name, '20'])))
    const registry = await openRegistry({ file, pepper: Buffer.alloc(32) })
    onTestFinished(() => registry.close())
    const rows = (await registry.audit.list(everything)).toReversed()
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 60 }, (_none, n) => n + 1))
    for (const [index, row] of rows.entries()) {
      if (index > 0) expect(row.previous).toEqual(rows[index - 1]?.hash)
    }
  })

  test('cannot be changed or cut through the database, and its key is nobody else’s to read', async () => {
    const dir = tempDir()
    const registry = await openRegistry({ file: join(dir, 'registry.db'), pepper: randomBytes(32) })
    await registry.people.create({ username: 'a', role: 'admin', password })
    await registry.close()
    const raw = new DatabaseSync(join(dir, 'registry.db'))
    expect(() => raw.exec("update audit set actor = 'user:b'")).toThrow(/only appended to/)
    expect(() => raw.exec('delete from audit')).toThrow(/only appended to/)
    raw.close()
    expect(statSync(join(dir, 'audit-key')).mode & 0o777).toBe(0o600)
    expect(statSync(join(dir, 'audit-key.pub')).isFile()).toBe(true)
  })
})

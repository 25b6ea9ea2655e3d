import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import { auditActions } from '../../../contract/http/audit-actions.ts'
import { readAnchors } from '../../../storage/registry/audit/anchor-file.ts'
import { createCoalescingAudit } from '../../../storage/registry/audit/coalesce.ts'
import { startAuditKeeper } from '../../../storage/registry/audit/keeper.ts'
import { openRegistry, type Registry } from '../../../storage/registry/registry.ts'
import { seven } from '../../support/city/example-walls.ts'
import { tempDir } from '../../support/system/temp-dir.ts'
import { openTestRegistry, password, startCity } from '../city-under-test.ts'

const run = promisify(execFile)
const everything = { limit: 1000 }

/** No change of the registry: what the server sees and what people read. Tested over HTTP, with the clock and with the keeper. */
const seenElsewhere = /^(system|clock|data|anchor|session|access|quarantine|readings?)\./

describe('the audit', () => {
  test('notes every change with who made it, and what it was', async () => {
    const startMs = Date.parse('2026-11-24T02:00:00.123Z')
    const registry = await openTestRegistry({ now: () => startMs })
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
    expect(new Set(rows.map(({ at_ms: atMs }) => atMs))).toEqual(new Set([startMs]))
    expect(rows[1]?.detail).toBe('{"from":"operator","to":"supervisor"}')
    expect(rows[5]?.detail).toBe('{"name":"Bingai"}')
  })

  test('has a record for each kind of change that there is', async () => {
    const clock = { ms: Date.parse('2026-11-24T02:00:00Z') }
    const registry = await openTestRegistry({ now: () => clock.ms })
    const { people, devices, displays, walls, tokens, secondFactors, maintenance } = registry.as('user:siti')
    await people.create({ username: 'budi', role: 'operator', password })
    await people.setRole('budi', 'supervisor')
    await people.setPassword('budi', `${password} 2`)
    await secondFactors.enrol('budi')
    await secondFactors.remove('budi')
    await people.remove('budi')
    await tokens.create({ name: 'counter', role: 'wall' })
    await tokens.revoke('counter')
    await displays.create('utama-1')
    await displays.remove('utama-1')
    await walls.put('tujuh', seven.settings)
    await walls.remove('tujuh')
    await devices.create({ id: 'r-1', profile: 'river-gauge' })
    await devices.patch('r-1', { name: 'Bingai' })
    const inHours = (hours: number) => new Date(clock.ms + hours * 3_600_000).toISOString()
    const work = { deviceIds: ['r-1'], reason: 'kalibrasi' }
    const running = await maintenance.create({ ...work, until: inHours(2) })
    await maintenance.patch(running.id, { until: inHours(3) })
    await maintenance.end(running.id)
    const coming = await maintenance.create({ ...work, from: inHours(5), until: inHours(6) })
    await maintenance.end(coming.id)
    await everyCommand(registry, clock)
    await devices.newKey('r-1')
    clock.ms += 8 * 86_400_000
    await devices.endOverlaps()
    await devices.revoke('r-1')
    await devices.remove('r-1')
    const noted = (await registry.audit.list(everything)).map(({ action }) => action)
    expect(new Set(noted)).toEqual(new Set(auditActions.filter((action) => !seenElsewhere.test(action))))
  })

  /** Commands of a device that is registered, with all that can become of one. */
  async function everyCommand(registry: Registry, clock: { ms: number }): Promise<void> {
    const { commands } = registry.as('user:siti')
    const device = registry.as('device:r-1').commands
    const make = (dangerous: boolean) =>
      commands.create({ deviceId: 'r-1', name: 'report', args: { n: 1 }, expiresS: 60, dangerous })
    for (const decision of ['approved', 'rejected'] as const)
      await registry.as('user:budi').commands.decide((await make(true)).id, decision)
    await commands.cancel((await make(false)).id)
    for (const ok of [true, false]) {
      const { id } = await make(false)
      await commands.offer(id)
      await commands.sent(id, { acknowledged: true })
      await device.answer(id, { ok, error: null, atMs: clock.ms })
    }
    const { id } = await make(false)
    clock.ms += 61_000
    await commands.expire(id)
  }

  test('has no record of a change that was refused', async () => {
    const registry = await openTestRegistry()
    await registry.people.create({ username: 'a', role: 'admin', password })
    await expect(registry.people.setRole('a', 'wall')).rejects.toMatchObject({ code: 'last-admin' })
    await expect(registry.devices.remove('nobody')).rejects.toMatchObject({ code: 'unknown-device' })
    await expect(registry.devices.patch('nobody', { name: 'x' })).rejects.toMatchObject({ code: 'unknown-device' })
    await expect(registry.commands.cancel('0123456789abcdef')).rejects.toMatchObject({ code: 'unknown-command' })
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
    const script = join(import.meta.dirname, '../../support/storage/registry-writer.ts')
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

describe('over HTTP', () => {
  const login = (username: string, word: string) => ({ method: 'POST', body: { username, password: word } })
  const actions = async ({ audit }: Registry) =>
    (await audit.list(everything)).map(({ actor, action, target }) => `${actor} ${action} ${target}`)

  test('tells logins, refusals and what was done by whom', async () => {
    const { call, registry, outside } = await startCity()
    expect((await call('/api/v1/session', login('the-admin', 'x'))).status).toBe(401)
    expect((await call('/api/v1/session', login('my-own-password', 'x'))).status).toBe(401)
    const { headers } = await call('/api/v1/session', login('The-Admin', password))
    const cookie = headers.getSetCookie()[0]?.split(';')[0] ?? ''
    await call('/api/v1/devices', { method: 'POST', body: { id: 'r-1', profile: 'river-gauge' }, headers: { cookie } })
    outside.quarantined.push(quarantineRow)
    await call('/api/v1/quarantine', { headers: { cookie } })
    await call('/api/v1/quarantine/1/retry', { method: 'POST', headers: { cookie } })
    await call('/api/v1/devices/r-1/readings', { headers: { cookie, accept: 'text/csv' } })
    await call('/api/v1/session', { method: 'DELETE', headers: { cookie } })
    expect((await actions(registry)).slice(0, 8).toReversed()).toEqual([
      'system:api session.refused the-admin',
      'system:api session.refused null',
      'user:the-admin session.opened null',
      'user:the-admin device.created r-1',
      'user:the-admin quarantine.read 1-1',
      'user:the-admin quarantine.retried 1',
      'user:the-admin readings.exported r-1',
      'user:the-admin session.closed null',
    ])
  })

  test('tells who asked for what the role may not', async () => {
    const { call, registry } = await startCity()
    for (let n = 0; n < 3; n++) await call('/api/v1/devices', { as: 'operator', method: 'POST', body: {} })
    expect((await actions(registry)).filter((one) => one.includes('refused'))).toEqual([
      'user:the-operator access.refused post /api/v1/devices',
    ])
  })

  test('gives pages to auditors, narrowed by time, actor and action', async () => {
    const { call, registry } = await startCity()
    for (let n = 0; n < 5; n++) await registry.audit.append('cli:root', { action: 'session.closed', target: `${n}` })
    const as = 'auditor'
    const first = await call('/api/v1/audit?actor=cli&limit=3', { as })
    expect(first.json).toMatchObject({ items: [{ target: '4' }, { target: '3' }, { target: '2' }] })
    const { nextCursor } = first.json as { nextCursor: string }
    const second = await call(`/api/v1/audit?actor=cli&limit=3&cursor=${nextCursor}`, { as })
    expect(second.json).toMatchObject({ items: [{ target: '1' }, { target: '0' }], nextCursor: null })
    expect((await call('/api/v1/audit?actor=cli:nobody', { as })).json).toMatchObject({ items: [] })
    expect((await call('/api/v1/audit?to=2020-01-01T00:00:00Z', { as })).json).toMatchObject({ items: [] })
    expect((await call('/api/v1/audit?from=2020-01-01T00:00:00Z&action=user.created', { as })).json).toMatchObject({
      items: { length: 6 },
      head: { hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
    })
    expect((await call('/api/v1/audit', { as, method: 'DELETE' })).status).toBe(405)
  })

  test('many refusals share a record, and none is left out', async () => {
    const clock = { ms: 0 }
    const { audit } = await openTestRegistry()
    const often = createCoalescingAudit({ audit, log: pino({ level: 'silent' }), now: () => clock.ms })
    for (let n = 0; n < 5000; n++) {
      await often.note('system:api', { action: 'session.refused', detail: { address: `10.0.0.${n % 250}` } })
    }
    await often.close()
    const rows = await audit.list(everything)
    const told = rows.map(({ detail }) => Number(Object(JSON.parse(detail)).more ?? 1))
    expect(told.reduce((sum, n) => sum + n, 0)).toBe(5000)
    expect(rows.length).toBeLessThanOrEqual(201)
  })

  test('is anchored within seconds of a change', async () => {
    const dir = tempDir()
    const registry = await openRegistry({ file: join(dir, 'registry.db'), pepper: randomBytes(32) })
    onTestFinished(() => registry.close())
    await startApiOn(registry, join(dir, 'anchors'))
    await registry.devices.create({ id: 'r-1', profile: 'river-gauge' })
    const anchored = () => readAnchors(join(dir, 'anchors'), registry.auditSigner).anchors.at(-1)?.count
    await expect.poll(anchored, { timeout: 10_000 }).toBe(1)
  })

  test('is anchored at the start and at the end, and a log that was cut meanwhile is told', async () => {
    const dir = tempDir()
    const file = join(dir, 'registry.db')
    const registry = await openRegistry({ file, pepper: randomBytes(32) })
    onTestFinished(() => registry.close())
    const anchorFile = join(dir, 'anchors')
    const first = await startCity({ registry, anchorFile })
    await first.api.close()
    const { anchors } = readAnchors(anchorFile, registry.auditSigner)
    expect(anchors.at(-1)?.count).toBe((await registry.audit.head())?.count)
    const raw = new DatabaseSync(file)
    raw.exec('drop trigger audit_no_delete; delete from audit where seq > 3')
    raw.close()
    const again = await startApiOn(registry, anchorFile)
    expect(again.logged.join('')).toContain('does not agree with its anchor')
    expect(await actions(registry)).toContain('system:api anchor.broken null')
  })
})

const quarantineRow = {
  ...{ id: 1, atMs: 0, topic: 't', deviceId: null, reason: 'not-json' as const, detail: '', readings: 1 },
  ...{ payload: Buffer.from('x'), retriedAtMs: null },
}

async function startApiOn(registry: Registry, anchorFile: string) {
  const logged: string[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(line) })
  const parts = { audit: registry.audit, signer: registry.auditSigner, anchorFile, log, now: Date.now }
  const keeper = await startAuditKeeper({ ...parts, lostReadings: async () => undefined })
  onTestFinished(() => keeper.close())
  return { logged }
}

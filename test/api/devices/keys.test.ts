import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { keepSignIns } from '../../../api/devices/sign-in-keeper.ts'
import { createSignIns } from '../../../broker/auth/sign-ins.ts'
import { deviceKeySchema, deviceSchema } from '../../../contract/http/devices.ts'
import type { DeviceCredential } from '../../../contract/ports/credentials.ts'
import { openRegistry, type RegistryOptions } from '../../../storage/registry/registry.ts'
import { tempDir } from '../../support/system/temp-dir.ts'
import { startCity } from '../city-under-test.ts'

const bytes = (key: string) => Buffer.from(key, 'utf8')
const dayMs = 86_400_000
const startMs = Date.UTC(2026, 10, 21)

/** A registry whose clock the test moves, with one bus. */
async function oneBus(options: Partial<RegistryOptions> = {}) {
  const clock = { ms: startMs }
  const file = join(tempDir(), 'registry.db')
  const registry = await openRegistry({ file, pepper: randomBytes(32), now: () => clock.ms, ...options })
  onTestFinished(() => registry.close())
  const { devices, credentials } = registry
  const { key } = await devices.create({ id: 'bus-1', profile: 'trans-binjai-bus' })
  const verify = (text: string) => credentials.verify('bus-1', bytes(text))
  const standing = async (credential: DeviceCredential | 'unknown-device' | 'revoked' | undefined) => {
    if (typeof credential !== 'object') throw new Error('was not let in')
    return (await credentials.judge([credential])).get(credential)
  }
  const certificate = (notBeforeMs: number) => credentials.verifyCertificate({ deviceId: 'bus-1', notBeforeMs })
  return { registry, devices, credentials, clock, file, first: key, verify, standing, certificate }
}

describe('a new key', () => {
  test('leaves the old one working for the overlap, and a connection of it alive as long', async () => {
    const { devices, clock, first, verify, standing } = await oneBus()
    const connected = await verify(first)
    const { key: second, device } = await devices.newKey('bus-1')
    expect(device.oldKey).toEqual({ createdAtMs: startMs, usedAtMs: null, untilMs: startMs + 7 * dayMs })
    clock.ms += 7 * dayMs - 1
    expect(await verify(first)).toEqual(connected)
    expect(await verify(second)).toBeDefined()
    expect(await standing(connected)).toBe('good')
    clock.ms += 1
    expect(await verify(first)).toBeUndefined()
    expect(await standing(connected)).toBe('ended')
    expect(await verify(second)).toBeDefined()
  })

  test.each([
    ['without an overlap', { keyOverlapMs: 0 }, {}],
    ['when it is to end at once', {}, { atOnce: true }],
  ])('ends the old one %s', async (_when, settings, options) => {
    const { devices, first, verify, standing } = await oneBus(settings)
    const connected = await verify(first)
    const { key, device } = await devices.newKey('bus-1', options)
    expect(device.oldKey).toBeNull()
    expect(await verify(first)).toBeUndefined()
    expect(await standing(connected)).toBe('ended')
    expect(await verify(key)).toBeDefined()
  })

  test('at once ends one from before that still works too', async () => {
    const { devices, first, verify } = await oneBus()
    const { key: second } = await devices.newKey('bus-1')
    const { key: third } = await devices.newKey('bus-1', { atOnce: true })
    expect(await verify(first)).toBeUndefined()
    expect(await verify(second)).toBeUndefined()
    expect(await verify(third)).toBeDefined()
  })

  test('a third one within the overlap ends the oldest; the second works on', async () => {
    const { devices, clock, first, verify, standing } = await oneBus()
    const connected = await verify(first)
    const { key: second } = await devices.newKey('bus-1')
    clock.ms += dayMs
    const { key: third, device } = await devices.newKey('bus-1')
    expect(device.oldKey).toMatchObject({ createdAtMs: startMs, untilMs: startMs + 8 * dayMs })
    expect(await verify(first)).toBeUndefined()
    expect(await standing(connected)).toBe('ended')
    expect(await verify(second)).toBeDefined()
    expect(await verify(third)).toBeDefined()
  })

  test('is noticed by whoever watches when its overlap ends, and the old hash is gone from the file', async () => {
    const { registry, devices, clock, file } = await oneBus()
    await devices.newKey('bus-1')
    const noticed: number[] = []
    onTestFinished(registry.credentials.watch(() => noticed.push(clock.ms)))
    await expect.poll(() => noticed).toEqual([startMs])
    clock.ms += 7 * dayMs
    await expect.poll(() => noticed, { timeout: 3000 }).toEqual([startMs, clock.ms])
    expect((await devices.get('bus-1')).oldKey).toBeNull()
    const raw = new DatabaseSync(file, { readOnly: true })
    onTestFinished(() => raw.close())
    expect(raw.prepare('select old_key_hash, old_revision from device').get()).toEqual({
      old_key_hash: null,
      old_revision: null,
    })
  })

  test('a patch in between cuts nobody off', async () => {
    const { devices, first, verify, standing } = await oneBus()
    const connected = await verify(first)
    await devices.newKey('bus-1')
    await devices.patch('bus-1', { name: 'Bus 1' })
    expect(await standing(connected)).toBe('good')
  })
})

describe('a revocation', () => {
  test('ends both keys and every certificate issued before it, also after a new key', async () => {
    const { devices, clock, first, verify, standing, certificate } = await oneBus()
    const { key: second } = await devices.newKey('bus-1')
    const byKey = [await verify(first), await verify(second)]
    const byCertificate = await certificate(startMs - 1000)
    expect(await standing(byCertificate)).toBe('good')

    clock.ms += 5000
    const revokedMs = clock.ms
    await devices.revoke('bus-1')
    expect([await verify(first), await verify(second)]).toEqual([undefined, undefined])
    for (const credential of [...byKey, byCertificate]) expect(await standing(credential)).toBe('revoked')
    expect(await certificate(startMs)).toBe('revoked')
    expect(await certificate(revokedMs + 1000)).toBe('revoked')

    clock.ms += 5000
    const { key: third, device } = await devices.newKey('bus-1')
    expect(device).toMatchObject({ revokedAtMs: null, oldKey: null, certificatesFromMs: revokedMs })
    expect(await verify(third)).toBeDefined()
    expect(await verify(second)).toBeUndefined()
    expect(await certificate(revokedMs - 1)).toBe('revoked')
    expect(await certificate(revokedMs)).toMatchObject({ proof: 'certificate' })
    for (const credential of [...byKey, byCertificate]) expect(await standing(credential)).toBe('revoked')
  })

  test('a new key alone ends no certificate', async () => {
    const { devices, standing, certificate } = await oneBus()
    const byCertificate = await certificate(startMs - dayMs)
    await devices.newKey('bus-1', { atOnce: true })
    expect(await standing(byCertificate)).toBe('good')
  })
})

test('a device that takes the id of a removed one inherits neither keys nor certificates', async () => {
  const { devices, clock, first, verify, standing, certificate } = await oneBus()
  const connected = await verify(first)
  const byCertificate = await certificate(startMs - 1000)
  await devices.remove('bus-1')
  expect(await certificate(startMs - 1000)).toBe('unknown-device')
  expect(await standing(connected)).toBe('revoked')
  clock.ms += 1000
  await devices.create({ id: 'bus-1', profile: 'trans-binjai-bus' })
  expect(await standing(connected)).toBe('revoked')
  expect(await standing(byCertificate)).toBe('revoked')
  expect(await verify(first)).toBeUndefined()
  expect(await certificate(startMs - 1000)).toBe('revoked')
  expect(await certificate(clock.ms)).toMatchObject({ deviceId: 'bus-1' })
})

test('one that is registered after its certificate was made may use it', async () => {
  const { certificate } = await oneBus()
  expect(await certificate(startMs - 30 * dayMs)).toMatchObject({ deviceId: 'bus-1' })
})

test('the question who is still good is answered for more devices than one statement may bind', async () => {
  const { credentials, verify, first } = await oneBus()
  const connected = await verify(first)
  if (connected === undefined) throw new Error('not let in')
  const nobodies = Array.from({ length: 40_000 }, (_, n) => ({ ...connected, deviceId: `nobody-${n}` }))
  const standings = await credentials.judge([...nobodies, connected])
  expect(standings.get(connected)).toBe('good')
  expect(new Set(nobodies.map((nobody) => standings.get(nobody)))).toEqual(new Set(['revoked']))
})

test('simulated devices can be kept out', async () => {
  const file = join(tempDir(), 'registry.db')
  const pepper = randomBytes(32)
  const before = await openRegistry({ file, pepper })
  const { key } = await before.devices.create({ id: 'sim-bus-1', profile: 'trans-binjai-bus' })
  expect(await before.credentials.verify('sim-bus-1', bytes(key))).toBeDefined()
  await before.close()
  const { devices, credentials } = await openRegistry({ file, pepper, allowSimulated: false }).then((registry) => {
    onTestFinished(() => registry.close())
    return registry
  })
  expect(await credentials.verify('sim-bus-1', bytes(key))).toBeUndefined()
  expect(await credentials.verifyCertificate({ deviceId: 'sim-bus-1', notBeforeMs: Date.now() })).toBe('unknown-device')
  await expect(devices.create({ id: 'sim-bus-2', profile: 'trans-binjai-bus' })).rejects.toMatchObject({
    code: 'simulated-refused',
  })
})

describe('sign-ins', () => {
  test('are told until they are kept, the newest of each key only, and again after a restart of either side', () => {
    const credential = (deviceId: string, revision: number) =>
      ({ deviceId, kind: 'bus', proof: 'key', revision, since: 0 }) as const
    const signIns = createSignIns()
    signIns.note(credential('bus-1', 1), 10)
    signIns.note(credential('bus-2', 2), 20)
    signIns.note(credential('bus-1', 1), 30)
    const first = signIns.report(undefined)
    expect(first.signIns.map(({ deviceId, atMs }) => [deviceId, atMs])).toEqual([
      ['bus-2', 20],
      ['bus-1', 30],
    ])
    expect(signIns.report(undefined)).toEqual(first)
    expect(signIns.report({ boot: 'of another process', upTo: 99 })).toEqual(first)
    signIns.note(credential('bus-2', 2), 40)
    expect(signIns.report(first).signIns).toMatchObject([{ deviceId: 'bus-2', atMs: 40 }])
  })

  test('show of each key when it was last used, and that a new one is not used yet', async () => {
    const { devices, clock, first, verify } = await oneBus()
    const signIns = createSignIns()
    const note = (credential: DeviceCredential | undefined) => {
      if (credential !== undefined) signIns.note(credential, clock.ms)
    }
    onTestFinished(
      // Nothing is logged here.
      keepSignIns({
        broker: { signIns: async (seen) => signIns.report(seen) },
        devices,
        log: {} as never,
        everyMs: 10,
      }),
    )
    note(await verify(first))
    await expect.poll(async () => (await devices.get('bus-1')).keyUsedAtMs).toBe(startMs)
    const { key: second } = await devices.newKey('bus-1')
    expect(await devices.get('bus-1')).toMatchObject({ keyUsedAtMs: null, oldKey: { usedAtMs: startMs } })
    clock.ms += 1000
    note(await verify(first))
    await expect
      .poll(async () => devices.get('bus-1'))
      .toMatchObject({ keyUsedAtMs: null, oldKey: { usedAtMs: clock.ms } })
    clock.ms += 1000
    note(await verify(second))
    await expect
      .poll(async () => devices.get('bus-1'))
      .toMatchObject({ keyUsedAtMs: clock.ms, oldKey: { usedAtMs: clock.ms - 1000 } })
  })
})

describe('over HTTP', () => {
  const path = '/api/v1/devices/bus-1'

  test('a new key says until when the old one works; with "now" it is gone', async () => {
    const { call, registry } = await startCity()
    const { key: first } = await registry.devices.create({ id: 'bus-1', profile: 'trans-binjai-bus' })
    const answer = deviceKeySchema.parse((await call(`${path}/key`, { as: 'admin', method: 'POST' })).json)
    const untilMs = Date.parse(answer.device.oldKey?.until ?? '')
    expect(untilMs).toBeGreaterThan(Date.now() + 6.9 * dayMs)
    expect(untilMs).toBeLessThanOrEqual(Date.now() + 7 * dayMs)
    expect(await registry.credentials.verify('bus-1', bytes(first))).toBeDefined()
    const ended = await call(`${path}/key`, { as: 'admin', method: 'POST', body: { now: true } })
    expect(deviceKeySchema.parse(ended.json).device.oldKey).toBeNull()
    expect(await registry.credentials.verify('bus-1', bytes(answer.key))).toBeUndefined()
  })

  test.each([[{ now: 'yes' }], [{ later: true }], ['no object']])('the body %j is refused', async (body) => {
    const { call, registry } = await startCity()
    await registry.devices.create({ id: 'bus-1', profile: 'trans-binjai-bus' })
    expect(await call(`${path}/key`, { as: 'admin', method: 'POST', body })).toMatchObject({ status: 400 })
  })

  test('a device shows when its key was last used, at once', async () => {
    const { call, registry } = await startCity()
    const { key } = await registry.devices.create({ id: 'bus-1', profile: 'trans-binjai-bus' })
    await expect.poll(async () => (await call(path, { as: 'wall' })).status).toBe(200)
    expect(deviceSchema.parse((await call(path, { as: 'wall' })).json).keyUsedAt).toBeNull()
    const credential = await registry.credentials.verify('bus-1', bytes(key))
    if (credential === undefined) throw new Error('not let in')
    await registry.devices.noteSignIns([{ ...credential, atMs: startMs }])
    const shown = deviceSchema.parse((await call(path, { as: 'wall' })).json)
    expect(shown.keyUsedAt).toBe(new Date(startMs).toISOString())
  })
})

test('a registry of release 0.1.0 is brought up, and what was revoked stays revoked for certificates', async () => {
  const file = join(tempDir(), 'registry.db')
  const raw = new DatabaseSync(file)
  raw.exec(readFileSync('test/fixtures/registry-0.1.0.sql', 'utf8'))
  raw.close()
  const { devices, credentials } = await openRegistry({ file, pepper: Buffer.alloc(32, 7) }).then((registry) => {
    onTestFinished(() => registry.close())
    return registry
  })
  const madeMs = Date.UTC(2025, 10, 21)
  const key = 'KEY'
  expect(await credentials.verify('bus-1', bytes(key))).toMatchObject({ deviceId: 'bus-1', revision: 1 })
  expect(await credentials.verifyCertificate({ deviceId: 'bus-1', notBeforeMs: madeMs })).toMatchObject({ revision: 0 })
  expect(await devices.get('bus-2')).toMatchObject({ revokedAtMs: madeMs, certificatesFromMs: madeMs, oldKey: null })
  await devices.newKey('bus-2')
  expect(await credentials.verifyCertificate({ deviceId: 'bus-2', notBeforeMs: madeMs - 1 })).toBe('revoked')
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { io } from 'socket.io-client'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openRegistry } from '../../../storage/registry/registry.ts'
import { expectRandomBytes, sixtyFour } from '../../support/system/random-bytes.ts'
import { tempDir } from '../../support/system/temp-dir.ts'
import { openTestRegistry, startCity } from '../city-under-test.ts'

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

describe('a token', () => {
  test('is made by an admin, shown once, works, and is revoked', async () => {
    const { call, registry } = await startCity()
    const made = await call('/api/v1/tokens', { as: 'admin', method: 'POST', body: { name: 'lobby', role: 'wall' } })
    expect(made).toMatchObject({ status: 201, json: { record: { name: 'lobby', role: 'wall', usedAt: null } } })
    const { token } = made.json as { token: string }
    expect(token).toMatch(/^bcc_[\w-]{43}$/)
    expect((await call('/api/v1/state', bearer(token))).status).toBe(200)
    expect((await call('/api/v1/session', bearer(token))).json).toMatchObject({ username: 'lobby', role: 'wall' })
    const list = await call('/api/v1/tokens', { as: 'admin' })
    expect(list.text).not.toContain(token)
    expect(list.json).toMatchObject({ items: [{ name: 'lobby', usedAt: expect.any(String) }] })
    expect((await call('/api/v1/tokens/lobby', { as: 'admin', method: 'DELETE' })).status).toBe(204)
    expect((await call('/api/v1/state', bearer(token))).json).toMatchObject({ type: '/api/docs#problem-wrong-token' })
    const noted = await registry.audit.list({ limit: 4 })
    expect(noted.map(({ actor, action }) => `${actor} ${action}`)).toEqual([
      'system:api session.refused',
      'user:the-admin token.revoked',
      'user:the-admin session.opened',
      'user:the-admin session.opened',
    ])
  })

  test('ends after its days', async () => {
    const clock = { ms: Date.UTC(2026, 10, 21) }
    const registry = await openTestRegistry({ now: () => clock.ms })
    const { token } = await registry.tokens.create({ name: 'scada', role: 'operator', days: 2 })
    expect(await registry.tokenProof.find(token, { touch: false })).toMatchObject({ name: 'scada' })
    clock.ms += 2 * 86_400_000
    expect(await registry.tokenProof.find(token, { touch: false })).toBeUndefined()
  })

  test('is not in the file, and the file without its secret proves none', async () => {
    const file = join(tempDir(), 'registry.db')
    const first = await openRegistry({ file, pepper: Buffer.alloc(32, 1) })
    const { token } = await first.tokens.create({ name: 'lobby', role: 'wall' })
    await first.close()
    expect(readFileSync(file).includes(token.slice(4))).toBe(false)
    const second = await openRegistry({ file, pepper: Buffer.alloc(32, 2) })
    onTestFinished(() => second.close())
    expect(await second.tokenProof.find(token, { touch: false })).toBeUndefined()
  })

  test('is 256 random bits', async () => {
    const { tokens } = await openTestRegistry()
    const made = await sixtyFour((n) => tokens.create({ name: `t-${n}`, role: 'wall' }))
    expectRandomBytes(
      made.map(({ token }) => Buffer.from(token.slice(4), 'base64url')),
      32,
    )
  })

  test.each([{ role: 'admin' }, { role: 'supervisor' }, { name: 'A b' }, { days: 0 }])(
    'is not made with %j',
    async (wrong) => {
      const { call } = await startCity()
      const body = { name: 'lobby', role: 'wall', ...wrong }
      expect((await call('/api/v1/tokens', { as: 'admin', method: 'POST', body })).status).toBe(400)
    },
  )

  test('of a name that is taken is refused', async () => {
    const { tokens } = await openTestRegistry()
    await tokens.create({ name: 'lobby', role: 'wall' })
    await expect(tokens.create({ name: 'lobby', role: 'wall' })).rejects.toMatchObject({ code: 'token-exists' })
    await expect(tokens.revoke('other')).rejects.toMatchObject({ code: 'unknown-token' })
  })
})

/** A connection to the wall and how long it lived after `since`. */
async function connect(url: string, options: Parameters<typeof io>[1]) {
  const socket = io(`${url}/wall`, { transports: ['websocket'], forceNew: true, reconnection: false, ...options })
  onTestFinished(() => void socket.close())
  await new Promise<void>((resolve, reject) => {
    socket.on('connect', () => resolve())
    socket.on('connect_error', reject)
  })
  return socket
}

describe('a live connection is cut within 5 s', () => {
  test('when its token is revoked', async () => {
    const { url, registry } = await startCity()
    const { token } = await registry.tokens.create({ name: 'lobby', role: 'wall' })
    const socket = await connect(url, { auth: { token } })
    await registry.tokens.revoke('lobby')
    await expect.poll(() => socket.connected, { timeout: 5000 }).toBe(false)
    await expect(connect(url, { auth: { token } })).rejects.toThrow('not-signed-in')
  })

  test.each(['token', 'session'] as const)('when its %s ends, though nobody changed anything', async (proof) => {
    const clock = { ms: Date.now() }
    const now = () => clock.ms
    const registry = await openTestRegistry({ now })
    const { url, cookieOf } = await startCity({ registry, now })
    const { token } = await registry.tokens.create({ name: 'lobby', role: 'wall', days: 1 })
    const cookie = await cookieOf('operator')
    const socket = await connect(url, proof === 'token' ? { auth: { token } } : { extraHeaders: { cookie } })
    // One look has seen it as it is before its end.
    await new Promise((resolve) => socket.once('pipeline', resolve))
    clock.ms += 86_400_000
    await expect.poll(() => socket.connected, { timeout: 5000 }).toBe(false)
  })

  test.each([
    ['has another role', 'setRole'],
    ['has another password', 'setPassword'],
    ['is removed', 'remove'],
    ['gets a second factor', 'enrol'],
  ] as const)('when its person %s', async (_what, change) => {
    const { url, registry, cookieOf } = await startCity()
    const cookie = await cookieOf('operator')
    const socket = await connect(url, { extraHeaders: { cookie } })
    if (change === 'setRole') await registry.people.setRole('the-operator', 'opd')
    else if (change === 'setPassword') await registry.people.setPassword('the-operator', 'another long password')
    else if (change === 'remove') await registry.people.remove('the-operator')
    else await registry.secondFactors.enrol('the-operator')
    await expect.poll(() => socket.connected, { timeout: 5000 }).toBe(false)
    await expect(connect(url, { extraHeaders: { cookie } })).rejects.toThrow('not-signed-in')
  })
})

test('nothing proves anybody but a cookie or a bearer token in its header', async () => {
  const { call, registry, cookieOf } = await startCity()
  const { token } = await registry.tokens.create({ name: 'lobby', role: 'operator' })
  const basic = Buffer.from(`lobby:${token}`).toString('base64')
  const session = (await cookieOf('admin')).replace('bcc_session=', '')
  for (const headers of [
    { authorization: `Basic ${basic}` },
    { authorization: `Basic ${Buffer.from('the-admin:correct horse battery').toString('base64')}` },
    { authorization: token },
    { authorization: `Token ${token}` },
    { 'x-api-key': token },
    { 'x-auth-token': token },
    { 'proxy-authorization': `Bearer ${token}` },
    { cookie: `bcc_token=${token}` },
    { cookie: `bcc_session=${token}` },
    { cookie: `bcc_display=${session}` },
    { 'x-forwarded-user': 'the-admin', 'remote-user': 'the-admin' },
  ] as Record<string, string>[])
    expect((await call('/api/v1/state', { headers })).status, JSON.stringify(headers)).toBe(401)
  for (const query of [`token=${token}`, `access_token=${token}`, `key=${token}`, `session=${session}`])
    expect((await call(`/api/v1/session?${query}`)).status).toBe(401)
  expect((await call('/api/v1/state', bearer(token))).status).toBe(200)
})

test('a token that is wrong counts alone, whatever cookie is beside it', async () => {
  const { url, cookieOf } = await startCity()
  const extraHeaders = { cookie: await cookieOf('admin') }
  await expect(connect(url, { extraHeaders, auth: { token: 'x' } })).rejects.toThrow('not-signed-in')
  await expect(connect(url, { extraHeaders, auth: { token: { a: 1 } } })).rejects.toThrow('not-signed-in')
})

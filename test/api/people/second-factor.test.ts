import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Secret, TOTP } from 'otpauth'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openRegistry } from '../../../storage/registry/registry.ts'
import { expectRandomBytes, sixtyFour } from '../../support/system/random-bytes.ts'
import { tempDir } from '../../support/system/temp-dir.ts'
import { openTestRegistry, password, startCity } from '../city-under-test.ts'

const path = '/api/v1/session'
/** As an authenticator works it out from what the QR code holds. */
const codeAt = (secret: string, ms: number) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: ms })

async function cityWithClock(options: { requireSecondFactor?: boolean } = {}) {
  const clock = { ms: Date.now() }
  const now = () => clock.ms
  const city = await startCity({ registry: await openTestRegistry({ now }), now, ...options })
  const login = (username: string, code?: string) =>
    city.call(path, { method: 'POST', body: { username, password, ...(code !== undefined && { code }) } })
  return { ...city, clock, login }
}

describe('a second factor', () => {
  test('is set up on the page, asked for from then on, and each code is good once', async () => {
    const { call, cookieOf, clock, login } = await cityWithClock()
    const headers = { cookie: await cookieOf('supervisor') }
    const wrong = await call(`${path}/totp`, { method: 'POST', headers, body: { password: 'not it' } })
    expect(wrong.status).toBe(401)
    const begun = await call(`${path}/totp`, { method: 'POST', headers, body: { password } })
    const { secret, uri } = begun.json as { secret: string; uri: string }
    expect(uri).toMatch(/^otpauth:\/\/totp\/Binjai%20Command%20Center:the-supervisor\?.*secret=/)
    // Not confirmed yet: a secret that nobody scanned locks nobody out.
    expect((await login('the-supervisor')).status).toBe(200)
    const body = { code: codeAt(secret, clock.ms) }
    const confirmed = await call(`${path}/totp/confirm`, { method: 'POST', headers, body })
    const { recoveryCodes } = confirmed.json as { recoveryCodes: string[] }
    expect(recoveryCodes).toHaveLength(10)

    expect(await login('the-supervisor')).toMatchObject({
      status: 401,
      json: { type: '/api/docs#problem-code-needed' },
    })
    expect(await login('the-supervisor', body.code)).toMatchObject({ json: { type: '/api/docs#problem-wrong-code' } })
    clock.ms += 30_000
    const next = codeAt(secret, clock.ms)
    expect((await login('the-supervisor', next)).status).toBe(200)
    expect((await login('the-supervisor', next)).status).toBe(401)
    clock.ms += 60_000
    expect((await login('the-supervisor', ` ${codeAt(secret, clock.ms - 30_000)}`)).status).toBe(200)

    expect((await login('the-supervisor', recoveryCodes[0]?.toUpperCase())).status).toBe(200)
    expect((await login('the-supervisor', recoveryCodes[0])).status).toBe(401)
  })

  test('does not count before a right code of it was given', async () => {
    const { call, cookieOf, clock, login } = await cityWithClock()
    const headers = { cookie: await cookieOf('supervisor') }
    const confirm = (code: string) => call(`${path}/totp/confirm`, { method: 'POST', headers, body: { code } })
    const refused = { status: 401, json: { type: '/api/docs#problem-wrong-code' } }
    expect(await confirm('123456')).toMatchObject(refused)
    const { json } = await call(`${path}/totp`, { method: 'POST', headers, body: { password } })
    const { secret } = json as { secret: string }
    const right = codeAt(secret, clock.ms)
    const digits = [...right].map((digit) => (Number(digit) + 1) % 10).join('')
    const wrong = [digits, '000000', '', 'abcdef', `${right}0`, right.slice(1), codeAt(secret, clock.ms + 600_000)]
    for (const code of wrong.filter((one) => one !== right)) expect(await confirm(code)).toMatchObject(refused)
    expect((await login('the-supervisor')).status).toBe(200)
    expect((await confirm(right)).status).toBe(200)
    expect(await login('the-supervisor')).toMatchObject({ json: { type: '/api/docs#problem-code-needed' } })
  })

  test('is not asked for before the password is right', async () => {
    const { call, registry } = await cityWithClock()
    await registry.secondFactors.enrol('the-admin')
    const answer = await call(path, { method: 'POST', body: { username: 'the-admin', password: 'not it' } })
    expect(answer.json).toMatchObject({ type: '/api/docs#problem-wrong-login' })
  })

  test.each([
    [-60_000, 401],
    [-30_000, 200],
    [0, 200],
    [30_000, 200],
    [60_000, 401],
  ])('takes the code of its own 30 s and of one step beside it: %i ms away is answered with %i', async (ms, status) => {
    const { registry, clock, login } = await cityWithClock()
    clock.ms = Math.floor(clock.ms / 30_000) * 30_000 + 15_000
    const { secret } = await registry.secondFactors.enrol('the-admin')
    expect((await login('the-admin', codeAt(secret, clock.ms + ms))).status).toBe(status)
  })

  test('cannot be guessed: codes count as attempts', async () => {
    const { registry, login } = await cityWithClock()
    await registry.secondFactors.enrol('the-admin')
    const statuses = []
    for (let n = 0; n < 7; n++) statuses.push((await login('the-admin', `00000${n}`)).status)
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429])
  })

  test('cannot be exchanged with an open session alone', async () => {
    const { call, registry, clock, cookieOf } = await cityWithClock()
    const { secret } = await registry.secondFactors.enrol('the-admin')
    const headers = { cookie: await cookieOf('admin') }
    const begin = (body: object) => call(`${path}/totp`, { method: 'POST', headers, body })
    expect(await begin({ password })).toMatchObject({ json: { type: '/api/docs#problem-code-needed' } })
    expect((await begin({ password, code: codeAt(secret, clock.ms) })).status).toBe(200)
  })

  test('is asked for before the password is exchanged', async () => {
    const { call, registry, clock, cookieOf, login } = await cityWithClock()
    const { secret } = await registry.secondFactors.enrol('the-admin')
    const headers = { cookie: await cookieOf('admin') }
    const newPassword = 'kopi-tubruk-pagi'
    const exchange = (body: object) => call(`${path}/password`, { method: 'POST', headers, body })
    expect(await exchange({ password, newPassword })).toMatchObject({ json: { type: '/api/docs#problem-code-needed' } })
    const wrong = { password, newPassword, code: codeAt(secret, clock.ms + 600_000) }
    expect(await exchange(wrong)).toMatchObject({ json: { type: '/api/docs#problem-wrong-code' } })
    expect((await login('the-admin', codeAt(secret, clock.ms))).status).toBe(200)
    clock.ms += 30_000
    expect((await exchange({ password, newPassword, code: codeAt(secret, clock.ms) })).status).toBe(204)
    expect(await registry.people.verify('the-admin', newPassword)).toBeDefined()
  })

  test('is demanded of admins and supervisors where the setting says so', async () => {
    const { useLink, registry, clock, login } = await cityWithClock({ requireSecondFactor: true })
    const link = await registry.loginLinks.create('the-admin')
    expect((await useLink(link)).headers.get('location')).toBe('/masuk?link=invalid')
    expect(await login('the-admin')).toMatchObject({
      status: 403,
      json: { detail: expect.stringContaining('bcc user totp') },
    })
    expect((await login('the-supervisor')).status).toBe(403)
    expect((await login('the-operator')).status).toBe(200)
    const { secret } = await registry.secondFactors.enrol('the-admin')
    expect((await login('the-admin', codeAt(secret, clock.ms))).status).toBe(200)
  })

  test('makes a one-time link useless, and is taken away at the command line', async () => {
    const { useLink, registry, login } = await cityWithClock()
    const code = await registry.loginLinks.create('the-admin')
    await registry.secondFactors.enrol('the-admin')
    expect((await useLink(code)).headers.get('location')).toBe('/masuk?link=invalid')
    await registry.secondFactors.remove('the-admin')
    expect((await login('the-admin')).status).toBe(200)
    const noted = (await registry.audit.list({ limit: 3 })).map(({ action, target }) => `${action} ${target}`)
    expect(noted).toEqual(['session.opened null', 'totp.removed the-admin', 'totp.enrolled the-admin'])
  })

  test('that somebody wrote into the file is none: changed anywhere, or taken from another person', async () => {
    const file = join(tempDir(), 'registry.db')
    const registry = await openRegistry({ file, pepper: Buffer.alloc(32, 1) })
    onTestFinished(() => registry.close())
    for (const username of ['siti', 'budi']) await registry.people.create({ username, role: 'admin', password })
    const { secret } = await registry.secondFactors.enrol('siti')
    const own = await registry.secondFactors.enrol('budi')
    const raw = new DatabaseSync(file)
    onTestFinished(() => raw.close())
    const put = (sealed: Uint8Array) =>
      raw.prepare("update second_factor set secret = ?, last_step = 0 where username = 'siti'").run(sealed)
    const sealedOf = (username: string) =>
      Uint8Array.from(Object(raw.prepare('select secret from second_factor where username = ?').get(username)).secret)
    const sealed = sealedOf('siti')
    const accept = (of: string) => registry.secondFactorProof.accept('siti', codeAt(of, Date.now()))
    for (let at = 0; at < sealed.length; at++) {
      put(sealed.map((byte, index) => (index === at ? byte ^ 1 : byte)))
      await expect(accept(secret), `byte ${at}`).rejects.toThrow()
    }
    put(sealedOf('budi'))
    await expect(accept(own.secret)).rejects.toThrow()
    put(sealed)
    expect(await accept(secret)).toBe(true)
  })

  test('has a secret of 160 random bits, each sealed with a nonce of its own', async () => {
    const file = join(tempDir(), 'registry.db')
    const registry = await openRegistry({ file, pepper: Buffer.alloc(32, 1) })
    onTestFinished(() => registry.close())
    await registry.people.create({ username: 'siti', role: 'admin', password })
    const raw = new DatabaseSync(file)
    onTestFinished(() => raw.close())
    const made = await sixtyFour(async () => {
      const { secret } = await registry.secondFactors.enrol('siti')
      const sealed: Uint8Array = Object(raw.prepare('select secret from second_factor').get()).secret
      return { secret: Uint8Array.from(Secret.fromBase32(secret).bytes), nonce: sealed.subarray(0, 12) }
    })
    expectRandomBytes(
      made.map(({ secret }) => secret),
      20,
    )
    expectRandomBytes(
      made.map(({ nonce }) => nonce),
      12,
    )
  })

  test('is not in the file', async () => {
    const file = join(tempDir(), 'registry.db')
    const registry = await openRegistry({ file, pepper: Buffer.alloc(32, 1) })
    await registry.people.create({ username: 'siti', role: 'admin', password })
    const { secret, recoveryCodes } = await registry.secondFactors.enrol('siti')
    await registry.close()
    const bytes = readFileSync(file)
    expect(bytes.includes(Buffer.from(Secret.fromBase32(secret).buffer))).toBe(false)
    for (const code of [secret, ...recoveryCodes]) expect(bytes.includes(code)).toBe(false)
  })
})

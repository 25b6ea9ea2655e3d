import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createPasswords } from '../../api/registry/passwords.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { openTestRegistry, password } from './city-under-test.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

async function withClock(role: 'operator' | 'wall') {
  const clock = { ms: Date.UTC(2026, 10, 21) }
  const registry = await openTestRegistry({ now: () => clock.ms })
  await registry.people.create({ username: 'siti', role, password })
  return { clock, ...registry }
}

describe('passwords', () => {
  test('are argon2id with 19 MiB and two passes, and are right in any form of the same letters', async () => {
    const passwords = createPasswords()
    const hash = await passwords.hash('kopi-tubruk-é-pagi')
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(await passwords.matches('kopi-tubruk-é-pagi'.normalize('NFD'), hash)).toBe(true)
    expect(await passwords.matches('kopi-tubruk-e-pagi', hash)).toBe(false)
  })

  test('at most two are hashed at once, and a flood is turned away instead of queued', async () => {
    const passwords = createPasswords()
    const results = await Promise.allSettled(Array.from({ length: 100 }, () => passwords.hash(password)))
    const refused = results.filter(({ status }) => status === 'rejected')
    expect(refused).toHaveLength(100 - 2 - 32)
    expect(await passwords.matches(password, await passwords.hash(password))).toBe(true)
  })

  test.each([
    'Password1234',
    'p4ssw0rd2026',
    'qwertyuiop12',
    'qwertyuiopqwertyuiop',
    '123456789012',
    'aaaaaaaaaaaaaa',
    'abababababab',
    'Administrator!',
    '1qaz2wsx3edc',
    'FinalFantasy',
    '!!Sunshine2024',
    'dragon1234567',
    'binjai2026!!',
    'KataSandi1234',
    'siti12345678',
  ])('%s is refused: it is among the first that are tried', async (common) => {
    const { people } = await openTestRegistry()
    const person = { username: 'siti', role: 'operator', password: common } as const
    await expect(people.create(person)).rejects.toMatchObject({ code: 'weak-password' })
    await people.create({ ...person, password })
    await expect(people.setPassword('siti', common)).rejects.toMatchObject({ code: 'weak-password' })
  })

  test.each(['correct horse battery', 'kopi-tubruk-pagi', 'admin-password-for-tests', 'x7!kQ2#mZ9pL'])(
    '%s is taken',
    async (good) => {
      const { people } = await openTestRegistry()
      await people.create({ username: 'siti', role: 'operator', password: good })
      expect(await people.verify('siti', good)).toBeDefined()
    },
  )

  test('an unknown user costs as much as a wrong password', async () => {
    const { people } = await openTestRegistry()
    await people.create({ username: 'siti', role: 'operator', password })
    const took = async (name: string) => {
      const started = performance.now()
      expect(await people.verify(name, 'wrong')).toBeUndefined()
      return performance.now() - started
    }
    await took('nobody')
    const known: number[] = []
    const unknown: number[] = []
    for (let n = 0; n < 15; n++) {
      known.push(await took('siti'))
      unknown.push(await took('nobody'))
    }
    // The quickest of each: whatever else the machine does only adds.
    const [quickKnown, quickUnknown] = [Math.min(...known), Math.min(...unknown)]
    expect(Math.max(quickKnown, quickUnknown) / Math.min(quickKnown, quickUnknown)).toBeLessThan(1.5)
  })
})

describe('people', () => {
  test('are refused a short password, a strange name and a name that is taken', async () => {
    const { people } = await openTestRegistry()
    const person = { username: 'siti', role: 'operator', password } as const
    await people.create(person)
    await expect(people.create(person)).rejects.toMatchObject({ code: 'user-exists' })
    await expect(people.create({ ...person, password: 'short' })).rejects.toMatchObject({ code: 'weak-password' })
    await expect(people.create({ ...person, username: 'si ti' })).rejects.toMatchObject({ code: 'bad-username' })
    expect(await people.verify('SITI', password)).toMatchObject({ username: 'siti', role: 'operator' })
  })

  test('the last admin stays', async () => {
    const { people } = await openTestRegistry()
    await people.create({ username: 'a', role: 'admin', password })
    await people.create({ username: 'b', role: 'admin', password })
    await people.remove('a')
    await expect(people.remove('b')).rejects.toMatchObject({ code: 'last-admin' })
  })

  test('the first admin gets a random password in a file of mode 0600, once', async () => {
    const { people } = await openTestRegistry()
    const passwordFile = join(tempDir(), 'admin-password')
    const made = await people.ensureAdmin({ passwordFile })
    expect(made).toMatchObject({ username: 'admin', random: true })
    expect(made?.password.length).toBeGreaterThanOrEqual(16)
    expect(readFileSync(passwordFile, 'utf8').trim()).toBe(made?.password)
    expect(statSync(passwordFile).mode & 0o777).toBe(0o600)
    expect(await people.verify('admin', made?.password ?? '')).toMatchObject({ role: 'admin' })
    expect(await people.ensureAdmin({ passwordFile })).toBeUndefined()
  })

  test('the first admin takes the password of the settings', async () => {
    const { people } = await openTestRegistry()
    const passwordFile = join(tempDir(), 'admin-password')
    expect(await people.ensureAdmin({ passwordFile, password })).toMatchObject({ random: false })
    expect(await people.verify('admin', password)).toBeDefined()
    expect(() => statSync(passwordFile)).toThrow()
  })
})

describe('sessions', () => {
  test('end after 30 minutes without a touch', async () => {
    const { clock, sessions } = await withClock('operator')
    const { id } = await sessions.open('siti')
    clock.ms += 29 * minuteMs
    expect(await sessions.find(id, { touch: false })).toBeDefined()
    expect(await sessions.find(id, { touch: true })).toBeDefined()
    clock.ms += 29 * minuteMs
    expect(await sessions.find(id, { touch: false })).toBeDefined()
    clock.ms += 2 * minuteMs
    expect(await sessions.find(id, { touch: true })).toBeUndefined()
  })

  test('end after 12 hours, however busy', async () => {
    const { clock, sessions } = await withClock('operator')
    const { id, session } = await sessions.open('siti')
    expect(session.expiresAtMs).toBe(clock.ms + 30 * minuteMs)
    for (let passed = 0; passed < 12 * hourMs; passed += 20 * minuteMs) {
      expect(await sessions.find(id, { touch: true })).toBeDefined()
      clock.ms += 20 * minuteMs
    }
    expect(await sessions.find(id, { touch: true })).toBeUndefined()
  })

  test('a wall has no idle end', async () => {
    const { clock, sessions } = await withClock('wall')
    const { id } = await sessions.open('siti')
    clock.ms += 20 * 24 * hourMs
    expect(await sessions.find(id, { touch: false })).toMatchObject({ role: 'wall' })
    clock.ms += 11 * 24 * hourMs
    expect(await sessions.find(id, { touch: false })).toBeUndefined()
  })

  test('all end with a new password, a removal, or one by one', async () => {
    const { sessions, people } = await withClock('operator')
    const [one, two] = [await sessions.open('siti'), await sessions.open('siti')]
    expect(one.id).not.toBe(two.id)
    await sessions.close(one.id)
    expect(await sessions.find(one.id, { touch: false })).toBeUndefined()
    expect(await sessions.find(two.id, { touch: false })).toBeDefined()
    await people.setPassword('siti', 'another long password')
    expect(await sessions.find(two.id, { touch: false })).toBeUndefined()
    const three = await sessions.open('siti')
    await people.remove('siti')
    expect(await sessions.find(three.id, { touch: false })).toBeUndefined()
  })
})

test('a login link works once and for 24 hours', async () => {
  const { clock, loginLinks } = await withClock('wall')
  const code = await loginLinks.create('siti')
  expect(await loginLinks.redeem(code)).toBe('siti')
  expect(await loginLinks.redeem(code)).toBeUndefined()
  const late = await loginLinks.create('siti')
  clock.ms += 24 * hourMs + 1
  expect(await loginLinks.redeem(late)).toBeUndefined()
  expect(await loginLinks.redeem('made-up')).toBeUndefined()
})

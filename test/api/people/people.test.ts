import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { cityWordsOf, isCommonPassword } from '../../../storage/registry/people/common-passwords.ts'
import { createPasswords, randomPassword } from '../../../storage/registry/people/passwords.ts'
import { openRegistry } from '../../../storage/registry/registry.ts'
import { expectRandomBytes, sixtyFour } from '../../support/system/random-bytes.ts'
import { tempDir } from '../../support/system/temp-dir.ts'
import { openTestRegistry, password } from '../city-under-test.ts'

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

  test.each([
    ['a blank behind it', 'Kopi tubruk pagi ', 'Kopi tubruk pagi'],
    ['a blank before it', ' Kopi tubruk pagi', 'Kopi tubruk pagi'],
    ['a tab for a blank', 'Kopi\ttubruk pagi', 'Kopi tubruk pagi'],
    ['two blanks for one', 'Kopi  tubruk pagi', 'Kopi tubruk pagi'],
    ['another case', 'kopi tubruk pagi', 'Kopi tubruk pagi'],
    ['another last of 256', `${'kopi'.repeat(63)}pagA`, `${'kopi'.repeat(63)}pagi`],
    ['one less', `${'kopi'.repeat(63)}pag`, `${'kopi'.repeat(63)}pagi`],
    ['another sign that only looks the same', 'Kopi tubruk p\u0430gi', 'Kopi tubruk pagi'],
    ['something behind a zero', 'Kopi tubruk pagi\0b', 'Kopi tubruk pagi\0a'],
  ])('count as typed: %s is another one', async (_what, typed, right) => {
    const passwords = createPasswords()
    const hash = await passwords.hash(right)
    expect(await passwords.matches(typed, hash)).toBe(false)
    expect(await passwords.matches(right, hash)).toBe(true)
  })

  test.each([
    ['x7!kQ2#mZ9p', 'x7!kQ2#mZ9pL'],
    ['🛶🌧️🚌🌊', '🛶🌧🚌🌊🐟🛵🌴🏙🥥🍌🐊🦜'],
    ['🛶🌧🚌🌊🐟🛵🌴🏙🥥🍌🐊', '🛶🌧🚌🌊🐟🛵🌴🏙🥥🍌🐊🦜'],
  ])('have 12 characters of any kind: %s is refused, %s is taken', async (short, long) => {
    const passwords = createPasswords()
    await expect(passwords.hash(short)).rejects.toMatchObject({ code: 'weak-password' })
    expect(await passwords.matches(long, await passwords.hash(long))).toBe(true)
  })

  test('that are made up for somebody are of chance in every place', () => {
    const made = Array.from({ length: 200 }, randomPassword)
    for (const one of made) expect(one).toMatch(/^([a-hj-km-np-z2-9]{5}-){3}[a-hj-km-np-z2-9]{5}$/)
    // Of 31 signs each is missing once in 700 times.
    for (let place = 0; place < 23; place += 1)
      if (place % 6 !== 5) expect(new Set(made.map((one) => one[place])).size, `place ${place}`).toBeGreaterThan(24)
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

  test('a password is not made of the names of the city', async () => {
    const cityWords = cityWordsOf(['Kota Teluk Yos', 'Pusat Kendali Teluk', 'Papua', ''])
    for (const word of [
      'kotatelukyos',
      'telukyoskota',
      'telukyos',
      'pemkotelukyos',
      'PusatKendaliTeluk',
      'papua',
      'T3luk',
    ])
      expect(await isCommonPassword(`${word}2026!!`, 'siti', cityWords), word).toBe(true)
    expect(await isCommonPassword('telukyos2026!!', 'siti')).toBe(false)
    expect(await isCommonPassword('kuda-baterai-teluk', 'siti', cityWords)).toBe(false)
  })

  test('the own name, once or twice, is refused', async () => {
    const { people } = await openTestRegistry()
    for (const word of ['rahmawati', 'rahmawatirahmawati', 'RahmawatiRahmawati99'])
      await expect(
        people.create({ username: 'rahmawati', role: 'operator', password: word.padEnd(12, '!') }),
      ).rejects.toMatchObject({ code: 'weak-password' })
  })

  test('those of the lists of leaks are refused: 49,000, of which 308 are as long as ours must be', async () => {
    const { dictionary } = await import('@zxcvbn-ts/language-common')
    const leaked = dictionary['passwords-common'].map(String)
    expect(leaked.length).toBeGreaterThan(49_000)
    const long = leaked.filter(({ length }) => length >= 12)
    expect(long).toHaveLength(308)
    for (const one of long) expect(await isCommonPassword(one, 'siti'), one).toBe(true)
    for (let at = 0; at < leaked.length; at += 997)
      expect(await isCommonPassword(`${leaked[at]}`, 'siti'), leaked[at]).toBe(true)
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
    // Of all threads of the process: what else the machine does is not counted.
    const took = async (name: string) => {
      const before = process.cpuUsage()
      expect(await people.verify(name, 'wrong')).toBeUndefined()
      const { user, system } = process.cpuUsage(before)
      return user + system
    }
    await took('nobody')
    const known: number[] = []
    const unknown: number[] = []
    for (let n = 0; n < 15; n++) {
      known.push(await took('siti'))
      unknown.push(await took('nobody'))
    }
    // The least of each: garbage that is collected meanwhile only adds.
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

  test('leave nothing behind that proves them: whoever gets the name later begins anew', async () => {
    const { people, sessions, secondFactors, secondFactorProof, loginLinks } = await openTestRegistry()
    const person = { username: 'siti', role: 'operator', password } as const
    await people.create(person)
    const { recoveryCodes } = await secondFactors.enrol('siti')
    const { id } = await sessions.open('siti')
    const link = await loginLinks.create('siti')
    await people.remove('siti')
    expect(await people.list()).toEqual([])
    await people.create({ ...person, password: 'kopi-tubruk-pagi' })
    expect(await people.verify('siti', password)).toBeUndefined()
    expect(await secondFactorProof.has('siti')).toBe(false)
    await secondFactors.enrol('siti')
    for (const code of recoveryCodes) expect(await secondFactorProof.accept('siti', code)).toBe(false)
    expect(await sessions.find(id, { touch: false })).toBeUndefined()
    expect(await loginLinks.redeem(link)).toBeUndefined()
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

  test('no two first admins have the same password', async () => {
    const dir = tempDir()
    const made = [await openTestRegistry(), await openTestRegistry()].map(({ people }, n) =>
      people.ensureAdmin({ passwordFile: join(dir, `admin-password-${n}`) }),
    )
    const [one, other] = await Promise.all(made)
    expect(one?.password).not.toBe(other?.password)
    for (const admin of [one, other]) expect(admin?.password).toMatch(/^(\w{5}-){3}\w{5}$/)
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
    clock.ms += 30 * minuteMs - 1
    expect(await sessions.find(id, { touch: false })).toBeDefined()
    expect(await sessions.find(id, { touch: true })).toBeDefined()
    clock.ms += 30 * minuteMs - 1
    expect(await sessions.find(id, { touch: false })).toBeDefined()
    clock.ms += 1
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
    clock.ms += 30 * 24 * hourMs - 1
    expect(await sessions.find(id, { touch: false })).toMatchObject({ role: 'wall' })
    clock.ms += 1
    expect(await sessions.find(id, { touch: false })).toBeUndefined()
  })

  test('have ids of 256 random bits, of which the file holds none, as of the codes of login links', async () => {
    const file = join(tempDir(), 'registry.db')
    const registry = await openRegistry({ file, pepper: Buffer.alloc(32) })
    await registry.people.create({ username: 'siti', role: 'operator', password })
    const ids = await sixtyFour(async () => (await registry.sessions.open('siti')).id)
    const codes = await sixtyFour(() => registry.loginLinks.create('siti'))
    await registry.close()
    for (const secrets of [ids, codes]) {
      expectRandomBytes(
        secrets.map((one) => Buffer.from(one, 'base64url')),
        32,
      )
      const kept = readFileSync(file)
      expect(secrets.filter((one) => kept.includes(one) || kept.includes(Buffer.from(one, 'base64url')))).toEqual([])
    }
  })

  test('are known by the SHA-256 of their id', async () => {
    const file = join(tempDir(), 'registry.db')
    const registry = await openRegistry({ file, pepper: Buffer.alloc(32) })
    onTestFinished(() => registry.close())
    await registry.people.create({ username: 'siti', role: 'operator', password })
    const { id } = await registry.sessions.open('siti')
    const raw = new DatabaseSync(file, { readOnly: true })
    onTestFinished(() => raw.close())
    const kept: Uint8Array = Object(raw.prepare('select id_hash from session').get()).id_hash
    expect(Buffer.from(kept)).toEqual(createHash('sha256').update(id).digest())
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

import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { Secret, TOTP } from 'otpauth'
import { describe, expect, test } from 'vitest'
import type { Registry } from '../../../storage/registry/registry.ts'
import { openTestRegistry, password, startCity } from '../city-under-test.ts'

interface Answer {
  status: number
  tookMs: number
  retryAfterS: number
}

/** Signs in from an address of this machine; every one of 127.0.0.0/8 is. */
async function signInFrom(url: string, address: string, body: object, signal?: AbortSignal): Promise<Answer> {
  const startedMs = performance.now()
  const asked = request(`${url}/api/v1/session`, {
    ...{ method: 'POST', localAddress: address, agent: false },
    headers: { 'content-type': 'application/json' },
    signal,
  })
  asked.end(JSON.stringify(body))
  const [answer]: IncomingMessage[] = await once(asked, 'response')
  answer?.resume()
  return {
    status: answer?.statusCode ?? 0,
    tookMs: performance.now() - startedMs,
    retryAfterS: Number(answer?.headers['retry-after'] ?? 0),
  }
}

/** Many accounts with the password of one of them: hashing is what an attempt costs, not what a person does. */
async function makePeople(registry: Registry, count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_none, n) => `orang-${n}`)
  for (const username of names) await registry.people.create({ username, role: 'operator', password })
  return names
}

const addressOf = (n: number) => `127.3.${n >> 8}.${(n & 255) + 1}`

describe('while strangers guess from 200 addresses at 20 accounts', () => {
  test('the right password from an address that never failed gets in within 3 s', { timeout: 120_000 }, async () => {
    const { url, registry } = await startCity()
    const names = await makePeople(registry, 20)
    const going = new AbortController()
    async function guess(n: number): Promise<void> {
      for (let round = 0; !going.signal.aborted; round++) {
        const body = { username: names[(n + round) % 20], password: 'salah' }
        await signInFrom(url, addressOf(n), body, going.signal).catch(() => undefined)
      }
    }
    const strangers = Array.from({ length: 200 }, (_none, n) => guess(n))
    const got: Answer[] = []
    for (let n = 0; n < 10; n++) {
      // Another account, another address each time: one is attacked, and nobody ever came from the other.
      got.push(await signInFrom(url, `127.8.0.${n + 1}`, { username: names[n], password }))
    }
    going.abort()
    expect(got.map(({ status }) => status)).toEqual(new Array(10).fill(200))
    expect(Math.max(...got.map(({ tookMs }) => tookMs))).toBeLessThan(3000)
    await Promise.all(strangers)
  })
})

test('fifty people behind one address who come at once all get in within 3 s', { timeout: 60_000 }, async () => {
  const { url, registry } = await startCity()
  const names = await makePeople(registry, 50)
  const got = await Promise.all(names.map((username) => signInFrom(url, '127.9.0.1', { username, password })))
  expect(got.map(({ status }) => status)).toEqual(new Array(50).fill(200))
  expect(Math.max(...got.map(({ tookMs }) => tookMs))).toBeLessThan(3000)
})

test('sixty junk logins at once harm nobody else, then or later', { timeout: 60_000 }, async () => {
  const { url } = await startCity()
  const junk = Array.from({ length: 60 }, (_none, n) =>
    signInFrom(url, '127.3.0.1', { username: `sampah-${n}`, password: 'salah' }),
  )
  const right = { username: 'the-operator', password }
  for (let n = 0; n < 8; n++) expect((await signInFrom(url, '127.4.0.1', right)).status).toBe(200)
  await Promise.all(junk)
  expect((await signInFrom(url, '127.4.0.1', right)).status).toBe(200)
})

test('wrong codes are looked at ten times a minute, from however many addresses, and the right one gets in', {
  timeout: 60_000,
}, async () => {
  const clock = { ms: Date.now() }
  const now = () => clock.ms
  const { url, registry } = await startCity({ registry: await openTestRegistry({ now }), now })
  const { secret } = await registry.secondFactors.enrol('the-admin')
  const attempt = (address: string, code: string) => signInFrom(url, address, { username: 'the-admin', password, code })
  const guesses = Array.from({ length: 40 }, (_none, n) => attempt(addressOf(n), 'abcde-fghij'))
  // Of those that wait for a turn none gets one: the clock stands.
  const statuses = (await Promise.all(guesses)).map(({ status }) => status)
  expect(statuses.filter((status) => status === 401)).toHaveLength(5)
  expect(statuses.filter((status) => status === 429)).toHaveLength(35)
  clock.ms += 12_000
  const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: clock.ms })
  expect((await attempt('127.8.0.1', code)).status).toBe(200)
})

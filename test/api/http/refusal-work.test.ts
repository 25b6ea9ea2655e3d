import * as argon2 from '@node-rs/argon2'
import { expect, test, vi } from 'vitest'
import type { Registry } from '../../../storage/registry/registry.ts'
import { openTestRegistry, startCity } from '../city-under-test.ts'

vi.mock('@node-rs/argon2', async (original) => {
  const real = await original<typeof argon2>()
  return { ...real, verify: vi.fn(real.verify) }
})

/** How much one comparison costs stands at the front of the hash: `$argon2id$v=19$m=19456,t=2,p=1$`. */
function hashesCompared(): Record<string, number> {
  const costs = vi.mocked(argon2.verify).mock.calls.map(([hash]) => String(hash).split('$').slice(0, 4).join('$'))
  return Object.fromEntries(costs.map((cost) => [cost, costs.filter((one) => one === cost).length]))
}

/** Counts what is asked of the registry, by name. */
function counting(registry: Registry) {
  const calls = new Map<string, number>()
  function counted<T extends object>(part: T, name: string): T {
    return new Proxy(part, {
      get(target, key, receiver) {
        const value: unknown = Reflect.get(target, key, receiver)
        if (typeof value !== 'function') return value
        return (...given: unknown[]) => {
          const called = `${name}.${String(key)}`
          calls.set(called, (calls.get(called) ?? 0) + 1)
          return Reflect.apply(value, target, given)
        }
      },
    })
  }
  const people = counted(registry.people, 'people')
  const audit = counted(registry.audit, 'audit')
  return { registry: { ...registry, people, audit }, calls }
}

test.each([1, 3, 8])('a refusal costs the same whether or not the name exists, %i times in a row', async (times) => {
  const { registry, calls } = counting(await openTestRegistry())
  const { call } = await startCity({ registry })
  async function workOf(username: string): Promise<Record<string, number>> {
    calls.clear()
    vi.mocked(argon2.verify).mockClear()
    for (let n = 0; n < times; n++)
      await call('/api/v1/session', { method: 'POST', body: { username, password: 'salah' } })
    // The keeper of the anchors looks by itself.
    const asked = [...calls].filter(([name]) => !/^audit\.(head|at|after)$/.test(name))
    return { ...Object.fromEntries(asked), ...hashesCompared() }
  }
  const ofKnown = await workOf('the-admin')
  // After five the account waits at this network, and nothing is compared.
  const compared = Math.min(times, 5)
  expect(ofKnown).toMatchObject({ 'audit.append': expect.any(Number), '$argon2id$v=19$m=19456,t=2,p=1': compared })
  expect(await workOf('nobody-at-all')).toEqual(ofKnown)
  expect(await workOf('The-Operator')).toEqual(ofKnown)
  expect(await workOf('another-nobody')).toEqual(ofKnown)
})

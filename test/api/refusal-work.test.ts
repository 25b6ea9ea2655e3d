import { expect, test } from 'vitest'
import type { Registry } from '../../api/registry/registry.ts'
import { openTestRegistry, startCity } from './city-under-test.ts'

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
    for (let n = 0; n < times; n++)
      await call('/api/v1/session', { method: 'POST', body: { username, password: 'salah' } })
    // The keeper of the anchors looks by itself.
    return Object.fromEntries([...calls].filter(([name]) => !/^audit\.(head|at|after)$/.test(name)))
  }
  const ofKnown = await workOf('the-admin')
  expect(ofKnown).toHaveProperty(['audit.append'])
  expect(await workOf('nobody-at-all')).toEqual(ofKnown)
  expect(await workOf('The-Operator')).toEqual(ofKnown)
  expect(await workOf('another-nobody')).toEqual(ofKnown)
})

import { expect, test } from 'vitest'
import { createDeviceCommands } from '../../firmware-sim/device-commands.ts'
import { createRandom } from '../../firmware-sim/random.ts'

/** A simulated light, with a clock that a test sets on. */
function light(random = createRandom(1, 'light')) {
  let nowMs = 1_000_000
  const due: [dueMs: number, action: () => void][] = []
  const results: { id: string; ok: boolean; error?: string }[] = []
  const commands = createDeviceCommands({
    ...{ device: { profile: 'street-light' }, random, now: () => nowMs },
    at: (dueMs, action) => void due.push([dueMs, action]),
  })
  return {
    results,
    tell: (command: unknown) =>
      commands.hear(Buffer.from(typeof command === 'string' ? command : JSON.stringify(command)), (result) =>
        results.push(JSON.parse(result)),
      ),
    goOn(ms: number) {
      nowMs += ms
      for (const [dueMs, action] of due.splice(0)) if (dueMs <= nowMs) action()
    },
  }
}

const expiresAt = new Date(2_000_000).toISOString()

test('a simulated device does what it knows, fails now and then, and refuses what it does not know', () => {
  const device = light()
  for (let n = 0; n < 200; n += 1) device.tell({ id: `c${n}`, name: 'switch', args: { on: true }, expiresAt })
  device.tell({ id: 'x', name: 'fly', expiresAt })
  device.goOn(5000)
  const failed = device.results.filter(({ ok, id }) => !ok && id !== 'x')
  expect(device.results).toHaveLength(201)
  expect(failed.length).toBeGreaterThan(5)
  expect(failed.length).toBeLessThan(50)
  expect(device.results.find(({ id }) => id === 'x')).toEqual({ id: 'x', ok: false, error: 'unknown command fly' })
})

test('one that comes again is answered the same, one that is over or no command not at all', () => {
  const chances = [0, 0.5, 0, 0.01, 0, 0.99, 0, 0]
  const device = light(() => chances.shift() ?? 0.99)
  for (let time = 0; time < 2; time += 1) device.tell({ id: 'a', name: 'report', expiresAt })
  device.tell({ id: 'late', name: 'report', expiresAt: new Date(999_000).toISOString() })
  device.tell('no json')
  device.goOn(5000)
  expect(device.results.map(({ id }) => id)).toEqual(['a', 'a'])
  expect(device.results[0]).toEqual(device.results[1])
})

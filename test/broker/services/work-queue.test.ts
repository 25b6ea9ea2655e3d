import { pino } from 'pino'
import { expect, test } from 'vitest'
import { createHookGuard } from '../../../broker/auth/hook-guard.ts'
import { createRefusals } from '../../../broker/inbound/refusals.ts'
import { createWorkQueue } from '../../../broker/services/work-queue.ts'

const guardOf = () => createHookGuard({ refusals: createRefusals(Date.now), log: pino({ level: 'silent' }) })

test('much work at once leaves the event loop to others, in order, and a fault of one piece stops no other', async () => {
  const turns = createWorkQueue(guardOf())
  const done: number[] = []
  let longest = 0
  let since = 0
  const between = () => {
    longest = Math.max(longest, done.length - since)
    since = done.length
    if (done.length < 40) setImmediate(between)
  }
  for (let n = 0; n < 40; n += 1) {
    turns.add(() => {
      const untilMs = performance.now() + 3
      while (performance.now() < untilMs);
      done.push(n)
      if (n === 7) throw new Error('ours')
      if (n === 8) turns.add(() => void done.push(99))
    })
  }
  setImmediate(between)
  await expect.poll(() => done.length).toBe(41)
  expect(longest).toBeLessThanOrEqual(2)
  expect(done).toEqual([...Array.from({ length: 40 }, (_none, n) => n), 99])
})

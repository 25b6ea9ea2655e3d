import { expect, test } from 'vitest'
import { oneAtATime } from '../../storage/one-at-a-time.ts'

test('all who ask while one is made share the next one, which was begun after they asked', async () => {
  const waiting: (() => void)[] = []
  let state = 'before'
  const get = oneAtATime(async () => {
    const seen = state
    await new Promise<void>((resolve) => waiting.push(resolve))
    return { seen }
  })
  const first = get()
  await expect.poll(() => waiting.length).toBe(1)
  state = 'after'
  const others = [get(), get(), get()]
  waiting[0]?.()
  expect(await first).toEqual({ seen: 'before' })
  await expect.poll(() => waiting.length).toBe(2)
  waiting[1]?.()
  const [one, ...rest] = await Promise.all(others)
  expect(one).toEqual({ seen: 'after' })
  for (const other of rest) expect(other).toBe(one)
})

test('a failure is told to those who waited for it, and the next is made anew', async () => {
  let tries = 0
  const get = oneAtATime(async () => {
    tries += 1
    if (tries === 1) throw new Error('no')
    return tries
  })
  await expect(Promise.all([get(), get()])).rejects.toThrow('no')
  expect(await get()).toBe(2)
})

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createNewBuild } from '../../../dashboard/core/new-build.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function page(slot: number | undefined, serves: () => boolean = () => true) {
  const happened: string[] = []
  const build = createNewBuild({
    slot: () => slot,
    serves: async () => serves(),
    reload: () => happened.push('reload'),
    told: () => happened.push('told'),
  })
  return { build, happened }
}

test('a screen loads the new build in its turn, once', async () => {
  const { build, happened } = page(2)
  for (const name of ['a', 'a', 'b', 'b', 'c']) build.heard(name)
  await vi.advanceTimersByTimeAsync(24_900)
  expect(happened).toEqual(['told'])
  await vi.advanceTimersByTimeAsync(200)
  expect(happened).toEqual(['told', 'reload'])
})

test('nothing is loaded while the server would not answer', async () => {
  let up = false
  const { build, happened } = page(0, () => up)
  build.heard('a')
  build.heard('b')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(happened).toEqual(['told'])
  up = true
  await vi.advanceTimersByTimeAsync(5100)
  expect(happened).toEqual(['told', 'reload'])
})

test('a person is told, and nothing is taken from under their hands', async () => {
  const { build, happened } = page(undefined)
  build.heard('a')
  build.heard('b')
  await vi.advanceTimersByTimeAsync(600_000)
  expect(happened).toEqual(['told'])
})

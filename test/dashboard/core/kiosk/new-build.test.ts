import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createNewBuild } from '../../../../dashboard/core/kiosk/new-build.ts'
import { createReload, type DisplayTurn, untilTurnMs } from '../../../../dashboard/core/kiosk/reload.ts'

beforeEach(() => void vi.useFakeTimers({ now: 0 }))
afterEach(() => void vi.useRealTimers())

function page(turn: DisplayTurn | undefined, serves: () => boolean = () => true) {
  const happened: string[] = []
  const reload = createReload({
    turn: () => turn ?? { index: 0, count: 1 },
    nowMs: Date.now,
    serves: async () => serves(),
    reload: () => happened.push(`reload at ${Date.now()}`),
  })
  const build = createNewBuild({
    isDisplay: () => turn !== undefined,
    reload,
    told: () => happened.push('told'),
  })
  return { build, happened }
}

test.each([
  [{ index: 0, count: 3 }, 1, 29_999],
  [{ index: 1, count: 3 }, 1, 9999],
  [{ index: 1, count: 3 }, 10_000, 30_000],
  [{ index: 2, count: 3 }, 70_000, 10_000],
  [{ index: 0, count: 1 }, 4000, 6000],
  [{ index: 0, count: 0 }, 4000, 6000],
])('the turn of %o comes round by the clock of the server', (turn, nowMs, untilMs) => {
  expect(untilTurnMs(turn, nowMs)).toBe(untilMs)
})

test('a screen loads the new build in its turn, once', async () => {
  const { build, happened } = page({ index: 2, count: 3 })
  for (const name of ['a', 'a', 'b', 'b', 'c']) build.heard(name)
  await vi.advanceTimersByTimeAsync(19_900)
  expect(happened).toEqual(['told'])
  await vi.advanceTimersByTimeAsync(200)
  expect(happened).toEqual(['told', 'reload at 20000'])
})

test('nothing is loaded while the server would not answer, and afterwards no two screens at once', async () => {
  let up = false
  const screens = [0, 1, 2].map((index) => page({ index, count: 3 }, () => up))
  for (const { build } of screens) {
    build.heard('a')
    build.heard('b')
  }
  await vi.advanceTimersByTimeAsync(95_000)
  expect(screens.map(({ happened }) => happened)).toEqual([['told'], ['told'], ['told']])
  up = true
  await vi.advanceTimersByTimeAsync(30_000)
  const reloads = screens.map(({ happened }) => happened[1])
  expect(reloads).toEqual(['reload at 120000', 'reload at 100000', 'reload at 110000'])
})

test('a person is told, and nothing is taken from under their hands', async () => {
  const { build, happened } = page(undefined)
  build.heard('a')
  build.heard('b')
  await vi.advanceTimersByTimeAsync(600_000)
  expect(happened).toEqual(['told'])
})

import { expect, test } from 'vitest'
import { createOwnTurn } from '../../storage/own-turn.ts'

test('of many that wait for their turn one is let go in each turn of the event loop, in order', async () => {
  const turn = createOwnTurn()
  let loops = 0
  const count = () => {
    loops += 1
    counting = setImmediate(count)
  }
  let counting = setImmediate(count)
  const seen: [who: number, loop: number][] = []
  await Promise.all(
    [1, 2, 3, 4].map(async (who) => {
      await turn()
      seen.push([who, loops])
    }),
  )
  clearImmediate(counting)
  expect(seen.map(([who]) => who)).toEqual([1, 2, 3, 4])
  expect(new Set(seen.map(([, loop]) => loop)).size).toBe(4)
})

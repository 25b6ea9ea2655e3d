import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createTurns, type Work } from '../../../../api/http/door/turns.ts'

/** Each look at the clock takes a ms: a turn of the event loop has room for ten. */
function countingTurns() {
  let ms = 0
  const now = () => {
    ms += 1
    return ms
  }
  const skipMs = (by: number) => {
    ms += by
  }
  return { turns: createTurns(now), skipMs }
}

/** Work that is over as soon as it has begun. */
function work(begun: () => void): Work {
  return {
    start(done) {
      begun()
      done()
    },
    tooLate: () => undefined,
  }
}

test('those of another address do not wait behind one that asks for much', async () => {
  const { turns } = countingTurns()
  const order: string[] = []
  const ask = (who: string) =>
    turns.enqueue(
      who,
      work(() => order.push(who)),
    )
  for (let n = 0; n < 100; n += 1) ask('greedy')
  ask('modest')
  await turn()
  expect(order.indexOf('modest')).toBeGreaterThanOrEqual(0)
  expect(order.indexOf('modest')).toBeLessThan(3)
})

test('while somebody is at the door, one thing is begun in a turn of the event loop', async () => {
  const { turns } = countingTurns()
  const begun: number[] = []
  for (let n = 0; n < 40; n += 1)
    turns.enqueue(
      'a',
      work(() => begun.push(n)),
    )
  turns.knocked()
  await turn()
  expect(begun.length).toBe(1)
  await turn()
  expect(begun.length).toBeGreaterThan(5)
})

test('of one address only so much is in the making, and what waits too long is told so', async () => {
  const { turns, skipMs } = countingTurns()
  const ends: (() => void)[] = []
  const late: number[] = []
  for (let n = 0; n < 200; n += 1) {
    turns.enqueue('a', { start: (done) => void ends.push(done), tooLate: () => void late.push(n) })
  }
  await expect.poll(() => ends.length).toBe(64)
  ends[0]?.()
  ends[0]?.()
  await expect.poll(() => ends.length).toBe(65)
  skipMs(20_000)
  turns.expire()
  expect(late.length).toBe(135)
})

test('what is done without waiting for anything outside counts, as all that was begun in a turn', async () => {
  const { turns, skipMs } = countingTurns()
  const begun: number[] = []
  for (let n = 0; n < 5; n += 1)
    turns.enqueue('a', {
      async start(done) {
        await Promise.resolve()
        // As an answer that is read from a file at once, and encoded.
        skipMs(8)
        begun.push(n)
        done()
      },
      tooLate: () => undefined,
    })
  await turn()
  expect(begun).toEqual([0, 1])
  await expect.poll(() => begun).toEqual([0, 1, 2, 3, 4])
})

import { expect, test, vi } from 'vitest'
import { createAnswerRoom, type TakenRoom } from '../../../api/http/answer-room.ts'

const parts = { most: 100, large: 10, patienceMs: 1000 }

/** Who got in, in order, with the place that each has. */
function roomUnderTest() {
  const room = createAnswerRoom(parts)
  const inside: string[] = []
  const refused: string[] = []
  const places = new Map<string, TakenRoom>()
  async function ask(who: string, size: number): Promise<void> {
    await room.take(who, size).then(
      (place) => {
        inside.push(`${who} ${size}`)
        places.set(who, place)
      },
      (error: unknown) => void refused.push(`${who} ${Object(error).code}`),
    )
  }
  const settled = () => new Promise((resolve) => setImmediate(resolve))
  return { ask, inside, refused, places, settled }
}

test('as much goes in as there is room for, to the last point; what was too much comes when one leaves', async () => {
  const { ask, inside, places, settled } = roomUnderTest()
  void ask('a', 60)
  void ask('b', 40)
  void ask('c', 1)
  await settled()
  expect(inside).toEqual(['a 60', 'b 40'])
  places.get('b')?.shrink(39)
  await settled()
  expect(inside).toEqual(['a 60', 'b 40', 'c 1'])
})

test('nobody has two large ones, and small ones go past those that wait', async () => {
  const { ask, inside, places, settled } = roomUnderTest()
  void ask('a', 50)
  void ask('a', 11)
  void ask('a', 10)
  void ask('b', 11)
  await settled()
  expect(inside).toEqual(['a 50', 'a 10', 'b 11'])
  // The place of the small one says nothing of the large one.
  places.get('a')?.leave()
  await settled()
  expect(inside).toHaveLength(3)
})

test('one that turns out to be small makes room, and leaving twice gives nothing twice', async () => {
  const { ask, inside, places, settled } = roomUnderTest()
  await ask('a', 100)
  void ask('b', 96)
  places.get('a')?.shrink(5)
  await settled()
  expect(inside).toEqual(['a 100'])
  places.get('a')?.leave()
  places.get('a')?.leave()
  await settled()
  expect(inside).toEqual(['a 100', 'b 96'])
  void ask('c', 5)
  await settled()
  expect(inside).toHaveLength(2)
})

test('what finds no room in time is told so, and what is larger than all room counts as all of it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const { ask, inside, refused } = roomUnderTest()
    await ask('a', 1000)
    const waiting = ask('b', 1)
    vi.advanceTimersByTime(999)
    expect(refused).toEqual([])
    vi.advanceTimersByTime(1)
    await waiting
    expect(refused).toEqual(['b busy'])
    expect(inside).toEqual(['a 1000'])
  } finally {
    vi.useRealTimers()
  }
})

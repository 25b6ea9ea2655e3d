import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createCodeLimit } from '../../../api/people/code-limit.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** What became of attempts: looked at, or told to come again. */
function limited() {
  const limit = createCodeLimit({ now: Date.now })
  const looked: string[] = []
  const refused: string[] = []
  async function attempt(from: string, { rank = 1, right = false, name = 'siti' } = {}): Promise<void> {
    try {
      const turn = await limit.turn(name, () => rank)
      looked.push(from)
      if (right) turn.right()
    } catch (error) {
      expect(error).toMatchObject({ code: 'too-many-attempts', retryAfterS: expect.any(Number) })
      refused.push(from)
    }
  }
  return { attempt, looked, refused }
}

describe('codes of one account', () => {
  test('are looked at ten times in any minute, however many come from wherever', async () => {
    const { attempt, looked } = limited()
    const perSecond: number[] = []
    for (let second = 0; second < 300; second++) {
      for (let n = 0; n < 20; n++) void attempt(`${second}.${n}`)
      const before = looked.length
      await vi.advanceTimersByTimeAsync(1000)
      perSecond.push(looked.length - before)
    }
    const inMinute = perSecond.map((_none, from) =>
      perSecond.slice(from, from + 60).reduce((sum, count) => sum + count, 0),
    )
    expect(Math.max(...inMinute)).toBe(10)
    expect(looked.length).toBeGreaterThanOrEqual(5 + 24)
  })

  test('are not saved up in a quiet hour', async () => {
    const { attempt, looked } = limited()
    for (let n = 0; n < 3; n++) await attempt(`before ${n}`)
    await vi.advanceTimersByTimeAsync(3_600_000)
    for (let n = 0; n < 60; n++) {
      for (let each = 0; each < 20; each++) void attempt(`${n}.${each}`)
      await vi.advanceTimersByTimeAsync(999)
    }
    expect(looked.length - 3).toBeLessThanOrEqual(10)
  })

  test('that are right are no part of them', async () => {
    const { attempt, looked } = limited()
    for (let n = 0; n < 50; n++) await attempt(`${n}`, { right: true })
    expect(looked).toHaveLength(50)
  })

  test('from a clean network are looked at within seconds, while others go on', async () => {
    const { attempt, looked } = limited()
    for (let n = 0; n < 200; n++) void attempt(`bot ${n}`, { rank: 3 })
    await vi.advanceTimersByTimeAsync(3000)
    void attempt('person', { right: true })
    for (let n = 0; n < 200; n++) void attempt(`bot again ${n}`, { rank: 3 })
    await vi.advanceTimersByTimeAsync(9500)
    expect(looked).toContain('person')
  })

  test('of others are not slowed by them', async () => {
    const { attempt, looked } = limited()
    for (let n = 0; n < 50; n++) void attempt(`bot ${n}`)
    void attempt('budi', { name: 'budi' })
    await vi.advanceTimersByTimeAsync(0)
    expect(looked).toContain('budi')
  })

  test('wait in eight places; who is past them is told when to come again', async () => {
    const { attempt, looked, refused } = limited()
    for (let n = 0; n < 5 + 8; n++) void attempt(`${n}`)
    await vi.advanceTimersByTimeAsync(200)
    expect([looked.length, refused.length]).toEqual([5, 0])
    void attempt('one more')
    await vi.advanceTimersByTimeAsync(200)
    expect(refused).toEqual(['5'])
    await vi.advanceTimersByTimeAsync(20_000)
    expect(looked).toEqual(['0', '1', '2', '3', '4', 'one more'])
    expect(refused).toHaveLength(8)
  })
})

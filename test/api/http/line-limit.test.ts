import { expect, test, vi } from 'vitest'
import { createLineLimit } from '../../../api/http/line-limit.ts'

test('a minute has so many lines, and one that tells how many more there were', async () => {
  vi.useFakeTimers()
  try {
    const told: number[] = []
    const lines = createLineLimit({ most: 20, told: (count) => void told.push(count) })
    const take = (times: number) => Array.from({ length: times }, () => lines.take()).filter(Boolean).length
    expect([take(20), take(1)]).toEqual([20, 0])
    expect(take(11_000)).toBe(0)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(told).toEqual([11_001])
    expect(take(21)).toBe(20)
    await vi.advanceTimersByTimeAsync(60_000)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(told).toEqual([11_001, 1])
  } finally {
    vi.useRealTimers()
  }
})

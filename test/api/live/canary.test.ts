import { pino } from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startCanary } from '../../../api/live/canary.ts'

test('a broker that is not there yet is no news; one that stays away is told once', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const told: string[] = []
  const log = pino({ level: 'warn' }, { write: (line: string) => void told.push(line) })
  const answer = vi.fn(async () => undefined)
  const away = () => answer.mockRejectedValue(new Error('ENOENT'))
  away()
  const broker = { canary: answer }
  const canary = startCanary({ broker, now: Date.now, log })
  onTestFinished(canary.stop)
  await vi.advanceTimersByTimeAsync(900)
  expect(told).toEqual([])
  answer.mockResolvedValue(undefined)
  await vi.advanceTimersByTimeAsync(2000)
  away()
  await vi.advanceTimersByTimeAsync(5000)
  expect(told).toHaveLength(1)
})

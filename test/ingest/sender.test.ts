import { pino } from 'pino'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import {
  type StoredReading,
  type StoreRefusal,
  StoreUnavailableError,
  type TelemetryStore,
} from '../../contract/ports/telemetry.ts'
import { startSender } from '../../ingest/sender.ts'
import { reading } from '../storage/conformance/store-test.ts'

interface Written {
  values: unknown[]
  atMs: number
}

/** A store that answers as the test says, and a queue of three batches. */
function sending(answer: (batch: number) => Promise<StoreRefusal[]> | StoreRefusal[]) {
  const queue = [1, 2, 3].map((upTo) => ({
    upTo,
    readings: [reading({ metrics: { water_level_m: upTo } })],
    history: { states: [], events: [] },
  }))
  const written: Written[] = []
  const settled: { upTo: number; refused: readonly StoreRefusal[]; afterWrites: number }[] = []
  const store: Pick<TelemetryStore, 'engine' | 'write' | 'health' | 'close'> = {
    engine: 'influx1',
    async write(readings: readonly StoredReading[]) {
      written.push({ values: readings.map(({ metrics }) => metrics.water_level_m), atMs: performance.now() })
      return answer(Number(readings[0]?.metrics.water_level_m))
    },
    health: async () => ({ up: true }),
    close: async () => undefined,
  }
  const sender = startSender({
    // What the sender never calls is left out.
    store: store as TelemetryStore,
    outbox: {
      next: () => queue[0],
      settle(upTo, _readings, refused) {
        settled.push({ upTo, refused, afterWrites: written.length })
        queue.shift()
      },
    },
    places: { mark: () => undefined, confirm: () => undefined },
    log: pino({ level: 'silent' }),
  })
  onTestFinished(() => sender.close())
  return { sender, queue, written, settled }
}

describe('the sender', () => {
  test('keeps what a store that is away did not take, and sends it first, as it was, when it is back', async () => {
    const store = { failures: 3 }
    const { settled, written, sender } = sending(() => {
      store.failures -= 1
      if (store.failures >= 0) throw new StoreUnavailableError('away')
      return []
    })
    await expect.poll(() => sender.status().detail).toBe('away')
    expect(settled).toEqual([])
    await expect.poll(() => settled.map(({ upTo }) => upTo)).toEqual([1, 2, 3])
    expect(written.map(({ values }) => values)).toEqual([[1], [1], [1], [1], [2], [3]])
    expect(sender.status()).toEqual({ up: true, detail: null })
  })

  test('settles a batch once the store has answered for it, not before', async () => {
    let answer: (refused: StoreRefusal[]) => void = () => undefined
    const { settled, written } = sending(
      () =>
        new Promise((resolve) => {
          answer = resolve
        }),
    )
    for (const count of [1, 2, 3]) {
      await expect.poll(() => written.length).toBe(count)
      expect(settled).toHaveLength(count - 1)
      answer(count === 2 ? [{ index: 0, detail: 'type conflict' }] : [])
      await expect.poll(() => settled.length).toBe(count)
    }
    expect(settled.map(({ refused }) => refused)).toEqual([[], [{ index: 0, detail: 'type conflict' }], []])
  })

  test('rests twice as long as a batch took, so that what comes in now is not held up', async () => {
    const takesMs = 60
    const { settled, written } = sending(() => new Promise((resolve) => setTimeout(resolve, takesMs, [])))
    await expect.poll(() => settled.length).toBe(3)
    const [first, second, third] = written.map(({ atMs }) => atMs)
    for (const gap of [(second ?? 0) - (first ?? 0), (third ?? 0) - (second ?? 0)])
      expect(gap).toBeGreaterThan(2.9 * takesMs)
  })

  test('asks less and less often while the store is away, and waits as long as it says', async () => {
    const { written } = sending(() => {
      throw new StoreUnavailableError('away', written.length < 4 ? {} : { retryAfterMs: 400 })
    })
    await expect.poll(() => written.length).toBe(6)
    const gaps = written.slice(1).map(({ atMs }, index) => atMs - (written[index]?.atMs ?? 0))
    for (const [index, least] of [50, 100, 200, 399, 399].entries()) expect(gaps[index]).toBeGreaterThanOrEqual(least)
  })

  test.each([
    ['at once', 0, 60_000],
    ['in a hundred years', 3e12, 600_000],
  ])(
    'a store that says to come back %s is asked neither without a rest nor never',
    async (_words, retryAfterMs, ms) => {
      vi.useFakeTimers()
      onTestFinished(() => void vi.useRealTimers())
      const { sender, written } = sending(() => {
        throw new StoreUnavailableError('away', { retryAfterMs })
      })
      await vi.advanceTimersByTimeAsync(ms)
      expect(written.length).toBeGreaterThan(1)
      expect(written.length).toBeLessThan(40)
      const closing = sender.close()
      await vi.advanceTimersByTimeAsync(ms)
      await closing
    },
  )
})

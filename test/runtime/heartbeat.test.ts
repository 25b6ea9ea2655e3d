import { expect, onTestFinished, test, vi } from 'vitest'
import { watchForSilence } from '../../runtime/heartbeat.ts'

function startWatch(processorMs?: () => number | undefined) {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  const silences: number[] = []
  const watch = watchForSilence((ms) => silences.push(ms), processorMs)
  onTestFinished(() => {
    watch.close()
    vi.useRealTimers()
  })
  return { watch, silences }
}

test('a role that says nothing for ten seconds is hung; the next time it gets twice as long', () => {
  const { watch, silences } = startWatch()
  watch.heard()
  vi.advanceTimersByTime(9000)
  expect(silences).toEqual([])
  vi.advanceTimersByTime(1500)
  expect(silences).toEqual([10_000])
  watch.heard()
  vi.advanceTimersByTime(19_000)
  expect(silences).toHaveLength(1)
  vi.advanceTimersByTime(1500)
  expect(silences).toHaveLength(2)
})

test('a watch that stood still itself blames nobody', () => {
  const { watch, silences } = startWatch()
  watch.heard()
  vi.advanceTimersByTime(1000)
  // As when the whole machine slept or was too busy: no timer ran, ours neither.
  const later = performance.now() + 60_000
  vi.spyOn(performance, 'now').mockReturnValueOnce(later)
  vi.advanceTimersByTime(500)
  vi.restoreAllMocks()
  vi.advanceTimersByTime(5000)
  expect(silences).toEqual([])
})

test('a restart has a minute until its first beat, and what ended is not watched', () => {
  const { watch, silences } = startWatch()
  watch.started()
  vi.advanceTimersByTime(59_000)
  expect(silences).toEqual([])
  vi.advanceTimersByTime(2000)
  expect(silences).toHaveLength(1)
  watch.started()
  watch.ended()
  vi.advanceTimersByTime(300_000)
  expect(silences).toHaveLength(1)
})

test('one that says nothing and works all the time is hung after five seconds of that; one that waits is not', () => {
  let usedMs = 700
  const { watch, silences } = startWatch(() => usedMs)
  const work = (seconds: number, share: number) => {
    for (let half = 0; half < seconds * 2; half += 1) {
      usedMs += 500 * share
      vi.advanceTimersByTime(500)
    }
  }
  watch.started()
  work(30, 1)
  watch.heard()
  work(9, 0.5)
  expect(silences).toEqual([])
  watch.heard()
  work(4.5, 1)
  expect(silences).toEqual([])
  work(0.5, 1)
  expect(silences).toEqual([5000])
  watch.heard()
  work(9.5, 1)
  expect(silences).toHaveLength(1)
  work(0.5, 1)
  expect(silences).toHaveLength(2)
})

import { expect, test } from 'vitest'
import { createOutside, startCity } from '../city-under-test.ts'

/** A store that takes its time, as one on a busy disk does. */
function slowStore() {
  const { ports } = createOutside()
  return { ...ports.history, latest: () => new Promise<never>(() => undefined) }
}

/** An ingest that is there: whoever listens has been told everything a moment later. */
const feed = {
  subscribe({ connected }: { connected: (up: boolean) => void }) {
    setImmediate(connected, true)
    return () => undefined
  },
}

async function startMs(more: Parameters<typeof startCity>[0]): Promise<number> {
  const begunMs = performance.now()
  await startCity({ history: slowStore(), ...more })
  return performance.now() - begunMs
}

test('who was told by ingest does not wait for the store, and without both the api starts within 2 s', async () => {
  expect(await startMs({ feed })).toBeLessThan(1900)
  expect(await startMs({})).toBeGreaterThanOrEqual(1990)
})

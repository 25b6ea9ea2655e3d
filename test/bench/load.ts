import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LoadOrder, LoadResult } from './load-worker.ts'
import type { BenchSystem } from './system.ts'

export interface LoadFigures extends LoadResult {
  ackedPerS: number
  /** First publish to the moment at which nothing waited any more. */
  storedPerS: number
  /** Sent and never acknowledged, or acknowledged and not in the store. */
  lost: number
}

/** Runs one load from a process of its own and waits until all of it is stored. `connected` is called before it begins. */
export async function runLoad(
  { mqtt, reader }: BenchSystem,
  order: Omit<LoadOrder, 'host' | 'port'>,
  connected: () => Promise<void> = async () => undefined,
): Promise<LoadFigures> {
  const before = await reader.counters()
  const worker = fork(join(import.meta.dirname, 'load-worker.ts'))
  worker.send({ ...order, host: '127.0.0.1', port: mqtt })
  await once(worker, 'message')
  await connected()
  worker.send('begin')
  const [result]: [LoadResult] = (await once(worker, 'message')) as [LoadResult]
  let counters = await reader.counters()
  while (counters.waiting > 0) {
    await sleep(20)
    counters = await reader.counters()
  }
  const storedS = (Date.now() - result.firstMs) / 1000
  const kept = counters.stored + counters.duplicates - before.stored - before.duplicates
  return {
    ...result,
    ackedPerS: (result.acked / result.elapsedMs) * 1000,
    storedPerS: result.acked / storedS,
    lost: result.sent - result.acked + Math.max(0, result.acked - kept),
  }
}

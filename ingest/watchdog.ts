import { Worker } from 'node:worker_threads'

/** Ends this process when one piece of work does not come to its end. */
export interface Watchdog {
  /** Another piece begins. */
  begin(): void
  /** Nothing is under way. */
  end(): void
  stop(): Promise<void>
}

/** Resolves once it watches. Its thread takes about 10 MB: start it where there is a reason to. */
export async function startWatchdog(): Promise<Watchdog> {
  const piece = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  const worker = new Worker(new URL('./watchdog-worker.ts', import.meta.url), {
    workerData: piece,
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 },
  })
  await new Promise((resolve, reject) => {
    worker.once('online', resolve)
    worker.once('error', reject)
  })
  worker.unref()
  let begun = 0
  return {
    begin() {
      // 0 stands for nothing.
      begun = (begun % 1_000_000) + 1
      Atomics.store(piece, 0, begun)
    },
    end() {
      Atomics.store(piece, 0, 0)
    },
    async stop() {
      await worker.terminate()
    },
  }
}

import { Worker } from 'node:worker_threads'
import type { SealJob, SealResult } from './seal-parts.ts'
import type { SealReply, SealRequest, SealWorkerData } from './seal-worker.ts'

export interface SealThread {
  /** One at a time. */
  run(job: SealJob): Promise<SealResult>
  /** Gives the thread and its memory back until the next job. */
  rest(): Promise<void>
  close(): Promise<void>
}

/** A job that failed, with the code of what failed it. */
export class SealJobError extends Error {
  readonly code: string | undefined
  constructor(message: string, code: string | undefined) {
    super(message)
    this.code = code
  }
}

/** A thread that lives only while there is something to do: most of the day there is not. */
export function createSealThread(workerData: SealWorkerData): SealThread {
  let worker: Worker | undefined
  let closed = false
  let nextId = 1
  let waiting: { id: number; resolve: (result: SealResult) => void; reject: (error: Error) => void } | undefined

  function start(): Worker {
    const started = new Worker(new URL('./seal-worker.ts', import.meta.url), { workerData })
    started.on('message', (reply: SealReply) => {
      if (waiting?.id !== reply.id) return
      const { resolve, reject } = waiting
      waiting = undefined
      if ('error' in reply) reject(new SealJobError(reply.error, reply.code))
      else resolve(reply.result)
    })
    started.on('error', (error) => {
      // A fault of ours ends the process, here as everywhere.
      queueMicrotask(() => {
        throw error
      })
    })
    return started
  }

  async function rest(): Promise<void> {
    const ending = worker
    worker = undefined
    await ending?.terminate()
  }

  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new SealJobError('the seal thread is closed', undefined))
        worker ??= start()
        waiting = { id: nextId, resolve, reject }
        nextId += 1
        worker.postMessage({ id: waiting.id, job } satisfies SealRequest)
      }),
    rest,
    async close() {
      closed = true
      await rest()
      waiting?.reject(new SealJobError('the seal thread is closed', undefined))
    },
  }
}

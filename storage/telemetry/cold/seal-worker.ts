import { constants, setPriority } from 'node:os'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { runSealJob } from './seal-jobs.ts'
import type { SealJob, SealResult } from './seal-parts.ts'

export interface SealRequest {
  id: number
  job: SealJob
}

export type SealReply = { id: number; result: SealResult } | { id: number; error: string; code: string | undefined }

export interface SealWorkerData {
  storePath: string
  dir: string
  /** How long it rests for each millisecond of work. */
  rest: number
}

/** It works this long before it rests. */
const stretchMs = 15

/** To be awaited between two pieces of work: sleeps `rest` times as long as was worked since the last sleep. */
export function createPace(rest: number): () => Promise<void> {
  let sinceMs = performance.now()
  return async () => {
    const workedMs = performance.now() - sinceMs
    if (workedMs < stretchMs) return
    await sleep(workedMs * rest)
    sinceMs = performance.now()
  }
}

/** One job at a time, in a thread of the lowest priority that rests more than it works. */
function serve(port: MessagePort, { storePath, dir, rest }: SealWorkerData): void {
  // On Linux a priority is a thread's; elsewhere this would slow down all of ingest.
  if (process.platform === 'linux') setPriority(0, constants.priority.PRIORITY_LOW)
  const hot = new DatabaseSync(storePath, { readOnly: true, timeout: 5000 })
  port.on('message', ({ id, job }: SealRequest) => {
    runSealJob({ hot, dir, pace: createPace(rest) }, job).then(
      (result) => port.postMessage({ id, result } satisfies SealReply),
      (error: unknown) => {
        const message = error instanceof Error ? error.message : String(error)
        port.postMessage({ id, error: message, code: Object(error).code } satisfies SealReply)
      },
    )
  })
}

if (parentPort !== null) serve(parentPort, workerData)

import { Worker } from 'node:worker_threads'
import type { PipelineReader, QuarantineSlice } from '../../contract/ports/pipeline.ts'
import type { EventsResult, StateReader, StatesResult, Uptime } from '../../contract/ports/states.ts'
import type { CityBucket, ManualReading, StoredReading, TelemetryReader } from '../../contract/ports/telemetry.ts'
import type { StoreCoverage } from './coverage.ts'
import { type PackedRange, unpackRange } from './packed-range.ts'
import type { ReaderCall, ReaderReply, ReaderRequest } from './reader-worker.ts'

export type LocalReader = TelemetryReader &
  PipelineReader &
  StateReader & { coverage(): Promise<StoreCoverage>; close(): Promise<void> }

interface Waiting {
  resolve: (result: unknown) => void
  reject: (error: Error) => void
}

/** Reads the embedded store and the quarantine from another process, through a worker thread. */
export function openLocalReader(files: { storePath: string }): LocalReader {
  const worker = new Worker(new URL('./reader-worker.ts', import.meta.url), { workerData: files })
  const waiting = new Map<number, Waiting>()
  let nextId = 1
  worker.on('message', (reply: ReaderReply) => {
    const caller = waiting.get(reply.id)
    waiting.delete(reply.id)
    if ('error' in reply) caller?.reject(new Error(reply.error))
    else caller?.resolve(reply.result)
  })

  // What comes back has the type of the method that was called: both ends stand in reader-worker.ts.
  function ask<T>(call: ReaderCall): Promise<T> {
    const request: ReaderRequest = { id: nextId, call }
    nextId += 1
    return new Promise((resolve, reject) => {
      waiting.set(request.id, { resolve: (result) => resolve(result as T), reject })
      worker.postMessage(request)
    })
  }

  return {
    engine: 'sqlite',
    range: async (query) => unpackRange(await ask<PackedRange>({ method: 'range', query })),
    city: (query) => ask<CityBucket[]>({ method: 'city', query }),
    latest: () => ask<StoredReading[]>({ method: 'latest' }),
    manual: (query) => ask<ManualReading[]>({ method: 'manual', query }),
    coverage: () => ask<StoreCoverage>({ method: 'coverage' }),
    quarantine: (query) => ask<QuarantineSlice>({ method: 'quarantine', query }),
    states: (query) => ask<StatesResult>({ method: 'states', query }),
    uptime: (query) => ask<Uptime[][]>({ method: 'uptime', query }),
    events: (query) => ask<EventsResult>({ method: 'events', query }),
    async close() {
      await worker.terminate()
    },
  }
}

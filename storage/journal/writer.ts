import { Worker } from 'node:worker_threads'
import type { JournalEntry, JournalStatus, JournalWriter } from '../../contract/ports/journal.ts'
import { makeFolder } from '../sync-folder.ts'
import { createBatchPacker, type Done } from './batch-packer.ts'
import { frameBytes } from './frame.ts'
import { localPartition } from './local-partition.ts'
import type { WorkerOptions, WorkerReply } from './writer-worker.ts'

export interface JournalWriterOptions {
  dir: string
  /** Past this the journal takes nothing more until ingest has caught up. */
  quotaBytes: number
  /** A segment is closed past this size. */
  segmentBytes?: number
  /** What may wait in memory while the disk is slow or full; past it `append` refuses at once. */
  pendingBytes?: number
}

/** Segments that the quota must have room for: only a closed one can be given back to the disk. */
const minSegments = 4
/** Batches with the worker at once: one being synced, one ready behind it. */
const maxInFlight = 2
/** A sync that takes longer than this is slow: what gathers meanwhile is handed on, to share the next one. */
const slowMs = 50
const maxInFlightWhenSlow = 24

/**
 * Opens the journal for writing: the place of acknowledgement. Entries are packed as they come and handed to a worker
 * thread once a turn of the event loop; the worker commits all it finds in one transaction and syncs, so that the
 * event loop of the broker never waits for a disk and a thousand messages share one sync.
 */
export function openJournalWriter(options: JournalWriterOptions): JournalWriter {
  const { dir, quotaBytes, pendingBytes: maxPending = 64 * 1024 * 1024 } = options
  const segmentBytes = Math.min(options.segmentBytes ?? 64 * 1024 * 1024, quotaBytes / minSegments)
  makeFolder(dir)
  const workerData: WorkerOptions = { dir, quotaBytes, segmentBytes }
  const worker = new Worker(new URL('./writer-worker.ts', import.meta.url), { workerData })

  const packer = createBatchPacker()
  const inFlight: { id: number; bytes: number; dones: Done[]; postedMs: number }[] = []
  let pending = 0
  let scheduled = false
  let slowTimer: NodeJS.Timeout | undefined
  let failure: Error | undefined
  const status: JournalStatus = { bytes: 0, quotaBytes, full: false, lastError: null, tails: null }

  function schedule(): void {
    if (scheduled) return
    if (inFlight.length >= maxInFlight) {
      slowTimer ??= setTimeout(postWhereSlow, slowMs)
      return
    }
    scheduled = true
    setImmediate(postScheduled)
  }

  function post(most = maxInFlight): void {
    while (inFlight.length < most) {
      const batch = packer.next()
      if (batch === undefined) return
      const { request, dones } = batch
      inFlight.push({ id: request.id, bytes: request.body.byteLength, dones, postedMs: performance.now() })
      worker.postMessage(request, [request.body.buffer])
    }
  }

  function postWhereSlow(): void {
    slowTimer = undefined
    const isSlow = performance.now() - (inFlight[0]?.postedMs ?? Number.POSITIVE_INFINITY) >= slowMs
    if (isSlow) post(Math.min(inFlight.length + 1, maxInFlightWhenSlow))
    if (!packer.isEmpty()) schedule()
  }

  function postScheduled(): void {
    scheduled = false
    post()
  }

  function written(upTo: number): void {
    while (inFlight[0] !== undefined && inFlight[0].id <= upTo) {
      const batch = inFlight.shift()
      pending -= batch?.bytes ?? 0
      for (const done of batch?.dones ?? []) done()
    }
    if (!packer.isEmpty()) schedule()
  }

  worker.on('message', (reply: WorkerReply) => {
    status.bytes = reply.bytes
    if (reply.type === 'blocked') {
      status.full = reply.full
      status.lastError = reply.reason
      return
    }
    status.tails = { [localPartition]: reply.tail }
    if (reply.type === 'opened') return
    status.full = false
    status.lastError = null
    written(reply.upTo)
  })
  // A worker that died has lost nothing that was acknowledged; the process ends and is started again.
  worker.on('error', (error) => {
    failure = error
    process.nextTick(() => {
      throw error
    })
  })

  return {
    append(entry: JournalEntry, done: Done) {
      const bytes = frameBytes(entry)
      if (failure !== undefined) return done(failure)
      if (pending + bytes > maxPending) return done(new Error(status.lastError ?? 'the journal cannot keep up'))
      packer.add(entry, bytes, done)
      pending += bytes
      schedule()
    },
    status: () => ({ ...status }),
    async close() {
      clearTimeout(slowTimer)
      post(Number.POSITIVE_INFINITY)
      // It ends by itself; to end it from here at the same moment can crash Node.
      const ended = new Promise((resolve) => worker.once('exit', resolve))
      worker.postMessage('close')
      await ended
    },
  }
}

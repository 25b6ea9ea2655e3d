import { Buffer } from 'node:buffer'
import { Worker } from 'node:worker_threads'
import type { JournalEntry, JournalStatus, JournalWriter } from '../../contract/ports/journal.ts'
import { makeFolder } from '../sync-folder.ts'
import { frameBytes, writeFrame } from './frame.ts'
import { localPartition } from './local-partition.ts'
import type { WorkerOptions, WorkerReply, WriteRequest } from './writer-worker.ts'

type Done = (error?: Error) => void

export interface JournalWriterOptions {
  dir: string
  /** Past this the journal takes nothing more until ingest has caught up. */
  quotaBytes: number
  /** A segment is closed past this size. */
  segmentBytes?: number
  /** What may wait in memory while the disk is slow or full; past it `append` refuses at once. */
  pendingBytes?: number
}

interface Batch {
  request: WriteRequest
  dones: Done[]
}

const startBytes = 64 * 1024
/** A batch is closed past this: whoever reads it holds all of it in memory. */
const maxBatchBytes = 512 * 1024
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

  let buffer = Buffer.allocUnsafeSlow(startBytes)
  let used = 0
  let readings = 0
  let waiting: Done[] = []
  const sealed: Batch[] = []
  const inFlight: { id: number; bytes: number; dones: Done[]; postedMs: number }[] = []
  let pending = 0
  let nextId = 1
  let scheduled = false
  let slowTimer: NodeJS.Timeout | undefined
  let failure: Error | undefined
  let onClosed: (() => void) | undefined
  const status: JournalStatus = { bytes: 0, quotaBytes, full: false, lastError: null, tails: null }

  function makeRoom(bytes: number): void {
    if (used + bytes <= buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(buffer.length * 2, used + bytes))
    buffer.copy(larger, 0, 0, used)
    buffer = larger
  }

  function schedule(): void {
    if (scheduled) return
    if (inFlight.length >= maxInFlight) {
      slowTimer ??= setTimeout(postWhereSlow, slowMs)
      return
    }
    scheduled = true
    setImmediate(postScheduled)
  }

  /** Closes the batch that is being packed. */
  function seal(): void {
    if (waiting.length === 0) return
    const body = new Uint8Array(used)
    body.set(buffer.subarray(0, used))
    sealed.push({ request: { id: nextId, entries: waiting.length, readings, body }, dones: waiting })
    nextId += 1
    used = 0
    readings = 0
    waiting = []
  }

  function post(most = maxInFlight): void {
    while (inFlight.length < most) {
      if (sealed.length === 0) seal()
      const batch = sealed.shift()
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
    if (waiting.length > 0 || sealed.length > 0) schedule()
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
    if (waiting.length > 0 || sealed.length > 0) schedule()
  }

  worker.on('message', (reply: WorkerReply) => {
    if (reply.type === 'closed') return onClosed?.()
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
      if (used > 0 && used + bytes > maxBatchBytes) seal()
      makeRoom(bytes)
      used = writeFrame(buffer, used, entry)
      readings += entry.readings
      pending += bytes
      waiting.push(done)
      schedule()
    },
    status: () => ({ ...status }),
    async close() {
      clearTimeout(slowTimer)
      post(Number.POSITIVE_INFINITY)
      const closed = new Promise<void>((resolve) => {
        onClosed = resolve
      })
      worker.postMessage('close')
      await closed
      await worker.terminate()
    },
  }
}

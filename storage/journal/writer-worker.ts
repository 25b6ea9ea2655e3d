import { existsSync } from 'node:fs'
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import type { JournalPosition } from '../../contract/ports/journal.ts'
import { makeFolder } from '../sync-folder.ts'
import { beginWriting, openActive, type PackedBatch } from './active-segment.ts'
import { readConsumed, writeTailHint } from './hints.ts'
import { listSegments, removeSegment, segmentBytes, segmentPath } from './segment.ts'

/** Batches that the broker packed; each becomes one row. */
export interface WriteRequest extends PackedBatch {
  id: number
}

export interface WorkerOptions {
  dir: string
  quotaBytes: number
  segmentBytes: number
}

export type WorkerReply =
  /** Where it goes on. */
  | { type: 'opened'; bytes: number; tail: JournalPosition }
  | { type: 'written'; upTo: number; bytes: number; tail: JournalPosition }
  /** Nothing of what is in hand is on disk; it is tried again until it is. */
  | { type: 'blocked'; reason: string; full: boolean; bytes: number }
  | { type: 'closed' }

const retryMs = 250
const cleanEveryMs = 2000

/** The only writer of the journal's files. Commits whatever has queued up in one transaction, syncs, answers. */
function run(port: MessagePort, { dir, quotaBytes, segmentBytes: segmentLimit }: WorkerOptions): void {
  let active = beginWriting(dir)
  let held: WriteRequest[] = []
  let totalBytes = listSegments(dir).reduce((sum, segment) => sum + segmentBytes(segment), 0)
  let activeBytes = segmentBytes(active.file)
  let retryTimer: NodeJS.Timeout | undefined
  let noted = 0

  function rotate(): void {
    const { seq, cum } = active.tail
    const next = { path: segmentPath(dir, seq + 1), firstSeq: seq + 1 }
    const previous = active
    try {
      active = openActive(next, cum)
    } catch (error) {
      // A file that is half made would bound the one before, which goes on.
      removeSegment(next)
      throw error
    }
    activeBytes = segmentBytes(active.file)
    previous.close()
  }

  function clean(): void {
    // Files that somebody took away can still be written, but never again be read.
    if (!existsSync(active.file.path)) {
      makeFolder(dir)
      rotate()
    }
    noteTail()
    const consumed = readConsumed(dir)
    const segments = listSegments(dir)
    for (const [index, segment] of segments.entries()) {
      const next = segments[index + 1]
      if (next !== undefined && next.firstSeq <= consumed + 1) removeSegment(segment)
    }
    totalBytes = listSegments(dir).reduce((sum, segment) => sum + segmentBytes(segment), 0)
  }

  function noteTail(): void {
    if (noted === active.tail.seq) return
    try {
      writeTailHint(dir, active.tail)
      noted = active.tail.seq
    } catch {
      // Only a hint, and the disk may be full.
    }
  }

  function commit(requests: readonly WriteRequest[]): void {
    active.commit(requests)
    for (const { body } of requests) {
      totalBytes += body.byteLength
      activeBytes += body.byteLength
    }
  }

  function reply(message: WorkerReply): void {
    port.postMessage(message)
  }

  function blocked(reason: string, full: boolean): void {
    reply({ type: 'blocked', reason, full, bytes: totalBytes })
    retryTimer ??= setTimeout(() => {
      retryTimer = undefined
      flush()
    }, retryMs)
  }

  /** Cleans up before it says so: what ingest has read since may have made room. */
  function isOverQuota(): boolean {
    if (totalBytes <= quotaBytes) return false
    rotateWhereLarge()
    clean()
    return totalBytes > quotaBytes
  }

  /** Where no new file can be made, the old one goes on; the next write tries again. */
  function rotateWhereLarge(): void {
    if (activeBytes <= segmentLimit) return
    try {
      rotate()
    } catch (error) {
      reply({ type: 'blocked', reason: messageOf(error), full: false, bytes: totalBytes })
    }
  }

  function flush(): void {
    if (held.length === 0 || retryTimer !== undefined) return
    if (isOverQuota()) return blocked('the journal has reached its quota', true)
    try {
      commit(held)
    } catch (error) {
      return recover(error)
    }
    const upTo = held.at(-1)?.id ?? 0
    held = []
    reply({ type: 'written', upTo, bytes: totalBytes, tail: active.tail })
    rotateWhereLarge()
  }

  /**
   * After a failed sync the kernel may have thrown the dirty pages away, so that a second sync of the same file would
   * falsely succeed (https://wiki.postgresql.org/wiki/Fsync_Errors): what was not acknowledged goes to a new file.
   */
  function recover(error: unknown): void {
    const message = messageOf(error)
    const full = /disk is full/i.test(message)
    blocked(message, full)
    if (full) return
    try {
      rotate()
    } catch {
      // The next try opens it again; what is held stays held and unacknowledged.
    }
  }

  port.on('message', (first: WriteRequest | 'close') => {
    let message: WriteRequest | 'close' | undefined = first
    let closing = false
    while (message !== undefined) {
      if (message === 'close') closing = true
      else held.push(message)
      message = receiveMessageOnPort(port)?.message
    }
    flush()
    if (closing) close()
  })

  function close(): void {
    clearTimeout(retryTimer)
    clearInterval(cleaner)
    noteTail()
    active.close()
    reply({ type: 'closed' })
    port.close()
  }

  const cleaner = setInterval(clean, cleanEveryMs)
  reply({ type: 'opened', bytes: totalBytes, tail: active.tail })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

if (parentPort !== null) run(parentPort, workerData)

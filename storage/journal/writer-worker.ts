import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import type { JournalPosition } from '../../contract/ports/journal.ts'
import type { PackedBatch } from './active-segment.ts'
import { openWrittenSegments } from './written-segments.ts'

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

const retryMs = 250
const cleanEveryMs = 2000

/** The only writer of the journal's files. Commits whatever has queued up in one transaction, syncs, answers. */
function run(port: MessagePort, { dir, quotaBytes, segmentBytes }: WorkerOptions): void {
  const segments = openWrittenSegments(dir)
  let held: WriteRequest[] = []
  let retryTimer: NodeJS.Timeout | undefined

  function reply(message: WorkerReply): void {
    port.postMessage(message)
  }

  function blocked(reason: string, full: boolean): void {
    reply({ type: 'blocked', reason, full, bytes: segments.bytes() })
    retryTimer ??= setTimeout(() => {
      retryTimer = undefined
      flush()
    }, retryMs)
  }

  /** Cleans up before it says so: what ingest has read since may have made room. */
  function isOverQuota(): boolean {
    if (segments.bytes() <= quotaBytes) return false
    rotateWhereLarge()
    segments.clean()
    return segments.bytes() > quotaBytes
  }

  /** Where no new file can be made, the old one goes on; the next write tries again. */
  function rotateWhereLarge(): void {
    if (segments.activeBytes() <= segmentBytes) return
    try {
      segments.rotate()
    } catch (error) {
      reply({ type: 'blocked', reason: messageOf(error), full: false, bytes: segments.bytes() })
    }
  }

  function flush(): void {
    if (held.length === 0 || retryTimer !== undefined) return
    if (isOverQuota()) return blocked('the journal has reached its quota', true)
    try {
      segments.commit(held)
    } catch (error) {
      return recover(error)
    }
    const upTo = held.at(-1)?.id ?? 0
    held = []
    reply({ type: 'written', upTo, bytes: segments.bytes(), tail: segments.tail() })
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
      segments.rotate()
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
    segments.noteTail()
    segments.close()
    // Ends this thread alone. Behind `port.close()` one went on for ever now and then, though nothing kept it.
    process.exit()
  }

  const cleaner = setInterval(segments.clean, cleanEveryMs)
  reply({ type: 'opened', bytes: segments.bytes(), tail: segments.tail() })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

if (parentPort !== null) run(parentPort, workerData)

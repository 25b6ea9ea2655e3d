import { Buffer } from 'node:buffer'
import type { JournalEntry } from '../../contract/ports/journal.ts'
import { writeFrame } from './frame.ts'
import type { WriteRequest } from './writer-worker.ts'

export type Done = (error?: Error) => void

interface Batch {
  request: WriteRequest
  /** Of its entries, in order. */
  dones: Done[]
}

/** Packs entries into batches as they come, without an object for each. */
export interface BatchPacker {
  /** @param bytes Of the entry's frame. */
  add(entry: JournalEntry, bytes: number, done: Done): void
  /** The oldest batch that is closed, or else the one that is being packed, which it closes. */
  next(): Batch | undefined
  isEmpty(): boolean
}

const startBytes = 64 * 1024
/** A batch is closed past this: whoever reads it holds all of it in memory. */
const maxBatchBytes = 512 * 1024

export function createBatchPacker(): BatchPacker {
  let buffer = Buffer.allocUnsafeSlow(startBytes)
  let used = 0
  let readings = 0
  let waiting: Done[] = []
  const sealed: Batch[] = []
  let nextId = 1

  function makeRoom(bytes: number): void {
    if (used + bytes <= buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(buffer.length * 2, used + bytes))
    buffer.copy(larger, 0, 0, used)
    buffer = larger
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

  return {
    add(entry, bytes, done) {
      if (used > 0 && used + bytes > maxBatchBytes) seal()
      makeRoom(bytes)
      used = writeFrame(buffer, used, entry)
      readings += entry.readings
      waiting.push(done)
    },
    next() {
      if (sealed.length === 0) seal()
      return sealed.shift()
    },
    isEmpty: () => waiting.length === 0 && sealed.length === 0,
  }
}

import type { Writable } from 'node:stream'
import type { FeedLine, LiveDevice } from '../contract/feed.ts'
import { type DeviceLiveState, liveOf } from './device-state.ts'

export interface FeedServer {
  /** A new listener; it gets a snapshot, then every line. */
  add(stream: Writable): void
  send(line: FeedLine): void
  /** Devices that changed, each as JSON. */
  sendChanges(devices: readonly string[], atMs: number): void
}

/** Past this a reader is too slow for deltas: it is cut off, and gets a new snapshot when it comes back. */
const maxBufferedBytes = 16 * 1024 * 1024

/** Newline-delimited JSON to whoever listens. Encoded once for all; nothing is done while nobody does. */
export function createFeedServer({ snapshot }: { snapshot: () => FeedLine[] }): FeedServer {
  /** Each listener, and how much of its snapshot it may still have before it while deltas follow. */
  const streams = new Map<Writable, number>()

  function sendText(text: string): void {
    for (const [stream, snapshotBytes] of streams) {
      if (stream.writableLength > maxBufferedBytes + snapshotBytes) stream.destroy()
      else stream.write(text)
    }
  }

  return {
    add(stream) {
      stream.on('error', () => stream.destroy())
      stream.on('close', () => streams.delete(stream))
      for (const line of snapshot()) stream.write(`${JSON.stringify(line)}\n`)
      streams.set(stream, stream.writableLength)
    },
    send(line) {
      if (streams.size > 0) sendText(`${JSON.stringify(line)}\n`)
    },
    sendChanges(devices, atMs) {
      if (streams.size === 0) return
      for (let at = 0; at < devices.length; at += devicesPerLine) {
        sendText(changesText(devices.slice(at, at + devicesPerLine), atMs))
      }
    },
  }
}

type DevicesLine = Extract<FeedLine, { devices: LiveDevice[] }>

/** Devices of one line: some 50 KB, and at most 1 MB whatever they made up, so that nobody needs long to read it. */
const devicesPerLine = 50

/** A line of what changed, of devices that are JSON already. */
function changesText(devices: readonly string[], atMs: number): string {
  return `{"type":"changes","atMs":${atMs},"devices":[${devices.join(',')}]}\n`
}

/** Lines of what changed. */
function changesLines(memories: readonly DeviceLiveState[], atMs: number): DevicesLine[] {
  return Array.from({ length: Math.ceil(memories.length / devicesPerLine) }, (_, n) => {
    const part = memories.slice(n * devicesPerLine, (n + 1) * devicesPerLine)
    return { type: 'changes', atMs, devices: part.map(liveOf) }
  })
}

/** All there is: a snapshot, and what does not fit into it as changes to it. The last line has nothing `left`. */
export function snapshotLines(memories: readonly DeviceLiveState[], atMs: number): DevicesLine[] {
  const [first = { type: 'changes', atMs, devices: [] }, ...rest] = changesLines(memories, atMs)
  const left = rest.length
  return [{ ...first, type: 'snapshot', left }, ...rest.map((line, n) => ({ ...line, left: left - 1 - n }))]
}

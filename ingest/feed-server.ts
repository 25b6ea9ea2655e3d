import type { Writable } from 'node:stream'
import type { FeedLine } from '../contract/feed.ts'

export interface FeedServer {
  /** A new listener; it gets a snapshot, then every line. */
  add(stream: Writable): void
  send(line: FeedLine): void
}

/** Past this a reader is too slow for deltas: it is cut off, and gets a new snapshot when it comes back. */
const mostBufferedBytes = 16 * 1024 * 1024

/** Newline-delimited JSON to whoever listens. Encoded once for all; nothing is done while nobody does. */
export function createFeedServer({ snapshot }: { snapshot: () => FeedLine[] }): FeedServer {
  const streams = new Set<Writable>()
  return {
    add(stream) {
      stream.on('error', () => stream.destroy())
      stream.on('close', () => streams.delete(stream))
      for (const line of snapshot()) stream.write(`${JSON.stringify(line)}\n`)
      streams.add(stream)
    },
    send(line) {
      if (streams.size === 0) return
      const text = `${JSON.stringify(line)}\n`
      for (const stream of streams) {
        if (stream.writableLength > mostBufferedBytes) stream.destroy()
        else stream.write(text)
      }
    },
  }
}

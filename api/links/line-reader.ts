import type { Readable } from 'node:stream'
import type { FeedLine } from '../../contract/feed.ts'

/** Lines of the feed, in order, a little at a time. */
export interface LineReader {
  read(stream: Readable): void
  /** What was not handed on yet is dropped: the next snapshot says it anew. */
  stop(): void
}

/** Lines are handed on for so long before others have their turn; the last one begun is ended. */
const sliceMs = 5
/** Text that waits; past it the other side waits too. */
const maxWaitingChars = 4 * 1024 * 1024

/**
 * A snapshot of a city comes in megabytes that are there at once: each of its lines is quickly taken in, all of them are
 * not.
 */
export function createLineReader({ line }: { line: (line: FeedLine) => void }): LineReader {
  let stream: Readable | undefined
  let waiting: string[] = []
  let waitingChars = 0
  /** A line whose end has not come. */
  let begun: string[] = []
  let turn: NodeJS.Immediate | undefined

  function addChunk(chunk: string): void {
    const parts = chunk.split('\n')
    const last = parts.pop() ?? ''
    for (const part of parts) {
      waiting.push(begun.length === 0 ? part : [...begun, part].join(''))
      begun = []
    }
    if (last !== '') begun.push(last)
    waitingChars += chunk.length
    if (waitingChars > maxWaitingChars) stream?.pause()
    turn ??= setImmediate(handOn)
  }

  function handOn(): void {
    const untilMs = performance.now() + sliceMs
    turn = undefined
    let taken = 0
    for (const text of waiting) {
      taken += 1
      waitingChars -= text.length + 1
      const parsed = parseLine(text)
      if (parsed !== undefined) line(parsed)
      if (performance.now() >= untilMs) break
    }
    waiting = waiting.slice(taken)
    if (waiting.length > 0) turn = setImmediate(handOn)
    if (waitingChars <= maxWaitingChars) stream?.resume()
  }

  return {
    read(from) {
      stream = from
      from.setEncoding('utf8')
      from.on('data', addChunk)
    },
    stop() {
      stream?.off('data', addChunk)
      stream = undefined
      clearImmediate(turn)
      waiting = []
      begun = []
    },
  }
}

/** `undefined` for what a process left behind that died while it wrote. */
function parseLine(text: string): FeedLine | undefined {
  try {
    // Our own process wrote the line, in this shape.
    return JSON.parse(text) as FeedLine
  } catch {
    return undefined
  }
}

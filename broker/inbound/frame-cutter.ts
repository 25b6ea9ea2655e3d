/** What `next` found. */
type Cut = 'frame' | 'more' | 'too-large' | 'malformed'

/**
 * Cuts a stream of bytes into whole MQTT packets. The packet found lies in `bytes` from `start` (its first byte) over
 * `body` (behind the fixed header) to `end`; the fields are those of the last `next`, so that no object is made for each.
 */
export interface FrameCutter {
  bytes: Buffer
  start: number
  body: number
  end: number
  push(chunk: Buffer): void
  next(): Cut
}

const nothing: Buffer = Buffer.alloc(0)
/** [MQTT-2.2.3]: the remaining length has at most four bytes. */
const maxLengthBytes = 4

/** @param limit most bytes behind the fixed header, asked at each packet. */
export function createFrameCutter(limit: () => number): FrameCutter {
  /** A packet that is not whole yet, in a buffer of its full size. */
  let partial: Buffer | undefined
  let filled = 0
  /** What came behind that packet. */
  let tail = nothing

  const cutter: FrameCutter = {
    bytes: nothing,
    start: 0,
    body: 0,
    end: 0,

    push(chunk) {
      if (partial !== undefined) return fill(partial, chunk)
      // Only a fixed header that is not whole can be left.
      const left = cutter.bytes.subarray(cutter.end)
      cutter.bytes = left.length === 0 ? chunk : Buffer.concat([left, chunk])
      cutter.end = 0
    },

    next() {
      if (cutter.end === cutter.bytes.length && tail.length > 0) {
        cutter.bytes = tail
        tail = nothing
        cutter.end = 0
      }
      return cut(cutter.bytes, cutter.end)
    },
  }

  function cut(bytes: Buffer, start: number): Cut {
    let length = 0
    for (let at = start + 1; at <= start + maxLengthBytes; at += 1) {
      const byte = bytes[at]
      if (byte === undefined) return 'more'
      length += (byte & 0x7f) * 128 ** (at - start - 1)
      if (byte < 0x80) return found(start, at + 1, length)
    }
    return 'malformed'
  }

  function found(start: number, body: number, length: number): Cut {
    if (length > limit()) return 'too-large'
    if (body + length > cutter.bytes.length) return keep(start, body + length)
    cutter.start = start
    cutter.body = body
    cutter.end = body + length
    return 'frame'
  }

  /** Asks for the packet's whole memory at once, so that bytes which trickle in one by one cost no more than a flow. */
  function keep(start: number, end: number): Cut {
    partial = Buffer.allocUnsafeSlow(end - start)
    filled = cutter.bytes.copy(partial, 0, start)
    cutter.bytes = nothing
    cutter.end = 0
    return 'more'
  }

  function fill(whole: Buffer, chunk: Buffer): void {
    const taken = chunk.copy(whole, filled)
    filled += taken
    if (filled < whole.length) return
    cutter.bytes = whole
    cutter.end = 0
    tail = chunk.subarray(taken)
    partial = undefined
  }

  return cutter
}

/** Bytes of a sealed column: growing on one side, bounds-checked on the other. */

export interface ByteWriter {
  byte(value: number): void
  /** A whole number from 0 to 2^53, seven bits a byte, lowest first. */
  uint(value: number): void
  /** A whole number of either sign, small ones of both signs short (zigzag). */
  int(value: number): void
  bytes(value: Uint8Array): void
  take(): Uint8Array
}

const firstSize = 256
const longestNumber = 8

export function createByteWriter(): ByteWriter {
  let buffer = Buffer.allocUnsafe(firstSize)
  let at = 0

  function room(n: number): void {
    if (at + n <= buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, at + n))
    buffer.copy(larger, 0, 0, at)
    buffer = larger
  }

  function uint(value: number): void {
    room(longestNumber)
    let left = value
    // Bit operations work on 32 bits; what is larger is divided first.
    while (left >= 0x8000_0000) {
      buffer[at++] = (left % 0x80) | 0x80
      left = Math.floor(left / 0x80)
    }
    while (left >= 0x80) {
      buffer[at++] = (left & 0x7f) | 0x80
      left >>>= 7
    }
    buffer[at++] = left
  }

  return {
    byte(value) {
      room(1)
      buffer[at++] = value
    },
    uint,
    int: (value) => uint(value < 0 ? -2 * value - 1 : 2 * value),
    bytes(value) {
      room(value.length)
      buffer.set(value, at)
      at += value.length
    },
    take: () => buffer.subarray(0, at),
  }
}

/** Bytes that are not what was written. */
export class ChunkDamagedError extends Error {
  readonly code = 'chunk-damaged'
}

export interface ByteReader {
  byte(): number
  uint(): number
  int(): number
  bytes(n: number): Uint8Array
  atEnd(): boolean
}

/** Throws ChunkDamagedError where it would read past the end. */
export function createByteReader(bytes: Uint8Array): ByteReader {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0

  function need(n: number): void {
    if (at + n > buffer.length) throw new ChunkDamagedError('a sealed chunk ends too early')
  }

  function byte(): number {
    need(1)
    return buffer[at++] ?? 0
  }

  function uint(): number {
    let next = byte()
    if (next < 0x80) return next
    let value = next & 0x7f
    let unit = 0x80
    do {
      next = byte()
      value += (next & 0x7f) * unit
      unit *= 0x80
    } while (next >= 0x80)
    return value
  }

  return {
    byte,
    uint,
    int() {
      const zigzag = uint()
      return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2
    },
    bytes(n) {
      need(n)
      at += n
      return buffer.subarray(at - n, at)
    },
    atEnd: () => at >= buffer.length,
  }
}

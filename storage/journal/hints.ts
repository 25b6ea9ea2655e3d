import { closeSync, constants, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

/**
 * How far ingest has read, told to the writer so that it may unlink what lies behind. Only a hint for cleaning up:
 * ingest's own offset stands in its database, in one transaction with what it stored.
 */

const consumedFile = 'consumed'
const tailFile = 'tail'

export function readConsumed(dir: string): number {
  return read(dir, consumedFile)[0] ?? 0
}

export function writeConsumed(dir: string, seq: number): void {
  write(dir, consumedFile, [seq])
}

/**
 * How far the writer had come a moment ago. Where the end of the newest segment was damaged, numbers and counts go on
 * behind this, so that no number is given twice and what is missing can be counted.
 */
export function readTailHint(dir: string): { seq: number; cum: number } {
  const [seq = 0, cum = 0] = read(dir, tailFile)
  return { seq, cum }
}

export function writeTailHint(dir: string, { seq, cum }: { seq: number; cum: number }): void {
  write(dir, tailFile, [seq, cum])
}

const fileLength = 64

/** Numbers and their CRC-32. None where the file is missing, or was read while it was written. */
function read(dir: string, name: string): number[] {
  try {
    const [crc, ...numbers] = readFileSync(join(dir, name), 'utf8').trim().split(' ').map(Number)
    return crc === crc32(numbers.join(' ')) ? numbers : []
  } catch {
    return []
  }
}

/** In place and always as long: a full disk has no room for a new file, and without hints nothing would be unlinked. */
function write(dir: string, name: string, numbers: readonly number[]): void {
  mkdirSync(dir, { recursive: true })
  const descriptor = openSync(join(dir, name), constants.O_WRONLY | constants.O_CREAT)
  try {
    const text = numbers.join(' ')
    writeSync(descriptor, `${crc32(text)} ${text}`.padEnd(fileLength), 0)
  } catch (error) {
    if (Object(error).code !== 'ENOSPC') throw error
  } finally {
    closeSync(descriptor)
  }
}

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * How far ingest has read, told to the writer so that it may unlink what lies behind. Only a hint for cleaning up:
 * ingest's own offset stands in its database, in one transaction with what it stored.
 */

const consumedFile = 'consumed'
const tailFile = 'tail'

export function readConsumed(dir: string): number {
  try {
    const seq = Number(readFileSync(join(dir, consumedFile), 'utf8'))
    return Number.isSafeInteger(seq) && seq > 0 ? seq : 0
  } catch {
    return 0
  }
}

export function writeConsumed(dir: string, seq: number): void {
  write(dir, consumedFile, String(seq))
}

/**
 * How far the writer had come a moment ago. Where the end of the newest segment was damaged, numbers and counts go on
 * behind this, so that no number is given twice and what is missing can be counted.
 */
export function readTailHint(dir: string): { seq: number; cum: number } {
  try {
    const [seq = 0, cum = 0] = readFileSync(join(dir, tailFile), 'utf8').split(' ').map(Number)
    return Number.isSafeInteger(seq) && Number.isSafeInteger(cum) ? { seq, cum } : { seq: 0, cum: 0 }
  } catch {
    return { seq: 0, cum: 0 }
  }
}

export function writeTailHint(dir: string, { seq, cum }: { seq: number; cum: number }): void {
  write(dir, tailFile, `${seq} ${cum}`)
}

function write(dir: string, name: string, text: string): void {
  const path = join(dir, name)
  mkdirSync(dir, { recursive: true })
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}

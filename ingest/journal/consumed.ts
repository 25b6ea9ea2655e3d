import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * How far ingest has read, told to the writer so that it may unlink what lies behind. Only a hint for cleaning up:
 * ingest's own offset stands in its database, in one transaction with what it stored.
 */

const fileName = 'consumed'

export function readConsumed(dir: string): number {
  try {
    const seq = Number(readFileSync(join(dir, fileName), 'utf8'))
    return Number.isSafeInteger(seq) && seq > 0 ? seq : 0
  } catch {
    return 0
  }
}

export function writeConsumed(dir: string, seq: number): void {
  const path = join(dir, fileName)
  mkdirSync(dir, { recursive: true })
  writeFileSync(`${path}.new`, String(seq))
  renameSync(`${path}.new`, path)
}

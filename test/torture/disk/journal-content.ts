import type { JournalBatch } from '../../../contract/ports/journal.ts'
import { openSegmentReader } from '../../../storage/journal/segment-reader.ts'

/** Every batch that the real reader finds from the beginning, in order. */
export function* batchesIn(dir: string): Generator<JournalBatch> {
  const reader = openSegmentReader(dir)
  try {
    for (let after = 0; ; ) {
      const batches = reader.read(after, 64 * 1024)
      if (batches.length === 0) return
      yield* batches
      after = batches.at(-1)?.seq ?? after
    }
  } finally {
    reader.close()
  }
}

/** The numbers of the messages of a batch: `{"n":1}`. */
export function numbersOf({ entries }: JournalBatch): number[] {
  return (entries ?? []).map(({ payload }) => Number(JSON.parse(Buffer.from(payload).toString()).n))
}

import type { JournalReader, JournalReaderOptions } from '../../contract/ports/journal.ts'
import { localPartition } from './local-partition.ts'
import { openSegmentReader } from './segment-reader.ts'

/** Opens the journal in a folder of this machine, which has one partition. */
export function openJournalReader(dir: string, { onDamage }: JournalReaderOptions = {}): JournalReader {
  const segments = openSegmentReader(dir, {
    ...(onDamage !== undefined && { onDamage: (damage) => onDamage({ partition: localPartition, ...damage }) }),
  })
  const isOurs = (partition: string) => partition === localPartition
  return {
    partitions: async () => [localPartition],
    read: async (partition, after, maxBytes) => (isOurs(partition) ? segments.read(after, maxBytes) : []),
    async commit(partition, seq) {
      if (isOurs(partition)) segments.commit(seq)
    },
    head: async (partition) => (isOurs(partition) ? segments.head() : undefined),
    tail: async (partition) => (isOurs(partition) ? segments.tail() : undefined),
    close: async () => segments.close(),
  }
}

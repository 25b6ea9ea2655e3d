import { connectBroker } from '../../../api/links/broker-link.ts'
import type { BrokerStatus } from '../../../contract/ports/control.ts'
import type { JournalEntry } from '../../../contract/ports/journal.ts'
import { openSegmentReader } from '../../../storage/journal/segment-reader.ts'
import type { Door } from './door.ts'

/** What stands in the journal, as the broker wrote it. */
export function journalOf({ dir }: Pick<Door, 'dir'>): JournalEntry[] {
  const reader = openSegmentReader(`${dir}/journal`)
  try {
    return reader.read(0, 1e8).flatMap(({ entries }) => entries ?? [])
  } finally {
    reader.close()
  }
}

export async function statusOf({ socketPath }: Pick<Door, 'socketPath'>): Promise<BrokerStatus> {
  const status = await connectBroker(socketPath).status()
  if (status === undefined) throw new Error('the broker tells nothing')
  return status
}

/** Who was turned away, by reason. */
export const refusedAt = async (door: Pick<Door, 'socketPath'>) => (await statusOf(door)).refused

import type { JournalTails, LedgerCounts, PipelineCounters } from '../contract/feed.ts'

/**
 * Where every reading is. `received` is not counted anywhere: it is what was taken in and what waits, so that the sum holds
 * however old either side is. A tail that is older than the ledger says nothing.
 */
export function pipelineCounters(counts: LedgerCounts, tails: JournalTails): PipelineCounters {
  const { stored, duplicates, rejected, outbox, extra } = counts
  const taken = new Map(counts.partitions.map((one) => [one.partition, one]))
  let received = extra
  let inJournal = 0
  for (const partition of new Set([...taken.keys(), ...Object.keys(tails)])) {
    const { base, cum } = taken.get(partition) ?? { base: 0, cum: 0 }
    const waiting = Math.max(0, (tails[partition] ?? 0) - cum)
    received += base + cum + waiting
    inJournal += waiting
  }
  return { received, stored, duplicates, rejected, waiting: inJournal + outbox }
}

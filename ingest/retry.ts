import type { JournalEntry } from '../contract/ports/journal.ts'
import type { QuarantineRow, RetryResult } from '../contract/ports/pipeline.ts'
import type { Ledger } from '../storage/telemetry/ledger.ts'
import type { Refuse } from '../storage/telemetry/quarantine.ts'
import type { MessagePipeline } from './pipeline.ts'

/** Tries what is in quarantine again; to be called within a transaction. `undefined`: there is no such row. */
export function createRetry(
  ledger: Ledger,
  pipeline: MessagePipeline,
): (quarantineId: number) => RetryResult | undefined {
  function retry(row: QuarantineRow): RetryResult {
    const refused: Parameters<Refuse>[0][] = []
    const { readings, stored, duplicates } = pipeline.retry(entryOf(row), (item) => refused.push(item))
    const worst = refused.find(({ n }) => n > 0)
    const reason = worst?.reason ?? null
    ledger.recount(row.readings, readings)
    if (worst !== undefined && stored + duplicates === 0) {
      ledger.keep(row, { reason: worst.reason, detail: worst.detail, atMs: Date.now(), n: readings })
      return { outcome: 'rejected', reason }
    }
    // What of it could not be taken this time either stays behind, part by part.
    ledger.release(row)
    for (const item of refused) ledger.reject({ ...item, atMs: row.atMs, topic: row.topic, deviceId: row.deviceId })
    return { outcome: stored > 0 ? 'stored' : 'duplicate', reason }
  }

  return (quarantineId) => {
    const row = ledger.quarantined(quarantineId)
    if (row === undefined) return undefined
    // A note only: the reading itself was taken when it came.
    return row.readings === 0 ? { outcome: 'rejected', reason: row.reason } : retry(row)
  }
}

/** The message as it came. */
function entryOf({ atMs, deviceId, topic, payload, readings }: QuarantineRow): JournalEntry {
  return {
    receivedAtMs: atMs,
    type: 'message',
    principal: deviceId ?? '',
    topic,
    payload,
    qos: 1,
    dup: false,
    readings,
  }
}

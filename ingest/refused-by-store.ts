import type { StoredReading, StoreRefusal } from '../contract/ports/telemetry.ts'
import type { Ledger } from '../storage/telemetry/ledger.ts'
import type { RefusedItem } from '../storage/telemetry/quarantine.ts'

/** Puts what the configured store refused of a batch into quarantine. */
export function rejectRefused(
  { topicRoot, ledger }: { topicRoot: string; ledger: Pick<Ledger, 'reject'> },
  readings: readonly StoredReading[],
  refused: readonly StoreRefusal[],
): void {
  for (const refusal of refused) {
    const reading = readings[refusal.index]
    if (reading !== undefined) ledger.reject(refusedByStore(topicRoot, reading, refusal))
  }
}

/** What goes to quarantine of a reading that the configured store refused; of one value of it, a note. */
function refusedByStore(
  topicRoot: string,
  { deviceId, kind, tsMs, receivedAtMs, lat, lon, metrics }: StoredReading,
  { metric, detail }: StoreRefusal,
): RefusedItem {
  return {
    atMs: receivedAtMs,
    topic: `${topicRoot}/${kind}/${deviceId}/telemetry`,
    deviceId,
    reason: 'refused-by-store',
    detail: metric === undefined ? detail : `${metric}: ${detail}`,
    n: metric === undefined ? 1 : 0,
    payload: new TextEncoder().encode(JSON.stringify({ ts: tsMs, lat, lon, ...metrics })),
  }
}

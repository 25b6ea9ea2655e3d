import type { StoredReading, StoreRefusal } from '../contract/ports/telemetry.ts'
import type { RefusedItem } from '../storage/telemetry/quarantine.ts'

/** What goes to quarantine of a reading that the configured store refused; of one value of it, a note. */
export function refusedByStore(
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

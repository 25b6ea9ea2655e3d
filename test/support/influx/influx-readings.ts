import type { StoredReading } from '../../../contract/ports/telemetry.ts'

export const startMs = Date.UTC(2025, 5, 15, 10)

/** A reading of a river gauge, with what a test wants otherwise. */
export function gaugeReading(over: Partial<StoredReading> = {}): StoredReading {
  return {
    deviceId: 'gauge-1',
    kind: 'sensor',
    profile: 'river-gauge',
    areaCode: '12.75.01',
    tsMs: startMs,
    receivedAtMs: startMs + 250,
    tsSource: 'device',
    simulated: false,
    metrics: { water_level_m: 1.25 },
    ...over,
  }
}

export const gaugeRange = {
  deviceId: 'gauge-1',
  profile: 'river-gauge',
  fromMs: startMs - 86_400_000,
  toMs: startMs + 86_400_000,
  limit: 50_000,
}

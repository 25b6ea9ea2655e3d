import type {
  CityBucket,
  CityQuery,
  RangeQuery,
  StoredReading,
  TelemetryStore,
} from '../../../contract/ports/telemetry.ts'

/** Where one store keeps its readings during one test; empty at first. */
export interface StoreGround {
  /** Opens the store; after a `close()` it is called again and must find everything that was written. */
  open(): Promise<TelemetryStore>
  /** Takes away what the store depends on, and gives it back. Absent where nothing can be taken away. */
  outage?: { begin(): Promise<void>; end(): Promise<void> }
  remove(): Promise<void>
}

export type StoreTest = (part: { store: TelemetryStore; ground: StoreGround }) => Promise<void>
/** By name: what a store must do. */
export type StoreTests = Record<string, StoreTest>

export const minuteMs = 60_000
export const hourMs = 3_600_000
export const dayMs = 86_400_000
/** A full hour, so that every bucket width used here begins at it. */
export const baseMs = Date.UTC(2025, 5, 15, 10)

export function reading(over: Partial<StoredReading> = {}): StoredReading {
  const tsMs = over.tsMs ?? baseMs
  return {
    deviceId: 'gauge-1',
    kind: 'sensor',
    profile: 'river-gauge',
    areaCode: '12.75.01',
    tsMs,
    receivedAtMs: tsMs + 250,
    tsSource: 'device',
    simulated: false,
    metrics: { water_level_m: 1.25 },
    ...over,
  }
}

export const wholeDay: RangeQuery = {
  deviceId: 'gauge-1',
  profile: 'river-gauge',
  fromMs: baseMs - dayMs,
  toMs: baseMs + dayMs,
  limit: 50_000,
}

export const cityQuery: CityQuery = {
  profile: 'river-gauge',
  metric: 'water_level_m',
  fromMs: baseMs,
  toMs: baseMs + hourMs,
  everyMs: 10 * minuteMs,
}

export function inOrder(buckets: readonly CityBucket[]): CityBucket[] {
  return buckets.toSorted((a, b) => a.ms - b.ms || (a.areaCode ?? '').localeCompare(b.areaCode ?? ''))
}

export function byDevice(readings: readonly StoredReading[]): StoredReading[] {
  return readings.toSorted((a, b) => a.deviceId.localeCompare(b.deviceId))
}

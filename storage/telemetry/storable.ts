import { metricNamePattern } from '../../contract/metrics.ts'
import type { StoredReading, StoreRefusal } from '../../contract/ports/telemetry.ts'
import { deviceIdPattern } from '../../contract/topics.ts'

/** What of a reading no engine can ever store; of readings that came through the pipeline nothing is. */
export function unstorableOf({ deviceId, metrics, lat }: StoredReading, index: number): StoreRefusal[] {
  if (!deviceIdPattern.test(deviceId)) return [{ index, detail: 'the device id is none' }]
  const parts = Object.entries(metrics).flatMap(([metric, value]) => {
    if (!metricNamePattern.test(metric)) return [{ index, metric, detail: 'the metric name is none' }]
    return Number.isFinite(value) ? [] : [{ index, metric, detail: `${metric} is not a finite number` }]
  })
  const [first] = parts
  const nothingLeft = parts.length === Object.keys(metrics).length && lat === undefined
  return first !== undefined && nothingLeft ? [{ index, detail: first.detail }] : parts
}

/** The rest of a reading of which some values were refused. */
export function withoutRefused(reading: StoredReading, refused: readonly StoreRefusal[]): StoredReading {
  if (refused.length === 0) return reading
  const kept = Object.entries(reading.metrics).filter(([name]) => refused.every(({ metric }) => metric !== name))
  return { ...reading, metrics: Object.fromEntries(kept) }
}

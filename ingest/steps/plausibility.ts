import { findMetric } from '../../contract/metrics.ts'
import type { Metrics } from '../../contract/reading.ts'

export interface Plausible {
  metrics: Metrics
  /** Metrics outside their physical range, set aside. */
  faults: string[]
}

/** Sets aside what cannot be: a value outside the range that the dictionary gives its metric. */
export function checkPlausible(metrics: Metrics): Plausible {
  const faults = Object.keys(metrics).filter((name) => !isPlausible(name, metrics[name] ?? 0))
  if (faults.length === 0) return { metrics, faults }
  const kept = Object.fromEntries(Object.entries(metrics).filter(([name]) => !faults.includes(name)))
  return { metrics: kept, faults }
}

function isPlausible(name: string, value: number | boolean): boolean {
  const metric = findMetric(name)
  if (metric === undefined || typeof value === 'boolean') return true
  return value >= metric.min && value <= metric.max
}

import { isPlausible } from '../../contract/metrics.ts'
import type { Metrics, Reading } from '../../contract/reading.ts'
import { isPlaceBelievable, type Surroundings } from './place.ts'

export interface Plausible {
  /** Without what cannot be. */
  reading: Reading
  /** Metrics outside their physical range, and `position`, set aside. */
  faults: string[]
  /** The same in words, with the values. */
  details: string[]
}

/** Sets aside what cannot be: a value outside the range that the dictionary gives its metric, a place far from the city. */
export function checkPlausible(reading: Reading, surroundings?: Surroundings): Plausible {
  const faults = Object.keys(reading.metrics).filter((name) => !isPlausible(name, reading.metrics[name] ?? 0))
  const isPlace = isPlaceBelievable(reading, surroundings)
  if (faults.length === 0 && isPlace) return { reading, faults, details: [] }
  const details = faults.map((name) => `${name} = ${String(reading.metrics[name])}`)
  const kept = { ...reading, metrics: without(reading.metrics, faults) }
  if (isPlace) return { reading: kept, faults, details }
  const { lat, lon, ...placeless } = kept
  details.push(`the place lat ${lat}, lon ${lon} is not believable`)
  return { reading: placeless, faults: [...faults, 'position'], details }
}

function without(metrics: Metrics, names: readonly string[]): Metrics {
  return Object.fromEntries(Object.entries(metrics).filter(([name]) => !names.includes(name)))
}

import { type MetricName, metrics } from './metrics.ts'
import type { SimulatedMemory, SimulatedMoment } from './profile.ts'
import type { Metrics } from './reading.ts'

/** Building blocks of the profiles' `simulate()`: daily curves, slow wandering, chance. All pure but for the memory. */

const dayHours = 24

/** A bell over the clock: 1 at `at` o'clock, about 0.6 `width` hours from it, joined at midnight. */
export function bell(hour: number, { at, width }: { at: number; width: number }): number {
  const apart = Math.abs(hour - at)
  const distance = Math.min(apart, dayHours - apart)
  return Math.exp(-(distance ** 2) / (2 * width ** 2))
}

/** How high the sun stands over the equator, 0 (night) to 1 (noon); rise about 6.15, set about 18.30 in western Java time. */
export function daylight(hour: number): number {
  const sunriseHour = 6.25
  const sunsetHour = 18.5
  if (hour <= sunriseHour || hour >= sunsetHour) return 0
  return Math.sin((Math.PI * (hour - sunriseHour)) / (sunsetHour - sunriseHour))
}

export function between(random: () => number, low: number, high: number): number {
  return low + (high - low) * random()
}

/** One draw of the normal distribution with mean 0 and deviation 1 (Box-Muller). */
export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** How many events of a mean rate fall into one interval: Poisson, by the normal approximation above 30. */
export function poisson(random: () => number, mean: number): number {
  if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)))
  const limit = Math.exp(-mean)
  let events = 0
  for (let product = random(); product > limit; product *= random()) events += 1
  return events
}

/** What the memory holds under a key; chosen once, at the first reading. */
export function recall(memory: SimulatedMemory, key: string, first: () => number): number {
  const kept = memory[key] ?? first()
  memory[key] = kept
  return kept
}

/** Adds to a number in memory and returns the sum. */
export function accumulate(memory: SimulatedMemory, key: string, amount: number, first = () => 0): number {
  const sum = recall(memory, key, first) + amount
  memory[key] = sum
  return sum
}

/**
 * A value that wanders around 0 with deviation `spread` and forgets itself within `settleS` seconds
 * (Ornstein-Uhlenbeck, exact for any step), as temperatures, winds and loads do.
 */
export function wander(
  memory: SimulatedMemory,
  key: string,
  { moment, spread, settleS }: { moment: SimulatedMoment; spread: number; settleS: number },
): number {
  const before = recall(memory, key, () => spread * normal(moment.random))
  const keep = Math.exp(-moment.elapsedS / settleS)
  const after = before * keep + spread * Math.sqrt(1 - keep ** 2) * normal(moment.random)
  memory[key] = after
  return after
}

/** True once a day, at the first reading after `atHour`. */
export function passedHour(memory: SimulatedMemory, { hour }: SimulatedMoment, atHour: number): boolean {
  const sinceHour = (hour - atHour + dayHours) % dayHours
  const before = recall(memory, 'since_hour', () => sinceHour)
  memory.since_hour = sinceHour
  return sinceHour < before
}

/** A reading as an instrument gives it: within the range of its metric and with no more decimals than that has. */
export function measured(values: Partial<Record<MetricName, number | boolean>>): Metrics {
  const entries = Object.entries(values).map(([name, exact]) => [
    name,
    // Object.entries() forgets the key type; `values` has no other keys.
    typeof exact === 'number' ? quantised(name as MetricName, exact) : exact,
  ])
  return Object.fromEntries(entries)
}

function quantised(name: MetricName, exact: number): number {
  const { min, max, decimals } = metrics[name]
  const bounded = Math.min(max, Math.max(min, exact))
  // `+ 0` turns -0 into 0.
  return Number(bounded.toFixed(decimals)) + 0
}

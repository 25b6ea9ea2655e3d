import { metrics as dictionary } from '../../contract/metrics.ts'
import { type Metrics, readingLimits } from '../../contract/reading.ts'
import { dayMs } from '../../contract/time.ts'
import type { DeviceLiveState } from '../device-state.ts'

/** After this long unheard a name gives its place to a new one: a firmware that names things anew is heard again. */
const placeIsFreeAfterMs = dayMs

export interface AdmittedNames {
  metrics: Metrics
  /** Metrics whose names found no place, set aside. */
  nameless: string[]
}

/**
 * Every name that a device brings costs room for as long as the device lives: in its live state, on each page, in each
 * day's columns, as a field of InfluxDB. The dictionary's own names are finite and always have room. All others, also
 * channels and counts, share `readingLimits.otherNamesPerDevice` places; what finds none is set aside. The work is that
 * of the reading's own names, whatever the device named before.
 */
export function admitNames(memory: DeviceLiveState, metrics: Metrics, heardMs: number): AdmittedNames {
  const nameless: string[] = []
  for (const name in metrics) {
    if (isOther(name) && !findPlace(memory, name, heardMs, nameless.length > 0)) nameless.push(name)
  }
  if (nameless.length === 0) return { metrics, nameless }
  const without = new Set(nameless)
  const admitted: Metrics = {}
  for (const name in metrics) if (!without.has(name)) admitted[name] = metrics[name] ?? 0
  return { metrics: admitted, nameless }
}

function isOther(name: string): boolean {
  return !Object.hasOwn(dictionary, name)
}

/** `full`: another name of the same reading has found none already. */
function findPlace(memory: DeviceLiveState, name: string, heardMs: number, full: boolean): boolean {
  const { namesMs } = memory
  const before = namesMs[name]
  if (before === undefined) {
    if (full) return false
    const names = Object.keys(namesMs)
    if (names.length >= readingLimits.otherNamesPerDevice && !makePlace(memory, names, heardMs)) return false
  }
  // What comes again out of quarantine is as old as it was.
  namesMs[name] = Math.max(before ?? 0, heardMs)
  return true
}

function makePlace(memory: DeviceLiveState, names: readonly string[], heardMs: number): boolean {
  const heard = (name: string) => memory.namesMs[name] ?? 0
  const longest = names.reduce((one, other) => (heard(other) < heard(one) ? other : one))
  if (heardMs - heard(longest) < placeIsFreeAfterMs) return false
  forget(memory, longest)
  return true
}

function forget(memory: DeviceLiveState, name: string): void {
  delete memory.namesMs[name]
  delete memory.metrics[name]
  delete memory.timesMs[name]
}

/**
 * For a memory as an older release left it, which counted no names: of the others those stay that were heard last.
 * Returns how many were let go.
 */
export function letNamesGo(memory: DeviceLiveState): number {
  const { metrics, timesMs, namesMs } = memory
  for (const name in metrics) if (isOther(name)) namesMs[name] ??= timesMs[name] ?? 0
  const names = Object.keys(namesMs)
  const tooMany = names.length - readingLimits.otherNamesPerDevice
  if (tooMany <= 0) return 0
  const longestUnheard = names.sort((one, other) => (namesMs[one] ?? 0) - (namesMs[other] ?? 0)).slice(0, tooMany)
  for (const name of longestUnheard) forget(memory, name)
  return tooMany
}

import { distanceM, type Place } from '../../../domain/geo/geo.ts'
import type { Fix } from '../../../domain/transit/fix.ts'

/** What a mover's mark does between two fixes. */
export type Leg = 'glide' | 'jump'

/** A bus of a city is not faster, does not leap further, and is not believed over a longer silence than this. */
export const jumpRules = { maxSpeedKmh: 120, maxDistanceM: 500, gapOfExpected: 3 } as const

const maxGlideMs = 10_000

/**
 * Everything is drawn this much after the server heard of it, so that all pages, near and far, have the fix by the
 * time they must draw it, and draw the same spot.
 */
export const drawDelayMs = 400

/** Whether the way between two fixes may be drawn as driven. */
export function legBetween(from: Fix, to: Fix, expectedMs: number): Leg {
  const metres = distanceM(from, to)
  const tookMs = to.measuredAtMs - from.measuredAtMs
  if (tookMs <= 0 || metres > jumpRules.maxDistanceM) return 'jump'
  if (tookMs > jumpRules.gapOfExpected * expectedMs) return 'jump'
  return (metres / tookMs) * 3600 > jumpRules.maxSpeedKmh ? 'jump' : 'glide'
}

/**
 * Where a mover is drawn at a moment of the server's clock: on the straight way from its last fix but one to its last,
 * travelled once in the time between them (10 s at most), then standing. Never beyond the last fix.
 */
export function drawnAt(
  from: Fix | undefined,
  to: Fix,
  options: { nowMs: number; expectedMs: number; still: boolean },
): Place {
  if (from === undefined || options.still || legBetween(from, to, options.expectedMs) === 'jump') return to
  const glideMs = Math.min(to.measuredAtMs - from.measuredAtMs, maxGlideMs)
  const share = Math.max(0, Math.min(1, (options.nowMs - drawDelayMs - to.receivedAtMs) / glideMs))
  return { lat: from.lat + (to.lat - from.lat) * share, lon: from.lon + (to.lon - from.lon) * share }
}

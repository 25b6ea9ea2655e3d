import type { ScheduledScenario } from './scenario.ts'

/**
 * A gentle round for the demo, 30 minutes long: something happens every few minutes, and about 95 of 100 devices are
 * healthy at any time. No storm: that is for load tests.
 */
export const demoSchedule: readonly ScheduledScenario[] = [
  { id: 'wear', atS: 0, everyS: 86_400 },
  { id: 'frozen-camera', atS: 45, everyS: 1800, durationS: 840, params: { count: 2 } },
  { id: 'blank-spot', atS: 90, everyS: 600, durationS: 240, params: { radius: 700 } },
  { id: 'garbage', atS: 240, everyS: 900, durationS: 240, params: { count: 1 } },
  { id: 'power-cut', atS: 420, everyS: 1800, durationS: 240 },
  { id: 'skewed-clock', atS: 600, everyS: 1800, durationS: 600, params: { count: 3 } },
  { id: 'flood-wave', atS: 780, everyS: 1800, durationS: 900 },
]

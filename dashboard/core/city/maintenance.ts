import type { Maintenance } from '../../../contract/http/maintenance.ts'
import { hourMs } from '../../../contract/time.ts'
import type { CityTime } from '../../../domain/city-time.ts'

export interface MaintenanceByTime {
  running: Maintenance[]
  coming: Maintenance[]
  past: Maintenance[]
}

/** Which of them are running now; those that are over the newest first. */
export function byTime(windows: readonly Maintenance[], nowMs: number): MaintenanceByTime {
  const found: MaintenanceByTime = { running: [], coming: [], past: [] }
  for (const window of windows) {
    if (Date.parse(window.until) <= nowMs) found.past.unshift(window)
    else if (Date.parse(window.from) <= nowMs) found.running.push(window)
    else found.coming.push(window)
  }
  return found
}

/** When the day's service begins, by the city's clock. */
const morningMs = 6 * hourMs

/** Ends that are chosen with one key: `1h`, `4h`, or the next 06.00 of the city. */
export const quickEnds = ['1h', '4h', 'morning'] as const
export type QuickEnd = (typeof quickEnds)[number]

export function quickEndMs(end: QuickEnd, fromMs: number, time: CityTime): number {
  if (end === '1h') return fromMs + hourMs
  if (end === '4h') return fromMs + 4 * hourMs
  const today = time.dayNumber(fromMs)
  return time.atDayMs(time.dayMs(fromMs) < morningMs ? today : today + 1, morningMs)
}

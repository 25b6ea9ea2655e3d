import type { Maintenance } from '../../contract/maintenance.ts'
import { wibDayMs } from './wib.ts'

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

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** When the day's service begins, WIB. */
const morningMs = 6 * hourMs

/** Ends that are chosen with one key: `1h`, `4h`, or the next 06.00 WIB. */
export const quickEnds = ['1h', '4h', 'morning'] as const
export type QuickEnd = (typeof quickEnds)[number]

export function quickEndMs(end: QuickEnd, fromMs: number): number {
  if (end === '1h') return fromMs + hourMs
  if (end === '4h') return fromMs + 4 * hourMs
  const untilMorningMs = morningMs - wibDayMs(fromMs)
  return fromMs + untilMorningMs + (untilMorningMs > 0 ? 0 : dayMs)
}

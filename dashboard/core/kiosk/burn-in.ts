import type { CityTime } from '../../../domain/city-time.ts'

/** What is done at night so that no picture burns into the glass. All of it follows from the server's time alone, as the city's clock shows it. */

/** Side on which what stands at the left by habit stands today. */
export type Side = 'left' | 'right'

/** The top line changes sides at midnight, so that no word stays on the same pixels for weeks. */
export function sideAt(nowMs: number, time: CityTime): Side {
  return time.dayNumber(nowMs) % 2 === 0 ? 'left' : 'right'
}

/** 03.30: fewest people look, and nobody changes shifts. */
export const careFromMs = 12_600_000
const careLastsMs = 300_000
/** The band crosses a monitor once in this time, ms. */
const sweepMs = 60_000

/** A monitor that is cared for now. */
export interface Care {
  /** Of this page, row by row from 0. */
  monitor: number
  /** Server time, ms. */
  untilMs: number
  /** Where the band stands on its way across, 0 to 1. */
  swept: number
}

/**
 * The monitor of this page that is cared for at a moment, five minutes each, one after the other. Pages of one wall
 * take their turns by their place among all displays, as long as they have as many monitors each.
 */
export function careAt(nowMs: number, page: { place: number; monitors: number }, time: CityTime): Care | null {
  const sinceMs = time.dayMs(nowMs) - careFromMs
  if (sinceMs < 0) return null
  const turn = Math.floor(sinceMs / careLastsMs)
  const monitor = turn - page.place * page.monitors
  if (monitor < 0 || monitor >= page.monitors) return null
  const leftMs = careLastsMs - (sinceMs % careLastsMs)
  return { monitor, untilMs: nowMs + leftMs, swept: (sinceMs % sweepMs) / sweepMs }
}

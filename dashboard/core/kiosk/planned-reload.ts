import { hourMs, minuteMs } from '../../../contract/time.ts'
import type { CityTime } from '../../../domain/city-time.ts'
import { careFromMs } from './burn-in.ts'

/** Displays follow one another by this, ms. */
const apartMs = 120_000
/** After these the first minute is taken again, so that the last is long done before the day begins. */
const places = 60
/** A second that was missed, by a page that was blocked, is made up for within this, ms. */
const withinMs = minuteMs
/** A page younger than this gains nothing, ms. */
const minAgeMs = hourMs

/** Whether a display that shows for weeks starts afresh now: once a night from 03.30 of the city, one after the other. */
export function isReloadDue(nowMs: number, page: { place: number; ageMs: number }, time: CityTime): boolean {
  if (page.ageMs < minAgeMs) return false
  const sinceMs = time.dayMs(nowMs) - careFromMs - (page.place % places) * apartMs
  return sinceMs >= 0 && sinceMs < withinMs
}

import { dayMs } from '../contract/time.ts'
import { createZone } from '../domain/zone.ts'

export interface LocalTime {
  /** Hour of the local day, 0 to 24 with fraction. */
  hour: number
  weekend: boolean
  /** Days since 1970 in local time. */
  day: number
}

/** A city's clock: local hour and day of a moment. */
export function createLocalClock(timeZone: string): (nowMs: number) => LocalTime {
  const zone = createZone(timeZone)
  return (nowMs) => {
    const localMs = nowMs + zone.offsetMs(nowMs)
    const day = Math.floor(localMs / dayMs)
    // 1970-01-01 was a Thursday.
    const weekday = (((day + 4) % 7) + 7) % 7
    return { hour: (localMs - day * dayMs) / 3_600_000, weekend: weekday === 0 || weekday === 6, day }
  }
}

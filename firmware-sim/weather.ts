import type { LonLat, Site } from '../contract/site/schema.ts'
import { metresBetween } from './geo.ts'
import type { LocalTime } from './local-time.ts'
import { createRandom } from './random.ts'

interface Shower {
  startHour: number
  hours: number
  peakMmh: number
  centre: LonLat
  radiusM: number
}

/** Below this a tipping bucket does not notice the rain, mm/h. */
const noticeableMmh = 0.3

/** Rain over a place at a moment, mm/h: up to three showers a day, mostly in the afternoon, the same for the same seed. */
export function createWeather({
  seed,
  site,
  localTime,
}: {
  seed: number
  site: Pick<Site, 'info'>
  localTime: (nowMs: number) => LocalTime
}): (nowMs: number, position: LonLat) => number {
  let today: { day: number; showers: Shower[] } = { day: Number.NaN, showers: [] }
  return (nowMs, position) => {
    const { day, hour } = localTime(nowMs)
    if (day !== today.day) today = { day, showers: showersOf(day, { seed, site }) }
    let rainMmh = 0
    for (const shower of today.showers) rainMmh += rainOf(shower, hour, position)
    return rainMmh < noticeableMmh ? 0 : rainMmh
  }
}

function showersOf(day: number, { seed, site }: { seed: number; site: Pick<Site, 'info'> }): Shower[] {
  const random = createRandom(seed, 'weather', String(day))
  const [west, south, east, north] = site.info.bbox
  return Array.from({ length: Math.floor(random() * 4) }, () => ({
    startHour: 11 + 10 * ((random() + random()) / 2),
    hours: 0.4 + 1.2 * random(),
    peakMmh: 4 + 36 * random() ** 2,
    centre: [west + (east - west) * random(), south + (north - south) * random()],
    radiusM: 2000 + 3500 * random(),
  }))
}

function rainOf({ startHour, hours, peakMmh, centre, radiusM }: Shower, hour: number, position: LonLat): number {
  const share = (hour - startHour) / hours
  if (share <= 0 || share >= 1) return 0
  const nearness = Math.exp(-((metresBetween(centre, position) / radiusM) ** 2))
  return peakMmh * Math.sin(Math.PI * share) ** 2 * nearness
}

import type { Profile } from '../profile.ts'
import { bell, between, measured, poisson, recall, wander } from '../rhythm.ts'

/** Longest interval over which one reading counts, s: a counter that was away does not report a day's traffic at once. */
const longestCountS = 300

export const trafficCounter: Profile = {
  id: 'traffic-counter',
  kind: 'sensor',
  label: { id: 'Pencacah lalu lintas', en: 'Traffic counter' },
  marker: 'bar',
  moving: false,
  expectedS: 60,
  metrics: ['count', 'speed_kmh', 'occupancy'],
  /** `count` is what passed since the last reading, `occupancy` what stands on the counted stretch now. */
  simulate(moment, memory) {
    const { elapsedS, random, rainMmh } = moment
    const busiestPerHour = recall(memory, 'busiest_per_hour', () => between(random, 700, 2200))
    const swing = 1 + wander(memory, 'swing', { moment, spread: 0.1, settleS: 900 })
    const flow = Math.max(0.02, share(moment) * swing * (1 - 0.25 * Math.min(1, rainMmh / 20)))
    const perHour = busiestPerHour * flow
    const freeKmh = recall(memory, 'free_kmh', () => between(random, 38, 55))
    const rainFactor = 1 - 0.2 * Math.min(1, rainMmh / 20)
    const speedKmh = Math.max(8, freeKmh * (1 - 0.6 * flow ** 2) * rainFactor + between(random, -2, 2))
    const stretchKm = 0.2
    return measured({
      count: poisson(random, (perHour * Math.min(elapsedS, longestCountS)) / 3600),
      speed_kmh: speedKmh,
      occupancy: poisson(random, (perHour / speedKmh) * stretchKm),
    })
  },
  examples: {
    accepted: [
      {
        payload: { ts: '2026-11-21T00:15:00Z', count: 24, speed_kmh: 22, occupancy: 13 },
        metrics: { count: 24, speed_kmh: 22, occupancy: 13 },
      },
    ],
    refused: [{ payload: { ts: '2026-11-21T00:15:00Z', count: -1 }, reason: 'implausible' }],
  },
}

/** The share of the busiest hour's traffic that is on the road now, 0 to 1. */
function share({ hour, weekend }: { hour: number; weekend: boolean }): number {
  const noon = bell(hour, { at: 12.5, width: 1.5 })
  const base = 0.04 + 0.34 * bell(hour, { at: 13.5, width: 4.6 })
  if (weekend) return Math.min(1, base + 0.12 * noon + 0.42 * bell(hour, { at: 19, width: 2 }))
  const morning = bell(hour, { at: 7.2, width: 0.8 })
  const evening = bell(hour, { at: 17.3, width: 1.2 })
  return Math.min(1, base + 0.62 * morning + 0.15 * noon + 0.6 * evening)
}

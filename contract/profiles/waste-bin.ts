import type { Profile } from '../profile.ts'
import { bell, between, measured, passedHour, recall, wander } from '../rhythm.ts'

/** From the sensor in the lid to the floor of a 1.1 m3 container. */
const depthM = 1.2

export const wasteBin: Profile = {
  id: 'waste-bin',
  kind: 'sensor',
  label: { id: 'Kontainer sampah', en: 'Waste container' },
  marker: 'bar',
  moving: false,
  expectedS: 600,
  metrics: ['fill_pct', 'distance_m', 'temperature_c', 'battery_pct'],
  simulate(moment, memory) {
    const { hour, elapsedS, random, weekend } = moment
    const emptiedHour = recall(memory, 'emptied_hour', () => between(random, 5, 7.5))
    const perDayPct = recall(memory, 'per_day_pct', () => between(random, 45, 105))
    const sinceEmptied = (hour - emptiedHour + 24) % 24
    const fill = recall(memory, 'fill_pct', () => (perDayPct * sinceEmptied) / 24)
    if (passedHour(memory, moment, emptiedHour)) memory.fill_pct = between(random, 0, 4)
    else memory.fill_pct = Math.min(100, fill + grown({ hour, weekend, elapsedS, random }) * perDayPct)
    const fillPct = memory.fill_pct ?? 0
    const charge = recall(memory, 'battery_pct', () => between(random, 55, 100))
    memory.battery_pct = Math.max(5, charge - elapsedS / 400_000)
    return measured({
      fill_pct: fillPct,
      distance_m: depthM * (1 - fillPct / 100) + 0.03 + between(random, -0.01, 0.01),
      temperature_c:
        25 + 9 * bell(hour, { at: 14, width: 3.5 }) + wander(memory, 'heat', { moment, spread: 0.7, settleS: 3600 }),
      battery_pct: memory.battery_pct,
    })
  },
  examples: {
    accepted: [
      {
        payload: { ts: '2026-11-21T09:00:00Z', fill_pct: 72, distance_m: 0.37, battery_pct: 88 },
        metrics: { fill_pct: 72, distance_m: 0.37, battery_pct: 88 },
      },
    ],
    refused: [{ payload: { ts: '2026-11-21T09:00:00Z', fill_pct: 'penuh' }, reason: 'invalid-metric' }],
  },
}

/** The share of a day's waste that came since the last reading; by day more than by night. */
function grown({
  hour,
  weekend,
  elapsedS,
  random,
}: {
  hour: number
  weekend: boolean
  elapsedS: number
  random: () => number
}): number {
  const activity = 0.25 + 1.5 * bell(hour, { at: 12, width: 4 }) + 0.9 * bell(hour, { at: 19, width: 2 })
  return (elapsedS / 86_400) * activity * (weekend ? 1.2 : 1) * between(random, 0.2, 1.8)
}

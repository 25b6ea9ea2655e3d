import type { Profile } from '../profile.ts'
import { accumulate, bell, between, measured, recall, wander } from '../rhythm.ts'

const powerFactor = 0.92
const phases = 3

export const powerMeter: Profile = {
  id: 'power-meter',
  kind: 'sensor',
  label: { id: 'Meter listrik', en: 'Power meter' },
  marker: 'diamond',
  moving: false,
  expectedS: 60,
  metrics: ['power_w', 'mains', 'voltage_v', 'current_a', 'frequency_hz', 'energy_kwh'],
  /** A three-phase feeder; it runs on a battery of its own long enough to tell that the mains is gone. */
  simulate(moment, memory) {
    const { elapsedS, random, mains } = moment
    const peakW = recall(memory, 'peak_w', () => between(random, 18_000, 120_000))
    const swing = 1 + wander(memory, 'swing', { moment, spread: 0.06, settleS: 600 })
    const powerW = mains ? peakW * load(moment) * swing : 0
    const sagV = (6 * powerW) / peakW
    const voltageV = mains ? 226 - sagV + wander(memory, 'grid', { moment, spread: 1.5, settleS: 900 }) : 0
    return measured({
      mains,
      power_w: powerW,
      voltage_v: voltageV,
      current_a: mains ? powerW / (phases * voltageV * powerFactor) : 0,
      frequency_hz: mains ? 50 + wander(memory, 'frequency', { moment, spread: 0.04, settleS: 60 }) : 0,
      energy_kwh: accumulate(memory, 'energy_kwh', (powerW * elapsedS) / 3_600_000, () => between(random, 1e4, 4e5)),
    })
  },
  examples: {
    accepted: [
      {
        payload: {
          ts: '2026-11-21T12:30:00Z',
          mains: true,
          power_w: 64_200,
          voltage_v: 219.8,
          current_a: 105.83,
          frequency_hz: 49.98,
          energy_kwh: 182_340.25,
        },
        metrics: {
          mains: true,
          power_w: 64_200,
          voltage_v: 219.8,
          current_a: 105.83,
          frequency_hz: 49.98,
          energy_kwh: 182_340.25,
        },
      },
    ],
    refused: [{ payload: { ts: '2026-11-21T12:30:00Z', voltage_v: 21_980 }, reason: 'implausible' }],
  },
}

/** Share of the peak load: offices by day, and the evening peak (18 to 22) that PLN bills as WBP. */
function load({ hour, weekend }: { hour: number; weekend: boolean }): number {
  const offices = (weekend ? 0.12 : 0.3) * bell(hour, { at: 13, width: 3 })
  return 0.34 + offices + 0.55 * bell(hour, { at: 19.8, width: 2 })
}

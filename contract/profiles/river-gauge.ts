import type { Profile } from '../profile.ts'
import { bell, measured, recall, wander } from '../rhythm.ts'

/** Highest level that was reported of a small river in flood (BPBD, 2023-10-06), m. */
const worstOnRecordM = 4.3

export const riverGauge: Profile = {
  id: 'river-gauge',
  kind: 'sensor',
  label: { id: 'Pos duga air', en: 'River gauge' },
  marker: 'drop',
  moving: false,
  expectedS: 60,
  metrics: ['water_level_m', 'battery_v', 'device_temperature_c', 'rssi_dbm'],
  // No `frozen` rule of equal values: a dry river stands still for days, and rightly so.
  /** Levels of another river come in through `memory.worst_m` and `memory.dry_m`, m on the staff. */
  simulate(moment, memory) {
    const { hour, flood, random } = moment
    const worstM = recall(memory, 'worst_m', () => worstOnRecordM)
    const dryM = recall(memory, 'dry_m', () => 0.25 + 0.3 * random())
    const slow = wander(memory, 'slow', { moment, spread: 0.04, settleS: 6 * 3600 })
    const waves = (moment.random() - 0.5) * (0.01 + 0.03 * flood)
    return measured({
      water_level_m: Math.max(0.02, dryM + slow + flood * (worstM - dryM) + waves),
      battery_v:
        12.6 +
        0.9 * bell(hour, { at: 13, width: 3 }) +
        wander(memory, 'charge', { moment, spread: 0.1, settleS: 3600 }),
      device_temperature_c:
        27 + 9 * bell(hour, { at: 14, width: 3 }) + wander(memory, 'box', { moment, spread: 0.8, settleS: 1800 }),
      rssi_dbm: -92 + wander(memory, 'signal', { moment, spread: 5, settleS: 900 }),
    })
  },
  examples: {
    accepted: [
      {
        payload: { ts: '2026-11-21T01:00:00Z', water_level_m: 0.42, battery_v: 12.84, rssi_dbm: -91 },
        metrics: { water_level_m: 0.42, battery_v: 12.84, rssi_dbm: -91 },
      },
    ],
    refused: [
      {
        payload: { ts: '2026-11-21T01:00:00Z', water_level_m: 327.67 },
        reason: 'implausible',
      },
    ],
  },
}

import type { Profile } from '../profile.ts'
import { accumulate, bell, between, measured, passedHour, recall, wander } from '../rhythm.ts'

/** Water of one tip of the bucket, mm: the usual resolution of a tipping-bucket gauge. */
const tipMm = 0.2

export const rainGauge: Profile = {
  id: 'rain-gauge',
  kind: 'sensor',
  label: { id: 'Penakar hujan', en: 'Rain gauge' },
  marker: 'drop',
  moving: false,
  expectedS: 60,
  metrics: ['rain_rate_mmh', 'rain_day_mm', 'rain_mm', 'battery_v', 'rssi_dbm'],
  simulate(moment, memory) {
    const { hour, elapsedS, random, rainMmh } = moment
    if (passedHour(memory, moment, 0)) memory.day_mm = 0
    const fallenMm = (rainMmh * elapsedS * between(random, 0.8, 1.2)) / 3600
    const inBucketMm = accumulate(memory, 'bucket_mm', fallenMm)
    const tippedMm = Math.floor(inBucketMm / tipMm) * tipMm
    memory.bucket_mm = inBucketMm - tippedMm
    return measured({
      rain_rate_mmh: elapsedS > 0 ? (tippedMm * 3600) / elapsedS : 0,
      rain_day_mm: accumulate(memory, 'day_mm', tippedMm),
      rain_mm: accumulate(memory, 'total_mm', tippedMm, () => Math.round(between(random, 100, 4000))),
      battery_v: recall(memory, 'full_v', () => between(random, 3.5, 3.6)) + 0.02 * bell(hour, { at: 13, width: 3 }),
      rssi_dbm: -96 + wander(memory, 'signal', { moment, spread: 5, settleS: 900 }),
    })
  },
  examples: {
    accepted: [
      {
        payload: { ts: '2026-11-21T08:20:00Z', rain_rate_mmh: 36, rain_day_mm: 12.4, rain_mm: 1840.6 },
        metrics: { rain_rate_mmh: 36, rain_day_mm: 12.4, rain_mm: 1840.6 },
      },
    ],
    refused: [{ payload: { ts: 'kemarin sore', rain_mm: 1840.6 }, reason: 'invalid-time' }],
  },
}

import type { Profile } from '../profile.ts'
import { accumulate, bell, between, measured, poisson, recall, wander } from '../rhythm.ts'

/** Longest interval over which one reading counts, s. */
const longestCountS = 300

export const lorawanGateway: Profile = {
  id: 'lorawan-gateway',
  kind: 'gateway',
  label: { id: 'Gerbang LoRaWAN', en: 'LoRaWAN gateway' },
  marker: 'triangle',
  moving: false,
  expectedS: 60,
  metrics: ['count', 'rssi_dbm', 'latency_ms', 'device_temperature_c', 'supply_v', 'uptime_s'],
  /** `count` is the uplinks heard since the last reading, `rssi_dbm` their mean. */
  simulate(moment, memory) {
    const { hour, elapsedS, random, rainMmh } = moment
    const perMinute = recall(memory, 'per_minute', () => between(random, 6, 26))
    return measured({
      count: poisson(random, (perMinute * Math.min(elapsedS, longestCountS)) / 60),
      rssi_dbm: -98 - Math.min(4, rainMmh / 15) + wander(memory, 'signal', { moment, spread: 2.5, settleS: 900 }),
      latency_ms: 32 + Math.abs(wander(memory, 'latency', { moment, spread: 9, settleS: 300 })),
      device_temperature_c:
        38 + 8 * bell(hour, { at: 14, width: 3.5 }) + wander(memory, 'heat', { moment, spread: 1, settleS: 1800 }),
      supply_v: 48 + wander(memory, 'supply', { moment, spread: 0.2, settleS: 600 }),
      uptime_s: accumulate(memory, 'uptime_s', elapsedS, () => between(random, 3600, 8_000_000)),
    })
  },
  examples: {
    accepted: [
      {
        payload: { ts: '2026-11-21T01:00:00Z', count: 14, rssi_dbm: -97, latency_ms: 36, supply_v: 48.1 },
        metrics: { count: 14, rssi_dbm: -97, latency_ms: 36, supply_v: 48.1 },
      },
    ],
    refused: [{ payload: { ts: false, count: 14 }, reason: 'invalid-time' }],
  },
}

import type { Profile } from '../profile.ts'
import { accumulate, bell, between, measured, recall, wander } from '../rhythm.ts'

export const networkLink: Profile = {
  id: 'network-link',
  kind: 'gateway',
  label: { id: 'Jaringan kelurahan', en: 'Network link' },
  marker: 'hexagon',
  moving: false,
  expectedS: 30,
  metrics: ['latency_ms', 'packet_loss_pct', 'bitrate_kbps', 'uptime_s', 'mains', 'device_temperature_c'],
  simulate(moment, memory) {
    const { hour, elapsedS, random, rainMmh, mains } = moment
    const busy = 0.35 + 0.35 * bell(hour, { at: 10.5, width: 2.5 }) + 0.5 * bell(hour, { at: 20, width: 2.2 })
    const idleMs = recall(memory, 'idle_ms', () => between(random, 4, 14))
    const queueMs = 9 * busy ** 2 * (1 + Math.abs(wander(memory, 'queue', { moment, spread: 0.5, settleS: 120 })))
    // Heavy rain weakens the radio hop.
    const fade = Math.min(2.5, rainMmh / 30)
    return measured({
      latency_ms: idleMs + queueMs + 6 * fade + between(random, 0, 2),
      packet_loss_pct: Math.max(0, wander(memory, 'loss', { moment, spread: 0.15, settleS: 300 })) + fade,
      bitrate_kbps: 38_000 * busy * (1 + wander(memory, 'load', { moment, spread: 0.15, settleS: 300 })),
      uptime_s: accumulate(memory, 'uptime_s', elapsedS, () => between(random, 3600, 8_000_000)),
      mains,
      device_temperature_c:
        36 + 7 * bell(hour, { at: 14, width: 3.5 }) + wander(memory, 'heat', { moment, spread: 1, settleS: 1800 }),
    })
  },
  examples: {
    accepted: [
      {
        payload: { ts: '2026-11-21T13:00:00Z', latency_ms: 19, packet_loss_pct: 0.2, bitrate_kbps: 31_400 },
        metrics: { latency_ms: 19, packet_loss_pct: 0.2, bitrate_kbps: 31_400 },
      },
    ],
    refused: [{ payload: 19, reason: 'not-an-object' }],
  },
}

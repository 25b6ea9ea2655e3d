import type { Profile } from '../profile.ts'
import { bell, measured, recall, wander } from '../rhythm.ts'

export const airQuality: Profile = {
  id: 'air-quality',
  kind: 'sensor',
  label: { id: 'Kualitas udara', en: 'Air quality' },
  marker: 'disc',
  moving: false,
  expectedS: 60,
  metrics: ['pm25_ugm3', 'pm10_ugm3', 'co2_ppm', 'temperature_c', 'humidity_pct'],
  frozen: { same: ['pm25_ugm3', 'pm10_ugm3', 'co2_ppm', 'temperature_c', 'humidity_pct'], times: 10 },
  simulate(moment, memory) {
    const { hour, random, rainMmh } = moment
    // Cool still air keeps the evening's smoke near the ground; the morning's traffic is a smaller peak.
    const night = bell(hour, { at: 22, width: 2.8 })
    const morning = bell(hour, { at: 7, width: 1.3 })
    const washed = 1 / (1 + rainMmh / 12)
    const background = recall(memory, 'background', () => 11 + 7 * random())
    const drift = 1 + wander(memory, 'smoke', { moment, spread: 0.18, settleS: 3600 })
    const fine = Math.max(2, (background + 30 * night + 16 * morning) * drift * washed) + 1.2 * random()
    const warmth = bell(hour, { at: 14, width: 3.6 })
    return measured({
      pm25_ugm3: fine,
      pm10_ugm3: fine * (1.55 + wander(memory, 'coarse', { moment, spread: 0.12, settleS: 1800 })) + 2 * random(),
      co2_ppm: 418 + 22 * night + 14 * morning + wander(memory, 'co2', { moment, spread: 5, settleS: 900 }),
      temperature_c: 24 + 9 * warmth + wander(memory, 'air', { moment, spread: 0.5, settleS: 1800 }),
      humidity_pct: Math.min(
        99,
        93 - 32 * warmth + Math.min(6, rainMmh) + wander(memory, 'moist', { moment, spread: 2, settleS: 1800 }),
      ),
    })
  },
  examples: {
    accepted: [
      {
        payload: { ts: '2026-11-21T14:30:00Z', pm25_ugm3: 46, pm10_ugm3: 71, temperature_c: 25.9 },
        metrics: { pm25_ugm3: 46, pm10_ugm3: 71, temperature_c: 25.9 },
      },
    ],
    refused: [{ payload: { ts: '2026-11-21T14:30:00Z', pm25_ugm3: -1 }, reason: 'implausible' }],
  },
}

import type { Profile } from '../profile.ts'
import { accumulate, bell, daylight, measured, passedHour, recall, wander } from '../rhythm.ts'

export const weatherStation: Profile = {
  id: 'weather-station',
  kind: 'sensor',
  label: { id: 'Stasiun cuaca', en: 'Weather station' },
  marker: 'diamond',
  moving: false,
  expectedS: 60,
  metrics: [
    'temperature_c',
    'humidity_pct',
    'rain_rate_mmh',
    'rain_day_mm',
    'wind_speed_ms',
    'wind_gust_ms',
    'wind_dir_deg',
    'pressure_hpa',
    'solar_wm2',
    'uv_index',
  ],
  /** Ten readings equal in all of these do not happen to a working instrument. */
  frozen: { same: ['temperature_c', 'humidity_pct', 'pressure_hpa', 'wind_speed_ms', 'wind_dir_deg'], times: 10 },
  simulate(moment, memory) {
    const { hour, elapsedS, random, rainMmh } = moment
    if (passedHour(memory, moment, 0)) memory.day_mm = 0
    const wet = Math.min(1, rainMmh / 10)
    const cloud = Math.abs(wander(memory, 'cloud', { moment, spread: 0.3, settleS: 1200 }))
    const clear = Math.max(0.08, 1 - Math.min(0.85, cloud) - 0.8 * wet)
    const sun = daylight(hour) * clear
    const warmth = bell(hour, { at: 14, width: 3.6 }) * (1 - 0.5 * wet)
    const temperatureC = 23.4 + 9 * warmth - 1.2 * wet + wander(memory, 'air', { moment, spread: 0.5, settleS: 1800 })
    const windMs = 0.9 + 2.2 * bell(hour, { at: 15, width: 3.5 }) + 2 * wet
    const gustiness = wander(memory, 'wind', { moment, spread: 0.35, settleS: 180 })
    const speedMs = Math.max(0, windMs * (1 + gustiness))
    // Pressure over the tropics breathes twice a day: high about 10 and 22 o'clock, about 1.5 hPa each way.
    const tideHpa = 1.5 * Math.cos((2 * Math.PI * (hour - 10)) / 12)
    const veerDeg = wander(memory, 'veer', { moment, spread: 35, settleS: 900 })
    return measured({
      temperature_c: temperatureC,
      humidity_pct: Math.min(
        99,
        95 - 34 * warmth + 6 * wet + wander(memory, 'moist', { moment, spread: 2, settleS: 1800 }),
      ),
      pressure_hpa: 1009.5 + tideHpa + wander(memory, 'pressure', { moment, spread: 0.6, settleS: 14_400 }),
      wind_speed_ms: speedMs,
      wind_gust_ms: speedMs * (1.3 + 0.4 * random()),
      wind_dir_deg: (recall(memory, 'prevailing', () => 360 * random()) + veerDeg + 720) % 360,
      solar_wm2: 1020 * sun,
      uv_index: 12.5 * sun ** 1.3,
      rain_rate_mmh: rainMmh,
      rain_day_mm: accumulate(memory, 'day_mm', (rainMmh * elapsedS) / 3600),
    })
  },
  examples: {
    accepted: [
      {
        payload: {
          ts: '2026-11-21T05:00:00Z',
          temperature_c: 31.6,
          humidity_pct: 64,
          pressure_hpa: 1010.2,
          wind_speed_ms: 2.4,
          wind_dir_deg: 210,
          solar_wm2: 880,
          rain_rate_mmh: 0,
        },
        metrics: {
          temperature_c: 31.6,
          humidity_pct: 64,
          pressure_hpa: 1010.2,
          wind_speed_ms: 2.4,
          wind_dir_deg: 210,
          solar_wm2: 880,
          rain_rate_mmh: 0,
        },
      },
    ],
    refused: [{ payload: { ts: '2026-11-21T05:00:00Z' }, reason: 'nothing-measured' }],
  },
}

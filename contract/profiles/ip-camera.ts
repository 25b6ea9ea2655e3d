import type { Profile } from '../profile.ts'
import { accumulate, between, daylight, measured, recall, wander } from '../rhythm.ts'

export const ipCamera: Profile = {
  id: 'ip-camera',
  kind: 'cctv',
  label: { id: 'CCTV', en: 'Camera' },
  marker: 'square',
  moving: false,
  expectedS: 60,
  metrics: [
    'fps',
    'frame_age_s',
    'bitrate_kbps',
    'packet_loss_pct',
    'storage_free_pct',
    'recording',
    'device_temperature_c',
    'uptime_s',
  ],
  /** The encoder repeats its last picture while the stream looks healthy. */
  frozen: { metric: 'frame_age_s', above: 30 },
  commands: {
    'restart-stream': { label: { id: 'Mulai ulang aliran gambar', en: 'Restart the stream' } },
  },
  simulate(moment, memory) {
    const { hour, elapsedS, random, rainMmh } = moment
    const sun = daylight(hour)
    const nominalFps = recall(memory, 'nominal_fps', () => (random() < 0.7 ? 25 : 15))
    const detail = 1400 + 700 * sun + 12 * Math.min(rainMmh, 60)
    return measured({
      fps: nominalFps - Math.abs(wander(memory, 'fps', { moment, spread: 0.4, settleS: 120 })),
      frame_age_s: between(random, 0, 1.4),
      bitrate_kbps: detail * (1 + wander(memory, 'traffic', { moment, spread: 0.12, settleS: 300 })),
      packet_loss_pct: Math.max(0, wander(memory, 'loss', { moment, spread: 0.3, settleS: 600 }) + rainMmh / 200),
      storage_free_pct: 12 + 6 * Math.abs(wander(memory, 'storage', { moment, spread: 1, settleS: 86_400 })),
      recording: true,
      device_temperature_c: 34 + 14 * sun + wander(memory, 'heat', { moment, spread: 1.5, settleS: 1800 }),
      uptime_s: accumulate(memory, 'uptime_s', elapsedS, () => between(random, 3600, 3_000_000)),
    })
  },
  examples: {
    accepted: [
      {
        payload: {
          ts: 1_795_222_800_000,
          fps: 24.8,
          frame_age_s: 1,
          bitrate_kbps: 2048,
          packet_loss_pct: 0.1,
          storage_free_pct: 18,
          recording: true,
        },
        metrics: {
          fps: 24.8,
          frame_age_s: 1,
          bitrate_kbps: 2048,
          packet_loss_pct: 0.1,
          storage_free_pct: 18,
          recording: true,
        },
      },
    ],
    refused: [{ payload: 'Capturing at 25.00 fps', reason: 'not-an-object' }],
  },
}

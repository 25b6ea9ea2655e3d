import type { Profile } from '../profile.ts'
import { accumulate, bell, between, measured, recall, wander } from '../rhythm.ts'

/** Of a small city bus; some passengers stand at the peak. */
const seats = 20

export const transBinjaiBus: Profile = {
  id: 'trans-binjai-bus',
  kind: 'bus',
  label: { id: 'Bus kota', en: 'City bus' },
  marker: 'arrow',
  moving: true,
  expectedS: 5,
  metrics: [
    'speed_kmh',
    'heading_deg',
    'passengers',
    'ignition',
    'supply_v',
    'odometer_km',
    'satellites',
    'hdop',
    'rssi_dbm',
  ],
  commands: {
    'show-message': {
      label: { id: 'Tampilkan pesan di bus', en: 'Show a message aboard' },
      args: [
        { name: 'text', label: { id: 'Pesan', en: 'Message' }, type: 'text', maxChars: 120 },
        {
          name: 'seconds',
          label: { id: 'Lama tampil', en: 'For' },
          type: 'number',
          min: 5,
          max: 3600,
          whole: true,
          unit: 's',
          optional: true,
        },
      ],
    },
  },
  /** The driven speed comes in through `memory.speed_kmh`; without it the odometer stands still. */
  simulate(moment, memory) {
    const { hour, elapsedS, random, weekend } = moment
    const rush = Math.max(bell(hour, { at: 7, width: 1.2 }), bell(hour, { at: 13, width: 1 }))
    const demand = (weekend ? 5 : 6) + (weekend ? 4 : 14) * rush
    const aboard = recall(memory, 'passengers', () => Math.round(between(random, 0, demand)))
    const stopped = random() < elapsedS / 100
    const change = stopped ? Math.round((demand - aboard) * 0.4 + between(random, -3, 3)) : 0
    memory.passengers = Math.min(seats + 8, Math.max(0, aboard + change))
    const drivenKm = ((memory.speed_kmh ?? 0) * elapsedS) / 3600
    return measured({
      ignition: true,
      passengers: memory.passengers,
      supply_v: 27.6 + wander(memory, 'supply', { moment, spread: 0.25, settleS: 60 }),
      odometer_km: accumulate(memory, 'odometer_km', drivenKm, () => between(random, 40_000, 180_000)),
      satellites: 12 + wander(memory, 'sky', { moment, spread: 2, settleS: 120 }),
      hdop: 0.9 + Math.abs(wander(memory, 'hdop', { moment, spread: 0.2, settleS: 120 })),
      rssi_dbm: -75 + wander(memory, 'signal', { moment, spread: 7, settleS: 90 }),
    })
  },
  examples: {
    accepted: [
      {
        payload: {
          ts: '2026-11-21T01:00:00.000Z',
          lat: 3.6001,
          lon: 98.4854,
          speed_kmh: 31.5,
          heading_deg: 90,
          passengers: 12,
          ignition: true,
          supply_v: 27.6,
          odometer_km: 81234.5,
          seq: 17,
        },
        metrics: {
          speed_kmh: 31.5,
          heading_deg: 90,
          passengers: 12,
          ignition: true,
          supply_v: 27.6,
          odometer_km: 81234.5,
        },
      },
    ],
    refused: [
      {
        payload: { ts: '2026-11-21T01:00:00.000Z', lat: 98.4854, lon: 3.6001 },
        reason: 'invalid-position',
      },
    ],
  },
}

import type { Profile } from '../profile.ts'
import { accumulate, between, daylight, measured, recall, wander } from '../rhythm.ts'

/** Lamps burn from a quarter past six in the evening until ten past six in the morning. */
const onHour = 18.25
const offHour = 6 + 10 / 60

export const streetLight: Profile = {
  id: 'street-light',
  kind: 'sensor',
  label: { id: 'Lampu jalan', en: 'Street light' },
  marker: 'disc',
  moving: false,
  expectedS: 300,
  metrics: ['relay', 'power_w', 'voltage_v', 'energy_kwh', 'light_lx'],
  commands: {
    switch: {
      label: { id: 'Nyalakan atau padamkan', en: 'Switch on or off' },
      args: [{ name: 'on', label: { id: 'Menyala', en: 'On' }, type: 'switch' }],
    },
    dim: {
      label: { id: 'Atur terang', en: 'Dim' },
      args: [
        {
          name: 'level_pct',
          label: { id: 'Terang', en: 'Level' },
          type: 'number',
          min: 0,
          max: 100,
          whole: true,
          unit: '%',
        },
      ],
    },
  },
  simulate(moment, memory) {
    const { hour, elapsedS, random, mains } = moment
    const lagHour = recall(memory, 'lag_hour', () => between(random, 0, 0.1))
    const dark = hour >= onHour + lagHour || hour < offHour + lagHour
    const ratedW = recall(memory, 'rated_w', () => (random() < 0.6 ? 90 : 150))
    const voltageV = mains ? 221 + wander(memory, 'grid', { moment, spread: 3, settleS: 1800 }) : 0
    const powerW = dark && mains ? ratedW * (1 + between(random, -0.02, 0.02)) : 0
    return measured({
      relay: dark && mains,
      power_w: powerW,
      voltage_v: voltageV,
      energy_kwh: accumulate(memory, 'energy_kwh', (powerW * elapsedS) / 3_600_000, () => between(random, 50, 1500)),
      light_lx: 60_000 * daylight(hour) * between(random, 0.7, 1) + (powerW > 0 ? between(random, 14, 20) : 0),
    })
  },
  examples: {
    accepted: [
      {
        payload: { ts: '2026-11-21T12:00:00Z', relay: true, power_w: 91, voltage_v: 220.4, energy_kwh: 312.71 },
        metrics: { relay: true, power_w: 91, voltage_v: 220.4, energy_kwh: 312.71 },
      },
    ],
    refused: [{ payload: [], reason: 'empty' }],
  },
}
